#include "core/evaluate/block_statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace core::evaluate {

namespace {

WorstPosition placed(const TokenComparison& token, const Passage& passage, std::uint64_t number, std::uint32_t at) {
  return {.block = passage.block,
          .passage = static_cast<std::uint32_t>(number),
          .position = at,
          .token = passage.tokens[at + 1],
          .kl = token.kl,
          .inReference = std::exp(-token.nllReference),
          .inCompared = std::exp(-token.nllCompared),
          .referenceTop = token.referenceTop,
          .comparedTop = token.comparedTop};
}

}  // namespace

void BlockStatistics::add(const Passage& passage, std::span<const TokenComparison> scores) {
  assert(scores.size() == passage.scored());
  for (const TokenComparison& token : scores) {
    const double change = token.deltaP();
    nllReference += token.nllReference, nllCompared += token.nllCompared;
    kl += token.kl, deltaP += change, deltaP2 += change * change;
    sameTop += token.sameTop ? 1 : 0;
    klOfTokens.push_back(static_cast<float>(token.kl));
    deltaPOfTokens.push_back(static_cast<float>(change));
  }
  for (const PositionRange& answer : passage.answers) {
    const auto own = scores.first(answer.count());
    for (std::uint32_t i = 0; i < answer.count(); ++i) worst.add(placed(own[i], passage, passages, answer.first + i));
    scores = scores.subspan(answer.count());
    const bool wasRight = std::ranges::all_of(own, &TokenComparison::referenceRight);
    const bool isRight = std::ranges::all_of(own, &TokenComparison::comparedRight);
    ++answers;
    rightInReference += wasRight ? 1 : 0;
    turnedWrong += wasRight && !isRight ? 1 : 0;
    turnedRight += !wasRight && isRight ? 1 : 0;
  }
  ++passages;
}

}  // namespace core::evaluate
