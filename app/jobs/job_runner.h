#pragma once
#include <QHash>
#include <QObject>
#include <QPointer>
#include <QString>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/base/job_context.h"

namespace app {

/// Where a job runs. The inference lane is one thread and owns every session, executor and Vulkan call.
enum class Lane { Pool, Inference };

/// What a person waits for goes before sweeps over a whole model, whichever was started first, and one thread of the
/// pool never takes a sweep.
enum class Priority { Asked, Sweep };

/// What is to be said and known of a job.
struct JobSpec {
  QString tag;    ///< a newer job with the same tag replaces this one ("latest wins"); empty: never replaced
  QString title;  ///< shown in the status bar: "Analysing layers"; empty: a short job nobody needs to see
  Lane lane = Lane::Pool;
  Priority priority = Priority::Asked;
};

using JobId = std::uint64_t;

/// Runs long work beside the GUI thread. Results are values, handed to `done` on the GUI thread, and only when the
/// receiver still lives and no newer job of the same tag was started. Work captures copies or shared_ptr<const>, never
/// a widget. An exception becomes a sentence: to `failed` when given, else to the signal failed() (the error banner).
/// GUI thread only (but for what it runs).
class JobRunner : public QObject {
  Q_OBJECT
 public:
  struct Status {
    JobId id = 0;
    QString title;
    double fraction = -1;  ///< 0…1; −1 while unknown
    QString phrase;        ///< what it is doing right now
  };

  /// @param poolThreads 0: one per core, at least two
  explicit JobRunner(unsigned poolThreads = 0, QObject* parent = nullptr);
  /// shutdown()
  ~JobRunner() override;

  /// @param work R(const core::JobContext&), on a worker thread   @param done void(R), on the GUI thread
  /// @param failed void(const QString& sentence), on the GUI thread; not called for a cancelled job
  template <class Work, class Done>
  JobId run(QObject* receiver, JobSpec spec, Work work, Done done, std::function<void(const QString&)> failed = {}) {
    using Result = std::invoke_result_t<Work, const core::JobContext&>;
    return enqueue(
        receiver, std::move(spec),
        [work = std::move(work), done = std::move(done)](const core::JobContext& context) mutable -> Delivery {
          if constexpr (std::is_void_v<Result>) {
            work(context);
            return [done]() mutable { done(); };
          } else {
            auto result = std::make_shared<Result>(work(context));
            return [done, result]() mutable { done(std::move(*result)); };
          }
        },
        std::move(failed));
  }

  void cancel(JobId id);
  void cancelTag(const QString& tag);
  void cancelAll();
  /// Whether a job of this tag waits or runs.
  bool isActive(const QString& tag) const;
  /// Nothing waits, nothing runs, every result was delivered.
  bool isIdle() const { return m_jobs.isEmpty(); }
  /// The jobs with a title, oldest first.
  std::vector<Status> visibleJobs() const;
  /// Takes no more jobs, cancels and joins. Nothing is delivered afterwards. Called by the destructor.
  void shutdown();

 Q_SIGNALS:
  void changed();  ///< a job started, moved on or ended
  void failed(const QString& sentence);

 private:
  using Delivery = std::function<void()>;
  using Work = std::function<Delivery(const core::JobContext&)>;
  struct Job;
  struct Queue;
  struct Inbox;

  JobId enqueue(QObject* receiver, JobSpec spec, Work work, std::function<void(const QString&)> failed);
  void execute(const std::shared_ptr<Job>& job);
  void finish(JobId id, const Delivery& delivery, const QString& sentence);
  void workerLoop(Queue& queue);
  /// Worker threads: hands a message to the GUI thread, which runs it in openInbox().
  void post(std::function<void()> message);
  Q_INVOKABLE void openInbox();

  QHash<JobId, std::shared_ptr<Job>> m_jobs;  ///< GUI thread only
  JobId m_nextId = 1;
  bool m_stopped = false;
  std::unique_ptr<Queue> m_pool, m_inference;
  std::unique_ptr<Inbox> m_inbox;
  std::vector<std::jthread> m_threads;
};

/// One sentence for a person out of whatever was thrown. Call it inside a catch block.
QString sentenceOfCurrentException();

}  // namespace app
