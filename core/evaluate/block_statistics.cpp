#include "core/evaluate/block_statistics.h"

#include <algorithm>
#include <cassert>

namespace core::evaluate {

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
    scores = scores.subspan(answer.count());
    const bool wasRight = std::ranges::all_of(own, &TokenComparison::referenceRight);
    const bool isRight = std::ranges::all_of(own, &TokenComparison::comparedRight);
    ++answers;
    rightInReference += wasRight ? 1 : 0;
    turnedWrong += wasRight && !isRight ? 1 : 0;
    turnedRight += !wasRight && isRight ? 1 : 0;
  }
}

}  // namespace core::evaluate
