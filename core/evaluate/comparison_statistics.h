#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/evaluate/block_statistics.h"
#include "core/evaluate/estimate.h"
#include "core/evaluate/verdict.h"

namespace core::evaluate {

/// The figures of a comparison, each with its standard error over blocks of text. What llama-perplexity
/// --kl-divergence measures, too, is the same figure (but for its errors, which take tokens as samples).
struct ComparisonSummary {
  std::size_t blocks = 0;
  std::uint64_t tokens = 0;   ///< scored
  std::uint64_t answers = 0;  ///< what is right or wrong as a whole: single tokens of running text

  Estimate perplexityReference;  ///< exp(mean −ln p)
  Estimate perplexity;           ///< of the compared model
  Estimate perplexityRatio;      ///< compared / reference, from differences of the same blocks
  Estimate logRatio;             ///< its logarithm: mean difference of −ln p
  Estimate klMean;               ///< nats
  Estimate klMin, klMedian, klP90, klP99, klP999, klMax;
  Estimate sameTop;    ///< share of tokens, 0 … 1
  Estimate rmsDeltaP;  ///< √ mean Δp², Δp = p(compared) − p(reference) of the text's token, −1 … 1
  Estimate meanDeltaP;
  Estimate flips;        ///< share of answers that turn from right to wrong or from wrong to right, greedily
  Estimate turnedWrong;  ///< the former alone

  /// Of Δp, as llama-perplexity lists them.
  static constexpr std::array kDeltaPShares{0.0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0};
  std::array<Estimate, kDeltaPShares.size()> deltaPQuantiles;
};

/// Whether the errors of quantiles are computed, which takes a moment (a pass over all tokens per replicate).
enum class QuantileErrors : std::uint8_t { Leave, Compute };

/// Blocks of text that two models have read. Statistics of parts are merged by adding their blocks.
class ComparisonStatistics {
 public:
  void add(BlockStatistics block) { m_blocks.push_back(std::move(block)); }
  void merge(const ComparisonStatistics& other) {
    m_blocks.insert(m_blocks.end(), other.m_blocks.begin(), other.m_blocks.end());
  }
  std::span<const BlockStatistics> blocks() const { return m_blocks; }
  /// The positions at which the two are furthest apart, the worst first. @param most at most WorstPositions::kMost
  std::vector<WorstPosition> worst(std::size_t most = WorstPositions::kMost) const;

  /// All figures; NaN without a scored token, errors NaN with less than two blocks.
  ///
  /// Means over tokens, R = Σ s_b / Σ n_b of the blocks' sums s and counts n, are ratio estimates; their standard error
  /// is that of BlockRatio, for blocks of one token llama-perplexity's. Functions of a mean have their derivative times
  /// its error.
  /// Quantiles: quantileErrors() of block_bootstrap.h.
  ComparisonSummary summary(QuantileErrors errors = QuantileErrors::Compute) const;

 private:
  std::vector<BlockStatistics> m_blocks;
};

/// Two compared models against each other, on the blocks that both have read with the same reference.
struct PairedComparison {
  Estimate kl;        ///< mean KL of the first less that of the second: below 0 the first is nearer to the reference
  Estimate logRatio;  ///< ln(perplexity of the first / of the second)
};
/// From the differences within each block, so that what makes a text hard or easy cancels.
/// @pre as many blocks of as many tokens in both
PairedComparison comparePaired(std::span<const BlockStatistics> first, std::span<const BlockStatistics> second);

}  // namespace core::evaluate
