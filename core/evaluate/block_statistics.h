#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/evaluate/passage.h"
#include "core/evaluate/row_comparison.h"
#include "core/evaluate/worst_positions.h"

namespace core::evaluate {

/// What two models made of one block of text: sums, and of every token what quantiles need (8 bytes). Blocks (windows,
/// documents), not tokens, are the samples of standard errors: tokens of a text depend on each other.
struct BlockStatistics {
  double nllReference = 0, nllCompared = 0;  ///< Σ −ln p
  double kl = 0, deltaP = 0, deltaP2 = 0;    ///< Σ KL, Σ Δp, Σ Δp²
  std::uint64_t sameTop = 0;                 ///< tokens
  /// Answers (single tokens of running text) the reference has right, those that turn wrong, those that turn right.
  std::uint64_t answers = 0, rightInReference = 0, turnedWrong = 0, turnedRight = 0;
  double seconds = 0, secondsOfReference = 0;  ///< they computed for the block
  std::uint64_t tokensRead = 0;                ///< by each
  std::uint64_t passages = 0;
  std::vector<float> klOfTokens, deltaPOfTokens;
  WorstPositions worst;

  std::uint64_t tokens() const { return klOfTokens.size(); }
  /// Adds a passage. @param scores of its scored positions, in order
  void add(const Passage& passage, std::span<const TokenComparison> scores);
};

}  // namespace core::evaluate
