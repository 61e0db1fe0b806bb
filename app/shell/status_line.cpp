#include "app/shell/status_line.h"

#include <unistd.h>

#include <QFile>
#include <QProgressBar>
#include <QTimer>
#include <QToolButton>

#include "app/jobs/job_runner.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

/// Resident memory of this process in bytes; 0 where the system does not tell.
std::uint64_t residentBytes() {
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const QList<QByteArray> words = file.readLine().split(' ');
  return words.size() < 2 ? 0 : words[1].toULongLong() * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

StatusLine::StatusLine(JobRunner& jobs, QWidget* parent)
    : QStatusBar(parent),
      m_jobs(jobs),
      m_device(new Label(Label::Style::Hint)),
      m_memory(new Label(Label::Style::Hint)),
      m_job(new Label(Label::Style::Hint)),
      m_progress(new QProgressBar),
      m_cancel(new QToolButton) {
  setSizeGripEnabled(false);
  setContentsMargins(space::kOne, 2, space::kOne, 2);
  m_memory->setContentsMargins(space::kTwo, 0, 0, 0);
  keepWidth(*m_progress, 140);
  m_progress->setTextVisible(false);
  m_progress->setAccessibleName(tr("Progress"));
  m_cancel->setIcon(icon(QStringLiteral("close")));
  keepIconSize(*m_cancel, 14);
  m_cancel->setToolTip(tr("Cancel (Esc)"));
  m_cancel->setAccessibleName(tr("Cancel the running job"));
  m_cancel->setObjectName(QStringLiteral("cancel-job"));
  addWidget(m_device);
  addWidget(m_memory);
  addPermanentWidget(m_job);
  addPermanentWidget(m_progress);
  addPermanentWidget(m_cancel);
  connect(&jobs, &JobRunner::changed, this, &StatusLine::refreshJob);
  connect(m_cancel, &QToolButton::clicked, this, [this] { m_jobs.cancel(m_shown); });
  auto* timer = new QTimer(this);
  connect(timer, &QTimer::timeout, this, &StatusLine::refreshMemory);
  timer->start(2000);
  refreshJob();
  refreshMemory();
}

void StatusLine::setDevice(const QString& text) { m_device->setText(text); }

void StatusLine::setDeviceMemory(quint64 usedBytes, quint64 budgetBytes, quint64 hostBytes) {
  m_deviceMemory =
      budgetBytes == 0 ? QString() : tr("Device memory %1 of %2").arg(text::bytes(usedBytes), text::bytes(budgetBytes));
  if (hostBytes != 0) m_deviceMemory += tr(", %1 of weights in the computer's memory").arg(text::bytes(hostBytes));
  m_memory->setToolTip(hostBytes == 0 ? QString()
                                      : tr("%1 of weights lie in the computer's memory, which this device reads more "
                                           "slowly.")
                                            .arg(text::bytes(hostBytes)));
  refreshMemory();
}

void StatusLine::refreshMemory() {
  QStringList parts;
  if (!m_deviceMemory.isEmpty()) parts.append(m_deviceMemory);
  if (const std::uint64_t bytes = residentBytes(); bytes != 0) parts.append(tr("Memory %1").arg(text::bytes(bytes)));
  m_memory->setText(parts.join(QStringLiteral(" · ")));
}

void StatusLine::refreshJob() {
  const auto running = m_jobs.visibleJobs();
  const bool busy = !running.empty();
  m_job->setVisible(busy);
  m_progress->setVisible(busy);
  m_cancel->setVisible(busy);
  if (!busy) return;
  const JobRunner::Status& job = running.front();
  m_shown = job.id;
  QString sentence = job.title;
  if (!job.phrase.isEmpty()) sentence += QStringLiteral(" · ") + job.phrase;
  if (job.fraction >= 0) sentence += QStringLiteral("  ") + text::percent(job.fraction, 0);
  if (running.size() > 1) sentence += tr("  (+%1 more)").arg(running.size() - 1);
  m_job->setText(sentence);
  m_progress->setRange(0, job.fraction < 0 ? 0 : 1000);
  if (job.fraction >= 0) m_progress->setValue(static_cast<int>(job.fraction * 1000));
}

}  // namespace app
