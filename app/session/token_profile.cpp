#include "app/session/token_profile.h"

#include <algorithm>
#include <chrono>

#include "app/session/some_tokens.h"

namespace app {

namespace {

using ProfileClock = std::chrono::steady_clock;

double middle(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  return *half;
}

/// Of the same steps, each timed several times.
std::vector<ProfiledStep> medianSteps(const std::vector<core::model::StepTimes>& runs, const core::model::Graph& graph,
                                      const ProfileSettings& settings) {
  std::vector<ProfiledStep> steps;
  for (std::size_t i = 0; i < runs.front().steps().size(); ++i) {
    ProfiledStep step{.time = runs.front().steps()[i]};
    std::vector<double> seconds;
    for (const auto& run : runs) seconds.push_back(run.steps()[i].seconds);
    step.time.seconds = middle(std::move(seconds));
    step.part = core::model::partOf(step.time.kind, step.time.part);
    step.work = core::model::workOf(graph, step.time, settings.kv, settings.positions);
    steps.push_back(std::move(step));
  }
  return steps;
}

double shareOf(std::uint64_t work, double seconds, double perSecond) {
  return perSecond > 0 ? static_cast<double>(work) / seconds / perSecond : 0;
}

}  // namespace

double TokenProfile::stepSeconds() const {
  double sum = 0;
  for (const ProfiledStep& step : steps) sum += step.time.seconds;
  return sum;
}

double TokenProfile::bandwidthShare() const { return shareOf(work.bytes(), seconds, limits.bytesPerSecond); }

double TokenProfile::arithmeticShare() const { return shareOf(work.operations, seconds, limits.operationsPerSecond); }

// One before they are counted, then each timed as a whole and by its steps.
std::uint32_t contextOf(const ProfileSettings& settings) { return settings.positions + 1 + 2 * settings.repetitions; }

TokenProfile profileToken(core::model::Executor& executor, const ProfileSettings& settings,
                          const core::JobContext& job) {
  const core::model::Graph& graph = executor.graph();
  const auto tokens = someTokens(settings.positions, graph.vocabulary());
  const auto cache = executor.createKvCache(contextOf(settings), settings.kv);
  std::vector<float> logits(graph.vocabulary());
  const auto forward = [&](std::size_t count) {
    executor.forward(std::span(tokens).first(count), *cache, core::model::LogitsWanted::LastToken, logits, job);
  };
  forward(tokens.size());
  forward(1);
  std::vector<double> whole;
  std::vector<core::model::StepTimes> timed;
  for (std::uint32_t i = 0; i < settings.repetitions; ++i) {
    job.progress(static_cast<double>(i) / settings.repetitions, {});
    const auto start = ProfileClock::now();
    forward(1);
    whole.push_back(std::chrono::duration<double>(ProfileClock::now() - start).count());
  }
  for (std::uint32_t i = 0; i < settings.repetitions; ++i)
    timed.push_back(executor.timeForward(std::span(tokens).first(1), *cache, job));
  return {executor.deviceName(),
          settings.positions,
          middle(std::move(whole)),
          medianSteps(timed, graph, settings),
          core::model::tokenWork(graph, settings.kv, settings.positions),
          settings.limits};
}

}  // namespace app
