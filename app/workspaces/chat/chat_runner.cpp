#include "app/workspaces/chat/chat_runner.h"

#include <utility>

#include "app/jobs/job_runner.h"
#include "app/jobs/stop_notice.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr int kFrameMs = 16;
const QString kPrepareTag = QStringLiteral("chat.prepare");
const QString kAnswerTag = QStringLiteral("chat.answer");
const QString kAsideTag = QStringLiteral("chat.aside");
const QString kCompareTag = QStringLiteral("chat.compare");
const QString kKeepTag = QStringLiteral("chat.keep");
/// Whoever goes on at once is not kept waiting, and little is written that the next answer adds to.
constexpr int kKeepAfterMs = 1000;
const QString kProfileTag = QStringLiteral("chat.profile");

struct Prepared {
  std::vector<PaneFacts> facts;
  DeviceMemory memory;
  std::optional<PaneFailure> failure;
};
}  // namespace

ChatRunner::ChatRunner(JobRunner& jobs, QObject* parent)
    : QObject(parent),
      m_jobs(jobs),
      m_engine(std::make_shared<ChatEngine>()),
      m_preparing(new StopNotice(jobs, kPrepareTag, this)),
      m_aside(new StopNotice(jobs, kAsideTag, this)),
      m_profiling(new StopNotice(jobs, kProfileTag, this)) {
  connect(m_preparing, &StopNotice::stopped, this, &ChatRunner::preparationStopped);
  connect(m_aside, &StopNotice::stopped, this, &ChatRunner::asideStopped);
  connect(m_profiling, &StopNotice::stopped, this, &ChatRunner::profileStopped);
  m_frame.setInterval(kFrameMs);
  connect(&m_frame, &QTimer::timeout, this, &ChatRunner::takeFeed);
  m_keeping.setInterval(kKeepAfterMs);
  m_keeping.setSingleShot(true);
  connect(&m_keeping, &QTimer::timeout, this, &ChatRunner::keepNow);
  connect(&m_jobs, &JobRunner::changed, this, [this] {
    const bool before = std::exchange(m_wasComparing, isComparing());
    if (before != m_wasComparing) Q_EMIT comparingChanged();
  });
}

bool ChatRunner::isComparing() const { return m_jobs.isActive(kCompareTag); }

void ChatRunner::prepare(const ChatSetup& setup) {
  m_preparing->end();
  m_jobs.run(
      this, {kPrepareTag, tr("Loading the chat models"), Lane::Inference},
      [engine = m_engine, setup](const core::JobContext& job) {
        Prepared prepared;
        try {
          prepared.facts = engine->prepare(setup, job);
          prepared.memory = engine->deviceMemory().value_or(DeviceMemory());
        } catch (const core::Cancelled&) {
          throw;
        } catch (const std::exception&) {
          prepared.failure = currentFailure();
        }
        return prepared;
      },
      [this](const Prepared& prepared) {
        m_preparing->end();
        if (prepared.failure) return Q_EMIT preparationFailed(*prepared.failure);
        Q_EMIT this->prepared(prepared.facts, prepared.memory);
      });
  m_preparing->begin();
}

void ChatRunner::answer(const ChatSetup& setup, const std::vector<PanePrompt>& prompts,
                        const core::model::GenerationOptions& options) {
  cancelComparison();
  m_jobs.cancelTag(kProfileTag);
  m_keeping.stop();
  m_jobs.cancelTag(kKeepTag);
  m_feed = std::make_shared<TokenFeed>();
  m_jobs.run(
      this, {kAnswerTag, tr("Answering"), Lane::Inference},
      [engine = m_engine, feed = m_feed, setup, prompts, options](const core::JobContext& job) {
        engine->answer(setup, prompts, options, *feed, job);
      },
      [] {});
  m_frame.start();
}

void ChatRunner::stop() { m_jobs.cancelTag(kAnswerTag); }

void ChatRunner::answerAside(const ChatSetup& setup, const std::vector<PanePrompt>& prompts,
                             const core::model::GenerationOptions& options, const QString& title, Done done) {
  m_aside->end();
  m_jobs.run(
      this, {kAsideTag, title, Lane::Inference, Priority::Sweep},
      [engine = m_engine, setup, prompts, options](const core::JobContext& job) {
        TokenFeed feed;
        engine->answer(setup, prompts, options, feed, job);
        job.throwIfCancelled();
        auto tokens = feed.take();
        return std::pair(std::move(tokens), feed.takeEnd().value_or(std::vector<PaneAnswer>()));
      },
      [this, done = std::move(done)](const auto& result) {
        m_aside->end();
        done(result.first, result.second);
      });
  m_aside->begin();
}

void ChatRunner::stopAside() {
  m_aside->end();
  m_jobs.cancelTag(kAsideTag);
}

void ChatRunner::takeFeed() {
  // Once the job has let go of the feed nothing more can come: looked at first, so that nothing is missed.
  const bool abandoned = m_feed.use_count() == 1;
  const auto arrived = m_feed->take();
  auto end = m_feed->takeEnd();
  if (!arrived.empty()) Q_EMIT tokens(arrived);
  if (!end && !abandoned) return;
  m_frame.stop();
  m_feed.reset();
  Q_EMIT answered(end.value_or(std::vector<PaneAnswer>()));
}

void ChatRunner::keepPrompts(const PromptCaches& caches) {
  m_caches = caches;
  caches.folder.empty() ? m_keeping.stop() : m_keeping.start();
}

void ChatRunner::keepNow() {
  if (isAnswering()) return;  // it asks for it again
  m_jobs.run(
      this, {kKeepTag, {}, Lane::Inference, Priority::Sweep},
      [engine = m_engine, caches = m_caches](const core::JobContext& job) {
        engine->keepPrompts(caches, job);
        return caches.usedBytes();
      },
      [this](std::uint64_t bytes) { Q_EMIT promptsKept(bytes); });
}

void ChatRunner::clearPrompts(const PromptCaches& caches) {
  m_keeping.stop();
  m_jobs.cancelTag(kKeepTag);
  m_jobs.run(
      this, {QStringLiteral("chat.clear-prompts"), {}, Lane::Inference},
      [caches](const core::JobContext&) {
        caches.clear();
        return caches.usedBytes();
      },
      [this](std::uint64_t bytes) { Q_EMIT promptsKept(bytes); });
}

void ChatRunner::compare(const ChatSetup& setup, const ComparisonTask& task) {
  m_jobs.run(
      this, {kCompareTag, tr("Comparing token by token"), Lane::Inference},
      [engine = m_engine, setup, task](const core::JobContext& job) { return engine->compare(setup, task, job); },
      [this](const ComparedTokens& tokens) { Q_EMIT compared(tokens); });
}

void ChatRunner::cancelComparison() { m_jobs.cancelTag(kCompareTag); }

void ChatRunner::profile(const ChatSetup& setup, std::uint32_t positions) {
  m_profiling->end();
  m_jobs.run(
      this, {kProfileTag, tr("Timing a token"), Lane::Inference},
      [engine = m_engine, setup, positions](const core::JobContext& job) {
        return engine->profile(setup, positions, job);
      },
      [this](const std::vector<PaneProfile>& profiles) {
        m_profiling->end();
        Q_EMIT profiled(profiles);
      });
  m_profiling->begin();
}

void ChatRunner::cancelProfile() {
  m_profiling->end();
  m_jobs.cancelTag(kProfileTag);
}

void ChatRunner::keepOnly(const std::shared_ptr<OpenModel>& model) {
  m_jobs.run(
      this, {QStringLiteral("chat.release"), {}, Lane::Inference},
      [engine = m_engine, model](const core::JobContext&) { engine->keepOnly(model); }, [] {});
}

void ChatRunner::abandon() {
  m_jobs.cancelTag(kAnswerTag);
  m_preparing->end();
  m_jobs.cancelTag(kPrepareTag);
  cancelComparison();
  cancelProfile();
  m_keeping.stop();
  m_jobs.cancelTag(kKeepTag);
  m_frame.stop();
  m_feed.reset();
}

}  // namespace app
