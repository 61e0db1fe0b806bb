#include "app/jobs/job_runner.h"

#include <QCoreApplication>
#include <QThread>
#include <algorithm>
#include <new>

#include "core/base/error.h"

namespace app {

struct JobRunner::Job {
  JobId id = 0;
  JobSpec spec;
  QPointer<QObject> receiver;
  std::stop_source stop;
  Work work;
  std::function<void(const QString&)> failed;
  Status status;
  bool dropped = false;  ///< GUI thread: cancelled or replaced, whatever it still delivers is thrown away
};

struct JobRunner::Queue {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::deque<std::shared_ptr<Job>> jobs;
  unsigned sweeps = 0;      ///< running now
  unsigned mostSweeps = 1;  ///< at a time

  /// The job to run next, or the end: the oldest that was asked for, else the oldest sweep if there is room for one.
  /// The null job, which ends the threads, counts as asked for.
  auto next() {
    const auto asked = std::find_if(jobs.begin(), jobs.end(), [](const auto& job) {
      return !job || job->spec.priority == Priority::Asked || job->stop.stop_requested();
    });
    if (asked != jobs.end()) return asked;
    return sweeps < mostSweeps ? jobs.begin() : jobs.end();
  }
};

/// What the workers have to say to the GUI thread, in order. A mutex of our own rather than Qt's event queue carries
/// it, so that ThreadSanitizer sees the hand-over; one event a message only says that there is mail.
struct JobRunner::Inbox {
  std::mutex mutex;
  std::deque<std::function<void()>> messages;
};

JobRunner::JobRunner(unsigned poolThreads, QObject* parent)
    : QObject(parent),
      m_pool(std::make_unique<Queue>()),
      m_inference(std::make_unique<Queue>()),
      m_inbox(std::make_unique<Inbox>()) {
  const unsigned count = poolThreads > 0 ? poolThreads : std::max(2U, std::thread::hardware_concurrency());
  m_pool->mostSweeps = std::max(1U, count - 1);
  for (unsigned i = 0; i < count; ++i) m_threads.emplace_back([this] { workerLoop(*m_pool); });
  m_threads.emplace_back([this] { workerLoop(*m_inference); });
}

JobRunner::~JobRunner() { shutdown(); }

JobId JobRunner::enqueue(QObject* receiver, JobSpec spec, Work work, std::function<void(const QString&)> failed) {
  Q_ASSERT(QThread::currentThread() == thread());
  if (m_stopped) return 0;
  if (!spec.tag.isEmpty()) cancelTag(spec.tag);
  auto job = std::make_shared<Job>();
  job->id = m_nextId++;
  job->status = {job->id, spec.title, -1, {}};
  job->spec = std::move(spec);
  job->receiver = receiver;
  job->work = std::move(work);
  job->failed = std::move(failed);
  m_jobs.insert(job->id, job);
  Queue& queue = job->spec.lane == Lane::Pool ? *m_pool : *m_inference;
  {
    const std::scoped_lock lock(queue.mutex);
    queue.jobs.push_back(job);
  }
  queue.wake.notify_one();
  Q_EMIT changed();
  return job->id;
}

void JobRunner::workerLoop(Queue& queue) {
  while (true) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(queue.mutex);
      queue.wake.wait(lock, [&] { return queue.next() != queue.jobs.end(); });
      const auto next = queue.next();
      job = *next;
      if (!job) return;  // the null job stays in the queue: it ends every thread of this lane
      queue.jobs.erase(next);
      if (job->spec.priority == Priority::Sweep) ++queue.sweeps;
    }
    const bool sweep = job->spec.priority == Priority::Sweep;
    execute(job);
    if (!sweep) continue;
    {
      const std::scoped_lock lock(queue.mutex);
      --queue.sweeps;
    }
    queue.wake.notify_one();
  }
}

void JobRunner::execute(const std::shared_ptr<Job>& job) {
  const JobId id = job->id;
  Delivery delivery;
  QString sentence;
  if (!job->stop.stop_requested()) {
    try {
      const core::JobContext context(job->stop.get_token(), [this, id](double fraction, std::string_view phrase) {
        const QString text = QString::fromUtf8(phrase.data(), static_cast<qsizetype>(phrase.size()));
        post([this, id, fraction, text] {
          const auto found = m_jobs.find(id);
          if (found == m_jobs.end()) return;
          found.value()->status.fraction = fraction;
          found.value()->status.phrase = text;
          Q_EMIT changed();
        });
      });
      delivery = job->work(context);
    } catch (const core::Cancelled&) {
    } catch (...) {
      sentence = sentenceOfCurrentException();
    }
  }
  // Everything the work captured is released here, before anybody hears that the job is over.
  job->work = nullptr;
  post([this, id, delivery = std::move(delivery), sentence] { finish(id, delivery, sentence); });
}

void JobRunner::post(std::function<void()> message) {
  {
    const std::scoped_lock lock(m_inbox->mutex);
    m_inbox->messages.push_back(std::move(message));
  }
  QMetaObject::invokeMethod(this, "openInbox", Qt::QueuedConnection);
}

void JobRunner::openInbox() {
  std::function<void()> message;
  {
    const std::scoped_lock lock(m_inbox->mutex);
    if (m_inbox->messages.empty()) return;
    message = std::move(m_inbox->messages.front());
    m_inbox->messages.pop_front();
  }
  message();
}

void JobRunner::finish(JobId id, const Delivery& delivery, const QString& sentence) {
  const std::shared_ptr<Job> job = m_jobs.take(id);
  if (!job) return;
  // Checked again on arrival: a newer request may have come while this result was on its way.
  if (!job->dropped && job->receiver) {
    if (delivery) {
      delivery();
    } else if (!sentence.isEmpty()) {
      if (job->failed)
        job->failed(sentence);
      else
        Q_EMIT failed(sentence);
    }
  }
  Q_EMIT changed();
}

void JobRunner::cancel(JobId id) {
  const auto found = m_jobs.find(id);
  if (found == m_jobs.end()) return;
  found.value()->dropped = true;
  found.value()->stop.request_stop();
  Q_EMIT changed();
}

void JobRunner::cancelTag(const QString& tag) {
  for (const auto& job : std::as_const(m_jobs)) {
    if (job->spec.tag != tag) continue;
    job->dropped = true;
    job->stop.request_stop();
  }
}

void JobRunner::cancelAll() {
  for (const auto& job : std::as_const(m_jobs)) {
    job->dropped = true;
    job->stop.request_stop();
  }
  Q_EMIT changed();
}

bool JobRunner::isActive(const QString& tag) const {
  return std::any_of(m_jobs.begin(), m_jobs.end(),
                     [&](const auto& job) { return job->spec.tag == tag && !job->dropped; });
}

std::vector<JobRunner::Status> JobRunner::visibleJobs() const {
  std::vector<Status> result;
  for (const auto& job : m_jobs)
    if (!job->spec.title.isEmpty() && !job->dropped) result.push_back(job->status);
  std::sort(result.begin(), result.end(), [](const Status& a, const Status& b) { return a.id < b.id; });
  return result;
}

void JobRunner::shutdown() {
  if (m_stopped) return;
  m_stopped = true;
  for (const auto& job : std::as_const(m_jobs)) {
    job->dropped = true;
    job->stop.request_stop();
  }
  for (Queue* queue : {m_pool.get(), m_inference.get()}) {
    {
      const std::scoped_lock lock(queue->mutex);
      queue->jobs.clear();
      queue->jobs.push_back(nullptr);
    }
    queue->wake.notify_all();
  }
  m_threads.clear();  // joins
  QCoreApplication::removePostedEvents(this, QEvent::MetaCall);
  m_inbox->messages.clear();
  m_jobs.clear();
}

QString sentenceOfCurrentException() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return JobRunner::tr("There is not enough memory for this. Close other programs or choose a smaller model.");
  } catch (const std::exception& error) {
    const QString text = QString::fromUtf8(error.what());
    return text.isEmpty() ? JobRunner::tr("Something failed without saying why.") : text;
  } catch (...) {
    return JobRunner::tr("Something failed without saying why.");
  }
}

}  // namespace app
