#pragma once
#include <QStatusBar>

class QProgressBar;
class QTimer;
class QToolButton;

namespace app {

class JobRunner;
class Label;

/// Device and its memory, memory of this process, and the job in progress with its cancel button.
class StatusLine : public QStatusBar {
  Q_OBJECT
 public:
  explicit StatusLine(JobRunner& jobs, QWidget* parent = nullptr);
  void setDevice(const QString& text);
  /// Bytes in use on the device and what it lets this program use; 0 and 0 when no model is on a device.
  void setDeviceMemory(quint64 usedBytes, quint64 budgetBytes, quint64 hostBytes);

 private:
  void refreshJob();
  void refreshMemory();

  JobRunner& m_jobs;
  Label *m_device, *m_memory, *m_job;
  QProgressBar* m_progress;
  QToolButton* m_cancel;
  QString m_deviceMemory;
  quint64 m_shown = 0;  ///< id of the job the cancel button belongs to
};

}  // namespace app
