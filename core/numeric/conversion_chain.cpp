#include "core/numeric/conversion_chain.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace core::numeric {

namespace {

ExactNumber difference(const ExactNumber& value, const ExactNumber& from) {
  return value.isFinite() && from.isFinite() ? value - from : ExactNumber::nan();
}

bool agrees(const ChainStep& step, const ChainLink& link) {
  if (step.code == step.direct.code) return true;
  const ExactNumber direct = decodeExact(*link.format, step.direct.code, link.scale);
  return step.value.isNan() && direct.isNan();  // whatever is left of a payload
}

DivergenceCause causeOf(const ExactNumber& number, const ChainStep& before, const ChainStep& step) {
  if (before.decision.overflow || before.decision.noSuchValue) return DivergenceCause::Overflow;
  if (before.value.isZero() && !number.isZero()) return DivergenceCause::Underflow;
  if (step.decision.tie && !step.direct.tie) return DivergenceCause::TieMade;
  return step.decision.direction == RoundingDirection::Exact ? DivergenceCause::PrecisionLost
                                                             : DivergenceCause::MovedAcross;
}

std::optional<Divergence> divergenceOf(const ExactNumber& number, std::span<const ChainLink> links,
                                       const std::vector<ChainStep>& steps) {
  std::size_t first = steps.size();
  while (first > 0 && !agrees(steps[first - 1], links[first - 1])) --first;
  if (first == steps.size()) return std::nullopt;
  assert(first > 0);  // the first step is the direct one
  const auto isUnchanged = [&](const ChainStep& step) {
    return step.decision.direction == RoundingDirection::Exact && !step.decision.noSuchValue;
  };
  // A finer format in between keeps what it is given, and so differs from the direct code without deciding anything.
  const auto deciding = std::find_if_not(steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end(), isUnchanged);
  Divergence divergence;
  divergence.step = deciding == steps.end() ? first : static_cast<std::size_t>(deciding - steps.begin());
  divergence.madeBy = divergence.step - 1;
  while (divergence.madeBy > 0 && isUnchanged(steps[divergence.madeBy])) --divergence.madeBy;
  divergence.cause = causeOf(number, steps[divergence.madeBy], steps[divergence.step]);
  return divergence;
}

}  // namespace

const char* toString(DivergenceCause cause) {
  constexpr std::array kNames = {"tie_made", "moved_across", "precision_lost", "overflow", "underflow"};
  return kNames[static_cast<std::size_t>(cause)];
}

ConversionChain convertThrough(const ExactNumber& number, std::span<const ChainLink> links) {
  ConversionChain chain;
  ExactNumber current = number;
  for (const ChainLink& link : links) {
    ChainStep step;
    step.decision = decideRounding(*link.format, current, link.rule, link.overflow, link.scale);
    step.direct = decideRounding(*link.format, number, link.rule, link.overflow, link.scale);
    step.code = step.decision.code;
    step.value = decodeExact(*link.format, step.code, link.scale);
    step.stepError = difference(step.value, current);
    step.totalError = difference(step.value, number);
    current = step.value;
    chain.steps.push_back(std::move(step));
  }
  chain.divergence = divergenceOf(number, links, chain.steps);
  return chain;
}

}  // namespace core::numeric
