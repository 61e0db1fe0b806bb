#include "app/session/speed.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "app/session/some_tokens.h"
#include "core/base/energy_meter.h"
#include "core/model/sampler.h"
#include "core/model/together.h"

namespace app {

namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

/// Of a token's logits, what an answer under the usual settings asks for (core::model::SamplingOptions).
core::model::CandidatesWanted usualCandidates(std::uint32_t vocabulary) {
  return {.count = std::min(core::model::SamplingOptions().topK, vocabulary), .known = vocabulary};
}

/// Every sequence goes on with this token.
void decode(core::model::Executor& executor, const std::vector<core::model::LentCache>& caches,
            core::model::TokenId token, const core::JobContext& job) {
  std::vector<core::model::StepAsked> asked;
  for (const auto& cache : caches)
    asked.push_back({&executor, {token, cache.get(), usualCandidates(executor.graph().vocabulary())}});
  for (const core::model::StepFound& found : core::model::computeTogether(asked, job))
    if (found.failure) std::rethrow_exception(found.failure);
}

Speed measureOnce(core::model::Executor& executor, const SpeedSettings& settings, const JoulesMeter& card,
                  const core::JobContext& job) {
  const std::uint32_t vocabulary = executor.graph().vocabulary();
  const auto tokens = someTokens(settings.promptTokens, vocabulary);
  std::vector<core::model::LentCache> caches;
  for (std::uint32_t i = 0; i < settings.sequences; ++i)
    caches.push_back(executor.lendKvCache(settings.promptTokens + settings.generatedTokens, settings.kv));
  Speed speed;
  auto start = Clock::now();
  for (const auto& cache : caches)
    static_cast<void>(executor.candidates(tokens, *cache, usualCandidates(vocabulary), job));
  speed.prefill = settings.promptTokens * settings.sequences / seconds(start);
  auto energy = core::EnergyMeter::open();
  if (card) static_cast<void>(card());
  const auto before = executor.traffic();
  start = Clock::now();
  for (std::uint32_t i = 0; i < settings.generatedTokens; ++i) decode(executor, caches, tokens[i % tokens.size()], job);
  const double count = 1.0 * settings.generatedTokens * settings.sequences;
  speed.decode = count / seconds(start);
  if (const auto joules = energy ? energy->takeJoules() : std::nullopt) speed.joules = *joules / count;
  if (const auto joules = card ? card() : std::nullopt) speed.cardJoules = *joules / count;
  const auto after = executor.traffic();
  speed.submissions = static_cast<double>(after.submissions - before.submissions) / count;
  speed.dispatches = static_cast<double>(after.dispatches - before.dispatches) / count;
  speed.barriers = static_cast<double>(after.barriers - before.barriers) / count;
  speed.returnedBytes = static_cast<double>(after.returnedBytes - before.returnedBytes) / count;
  return speed;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

}  // namespace

Speed measureSpeed(core::model::Executor& executor, const SpeedSettings& settings, const core::JobContext& job) {
  const core::model::Graph& graph = executor.graph();
  const JoulesMeter card = openCardMeter(executor);
  static_cast<void>(measureOnce(executor, settings, card, job));
  std::vector<double> prefill, decode, joules, cardJoules;
  Speed result;
  for (std::uint32_t i = 0; i < settings.repetitions; ++i) {
    result = measureOnce(executor, settings, card, job);
    prefill.push_back(result.prefill);
    decode.push_back(result.decode);
    if (result.joules) joules.push_back(*result.joules);
    if (result.cardJoules) cardJoules.push_back(*result.cardJoules);
  }
  result.prefill = median(prefill);
  result.decode = median(decode);
  if (!joules.empty()) result.joules = median(joules);
  if (!cardJoules.empty()) result.cardJoules = median(cardJoules);
  result.work = tokenWork(graph, settings.kv, settings.promptTokens + settings.generatedTokens / 2);
  result.sequences = settings.sequences;
  result.promptOperations = promptOperations(graph, settings.promptTokens);
  if (!settings.areStepsTimed) return result;
  const auto tokens = someTokens(settings.promptTokens, graph.vocabulary());
  const auto cache = executor.createKvCache(settings.promptTokens + 1, settings.kv);
  result.prefillSteps = executor.timeForward(tokens, *cache, job);
  result.decodeSteps = executor.timeForward(std::span(tokens).first(1), *cache, job);
  return result;
}

}  // namespace app
