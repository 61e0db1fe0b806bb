#include "app/session/answer_score.h"

#include <cmath>
#include <vector>

#include "app/session/engine.h"
#include "core/base/error.h"
#include "core/evaluate/answers.h"
#include "core/evaluate/block_statistics.h"
#include "core/evaluate/step_scorer.h"

namespace app {

namespace {

using core::evaluate::Passage;

Passage passageOf(const OpenModel& model, const Exchange& exchange) {
  const std::vector<core::text::ChatMessage> messages{{"user", exchange.question}, {"assistant", exchange.answer}};
  auto found =
      core::evaluate::findAnswers(messages, *model.tokenizer(), *model.chatTemplate(), model.config().contextLength);
  if (found.passages.empty())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      found.tooLong == 0 ? "A question or its answer has no tokens in this model's chats."
                                         : "A question with its answer does not fit the model's context.");
  return std::move(found.passages.front());
}

AnswerScore scoreOf(const core::evaluate::BlockStatistics& sums) {
  const auto tokens = static_cast<double>(sums.tokens()), answers = static_cast<double>(sums.answers);
  const std::uint64_t exact = sums.rightInReference - sums.turnedWrong + sums.turnedRight;
  return {.answers = sums.answers,
          .tokens = sums.tokens(),
          .perplexity = std::exp(sums.nllCompared / tokens),
          .kl = sums.kl / tokens,
          .sameTop = static_cast<double>(sums.sameTop) / tokens,
          .exactShare = static_cast<double>(exact) / answers};
}

}  // namespace

AnswerScore scoreAnswers(OpenModel& model, const core::model::Recipe& recipe, std::span<const Exchange> exchanges,
                         const core::JobContext& job) {
  if (model.whyCannotChat()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotChat());
  if (exchanges.empty()) throw core::Error(core::ErrorCode::InvalidArgument, "There are no answers to score.");
  Engine engine;
  const DeviceChoice cpu{DeviceChoice::Kind::Cpu};
  const auto reference = engine.createExecutor(model, Variant{{}, cpu}, job.part(0.0, 0.1));
  const auto compared = engine.createExecutor(model, Variant{recipe, cpu}, job.part(0.1, 0.4));
  const core::evaluate::LogitStreamOptions options{.capacity = model.config().contextLength,
                                                   .knownTokens = model.tokenizer()->size()};
  core::evaluate::LogitStream expected(*reference, options), seen(*compared, options);
  core::evaluate::StepScorer scorer(expected, {&seen});
  core::evaluate::BlockStatistics sums;
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    job.progress(0.4 + 0.6 * static_cast<double>(i) / static_cast<double>(exchanges.size()), "Reading answers");
    const Passage passage = passageOf(model, exchanges[i]);
    sums.add(passage, scorer.score(passage, job).front());
  }
  return scoreOf(sums);
}

}  // namespace app
