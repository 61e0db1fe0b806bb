#include "app/jobs/stop_notice.h"

#include "app/jobs/job_runner.h"

namespace app {

StopNotice::StopNotice(JobRunner& jobs, const QString& tag, QObject* parent) : QObject(parent) {
  connect(&jobs, &JobRunner::changed, this, [this, &jobs, tag] {
    if (!m_waiting || jobs.isActive(tag)) return;
    m_waiting = false;
    Q_EMIT stopped();
  });
}

}  // namespace app
