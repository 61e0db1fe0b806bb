#include "app/lessons/facts/bit_facts.h"

#include <fmt/format.h>

#include <cmath>

#include "app/lessons/facts/broken_bit.h"
#include "app/lessons/facts/lesson_models.h"

namespace app {
namespace {

// One bit of the largest weight of "tensor" of the built-in chat model, which is stored under "scheme" as a whole ("as
// stored" without); "part" is "code" (without) or "scale", "bit" counts from the lowest.

BrokenBit bitOf(const FactArguments& arguments) {
  return {arguments.text("tensor"), arguments.text("scheme", "stored"), arguments.text("part", "code"),
          static_cast<std::uint32_t>(arguments.count("bit", 0))};
}

/// What the weight is before.
FactValue bitBefore(const FactArguments& arguments, const core::JobContext& job) {
  return brokenWeight(bitOf(arguments), job).before;
}

FactValue bitAfter(const FactArguments& arguments, const core::JobContext& job) {
  return brokenWeight(bitOf(arguments), job).after;
}

/// By what it is multiplied.
FactValue bitFactor(const FactArguments& arguments, const core::JobContext& job) {
  const BrokenWeight weight = brokenWeight(bitOf(arguments), job);
  return weight.after / weight.before;
}

/// How many weights become others.
FactValue bitWeights(const FactArguments& arguments, const core::JobContext& job) {
  return static_cast<double>(brokenWeight(bitOf(arguments), job).changed);
}

double exactShare(const BrokenBit& broken, const core::JobContext& job) {
  const auto score = brokenScore(broken, job);
  return score ? score->exactShare : 0.0;
}

/// Percent of the answers that are still right word for word.
FactValue bitExactAnswers(const FactArguments& arguments, const core::JobContext& job) {
  return kPercent * exactShare(bitOf(arguments), job);
}

/// Nats per token; NaN where the model computes no numbers.
FactValue bitKl(const FactArguments& arguments, const core::JobContext& job) {
  const auto score = brokenScore(bitOf(arguments), job);
  return score ? score->kl : std::nan("");
}

/// What becomes of the answers that are right without it: "same", "some" are lost, "none" is left, "no-numbers".
FactValue bitOutcome(const FactArguments& arguments, const core::JobContext& job) {
  const BrokenBit broken = bitOf(arguments);
  const auto score = brokenScore(broken, job);
  if (!score) return std::string("no-numbers");
  if (score->exactShare >= chatScore(broken.scheme, job).exactShare) return std::string("same");
  return std::string(score->exactShare > 0 ? "some" : "none");
}

/// The first of "bits" that leaves less than "below" percent of the answers, or "none".
FactValue bitFirstToBreak(const FactArguments& arguments, const core::JobContext& job) {
  BrokenBit broken = bitOf(arguments);
  for (const double bit : arguments.numbers("bits")) {
    broken.bit = static_cast<std::uint32_t>(bit);
    if (kPercent * exactShare(broken, job) < arguments.number("below")) return fmt::format("{}", broken.bit);
  }
  return std::string("none");
}

constexpr Fact kBitFacts[] = {
    {"bit_before", FactKind::Number, "tensor scheme?", bitBefore},
    {"bit_after", FactKind::Number, "tensor bit scheme? part?", bitAfter},
    {"bit_factor", FactKind::Number, "tensor bit scheme? part?", bitFactor},
    {"bit_weights", FactKind::Number, "tensor bit scheme? part?", bitWeights},
    {"bit_exact_answers", FactKind::Number, "tensor bit scheme? part?", bitExactAnswers},
    {"bit_kl", FactKind::Number, "tensor bit scheme? part?", bitKl},
    {"bit_outcome", FactKind::Text, "tensor bit scheme? part?", bitOutcome},
    {"bit_first_to_break", FactKind::Text, "tensor bits below scheme? part?", bitFirstToBreak},
};

}  // namespace

std::span<const Fact> bitFacts() { return kBitFacts; }

}  // namespace app
