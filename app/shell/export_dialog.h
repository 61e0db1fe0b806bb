#pragma once
#include <QDialog>
#include <optional>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "app/session/scheme_size.h"

class QComboBox;
class QLineEdit;
class QPushButton;

namespace app {

class Label;

/// Writes the open model under one scheme into a file: scheme, sizes before and after, file. Writing is a job with
/// progress and cancel in the status line.
class ExportDialog : public QDialog {
  Q_OBJECT
 public:
  ExportDialog(Selection& selection, JobRunner& jobs, QWidget* parent = nullptr);

 Q_SIGNALS:
  void written(const QString& sentence);
  void failed(const QString& sentence);

 private:
  void addSchemes(const Selection& selection);
  void measure();
  void refresh();
  void suggestFile();
  void browse();
  void start();
  std::optional<core::quant::Scheme> scheme() const;

  JobRunner& m_jobs;
  std::shared_ptr<OpenModel> m_model;
  std::vector<SchemeSize> m_sizes;
  QComboBox* m_scheme;
  QLineEdit* m_file;
  Label *m_before, *m_after, *m_note;
  QPushButton* m_write;
  bool m_fileTyped = false;  ///< by the person; otherwise it follows the scheme
};

}  // namespace app
