#pragma once
#include <QStatusBar>

class QProgressBar;
class QTimer;
class QToolButton;

namespace app {

class JobRunner;
class Label;

/// Device, memory of this process, and the job in progress with its cancel button.
class StatusLine : public QStatusBar {
  Q_OBJECT
 public:
  explicit StatusLine(JobRunner& jobs, QWidget* parent = nullptr);
  void setDevice(const QString& text);

 private:
  void refreshJob();
  void refreshMemory();

  JobRunner& m_jobs;
  Label *m_device, *m_memory, *m_job;
  QProgressBar* m_progress;
  QToolButton* m_cancel;
  quint64 m_shown = 0;  ///< id of the job the cancel button belongs to
};

}  // namespace app
