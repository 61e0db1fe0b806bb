#pragma once
#include <QDialog>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/shell/model_export.h"

class QCheckBox;
class QLineEdit;
class QPushButton;

namespace app {

class CalibrationNotice;
class Calibrator;
class ExportDryRun;
class ExportTargetBox;
class Label;
class SchemeList;

/// Asks under what and where the open model is to be written: a list of schemes and recipes, a dry run of the chosen
/// one, as what it is written (a file, or a folder as another program's readers expect it), why nothing can hold it, if
/// so, and the name.
class ExportDialog : public QDialog {
  Q_OBJECT
 public:
  ExportDialog(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent = nullptr);

 Q_SIGNALS:
  void exportWanted(const ExportOrder& order);

 private:
  QWidget* buildFile();
  void choose(const core::model::Recipe& recipe);
  void preview();
  void refresh();
  void suggestFile();
  void followKind();
  void followTyped(const QString& typed);
  void browse();
  bool isFolder() const;
  bool isGguf() const;
  QString ending() const;
  void start();
  /// Why the file cannot be written as it is named; empty when it can.
  QString whyNot() const;
  QString whyNoParts() const;
  /// What is good to know before writing. @pre it can be written
  QString note() const;
  /// @throws core::Error where what was typed is no size
  core::io::SplitLimits split() const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<OpenModel> m_model;
  std::optional<core::model::Recipe> m_recipe;
  QString m_problem;  ///< why there is no dry run of the recipe; empty while there is, or it is computed
  SchemeList* m_list;
  ExportDryRun* m_dryRun;
  CalibrationNotice* m_calibration;
  ExportTargetBox* m_as;
  Label *m_note, *m_what;
  QLineEdit *m_file, *m_partSize;
  QCheckBox* m_beside;
  QPushButton* m_write;
  bool m_fileTyped = false;  ///< by the person; otherwise it follows the recipe
};

}  // namespace app
