#pragma once
#include <QDialog>
#include <optional>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/export_preview.h"
#include "core/io/split_plan.h"

class QCheckBox;
class QLineEdit;
class QPushButton;
class QTableView;

namespace app {

class Label;
class PlanTableModel;
class SchemeList;

/// Writes the open model under a scheme or a recipe into a file. Before that a dry run: every tensor with its types and
/// what chose them, sizes before and after, the quality as far as it was measured, and why no file can hold it, if so.
/// Writing is a job with progress and cancel in the status line.
class ExportDialog : public QDialog {
  Q_OBJECT
 public:
  ExportDialog(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);

 Q_SIGNALS:
  /// One sentence about what was written.
  void written(const QString& sentence);
  void failed(const QString& sentence);
  /// The same, and the result is to be compared with the open model.
  void besideWanted(const QString& file, const QString& sentence);

 private:
  QWidget* buildDryRun();
  QWidget* buildFile();
  void choose(const core::model::Recipe& recipe);
  void preview();
  void refresh();
  void showTotals(const ExportPreview& preview);
  void suggestFile();
  void browse();
  void start();
  /// Why the file cannot be written as it is named; empty when it can.
  QString whyNot() const;
  QString whyNoParts(bool isGguf) const;
  /// @throws core::Error where what was typed is no size
  core::io::SplitLimits split() const;

  Selection& m_selection;
  JobRunner& m_jobs;
  std::shared_ptr<OpenModel> m_model;
  std::optional<core::model::Recipe> m_recipe;
  QString m_problem;  ///< why there is no dry run of the recipe; empty while there is, or it is computed
  SchemeList* m_list;
  PlanTableModel* m_plan;
  QTableView* m_table;
  Label *m_title, *m_what, *m_before, *m_after, *m_quality, *m_note;
  QLineEdit *m_file, *m_partSize;
  QCheckBox* m_beside;
  QPushButton* m_write;
  bool m_fileTyped = false;  ///< by the person; otherwise it follows the recipe
};

}  // namespace app
