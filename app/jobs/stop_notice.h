#pragma once
#include <QObject>
#include <QString>

namespace app {

class JobRunner;

/// Notices that somebody stopped a job one waits for: a cancelled job delivers nothing, and a page must not announce
/// its result for ever.
class StopNotice : public QObject {
  Q_OBJECT
 public:
  /// @param tag of the jobs it is about
  StopNotice(JobRunner& jobs, const QString& tag, QObject* parent);

  /// The job was started.
  void begin() { m_waiting = true; }
  /// It delivered, or nobody waits for it any more.
  void end() { m_waiting = false; }

 Q_SIGNALS:
  void stopped();

 private:
  bool m_waiting = false;
};

}  // namespace app
