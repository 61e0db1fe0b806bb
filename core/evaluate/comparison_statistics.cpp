#include "core/evaluate/comparison_statistics.h"

#include <cassert>
#include <cmath>
#include <numeric>

#include "core/evaluate/block_bootstrap.h"

namespace core::evaluate {

namespace {

/// e to an estimate.
Estimate exponential(const Estimate& of) {
  const double value = std::exp(of.value);
  return {value, value * of.error};
}

/// The square root of an estimate; its error where it is 0 is 0, as nothing was there.
Estimate squareRoot(const Estimate& of) {
  const double value = std::sqrt(of.value);
  return {value, value > 0 ? of.error / (2 * value) : of.error};
}

/// One number per block.
template <typename Of>
std::vector<double> perBlock(std::span<const BlockStatistics> blocks, const Of& of) {
  std::vector<double> numbers;
  for (const BlockStatistics& block : blocks) numbers.push_back(static_cast<double>(of(block)));
  return numbers;
}

void addQuantiles(std::span<const BlockStatistics> blocks, QuantileErrors errors, ComparisonSummary& summary) {
  constexpr std::array kKlShares{0.0, 0.5, 0.9, 0.99, 0.999, 1.0};
  std::vector<std::span<const float>> kl, deltaP;
  for (const BlockStatistics& block : blocks) {
    kl.emplace_back(block.klOfTokens);
    deltaP.emplace_back(block.deltaPOfTokens);
  }
  const std::size_t replicates = errors == QuantileErrors::Compute ? kReplicates : 0;
  const auto ofKl = blockQuantiles(kl, kKlShares, replicates);
  summary.klMin = ofKl[0], summary.klMedian = ofKl[1], summary.klP90 = ofKl[2];
  summary.klP99 = ofKl[3], summary.klP999 = ofKl[4], summary.klMax = ofKl[5];
  const auto ofDeltaP = blockQuantiles(deltaP, ComparisonSummary::kDeltaPShares, replicates);
  std::copy(ofDeltaP.begin(), ofDeltaP.end(), summary.deltaPQuantiles.begin());
}

}  // namespace

Estimate ratioEstimate(std::span<const double> sums, std::span<const double> counts) {
  assert(sums.size() == counts.size());
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (total == 0) return {};
  Estimate ratio{std::accumulate(sums.begin(), sums.end(), 0.0) / total, Estimate().error};
  if (sums.size() < 2) return ratio;
  double squares = 0;
  for (std::size_t b = 0; b < sums.size(); ++b) {
    const double residual = sums[b] - ratio.value * counts[b];
    squares += residual * residual;
  }
  const auto blocks = static_cast<double>(sums.size());
  ratio.error = std::sqrt(squares * blocks / (blocks - 1)) / total;
  return ratio;
}

ComparisonSummary ComparisonStatistics::summary(QuantileErrors errors) const {
  ComparisonSummary result;
  result.blocks = m_blocks.size();
  const auto sums = [&](const auto& of) { return perBlock(m_blocks, of); };
  const auto tokens = sums([](const BlockStatistics& block) { return block.tokens(); });
  const auto answers = sums([](const BlockStatistics& block) { return block.answers; });
  for (const BlockStatistics& block : m_blocks) result.tokens += block.tokens(), result.answers += block.answers;
  const auto perToken = [&](const auto& of) { return ratioEstimate(sums(of), tokens); };
  using Block = const BlockStatistics&;
  result.perplexityReference = exponential(perToken([](Block b) { return b.nllReference; }));
  result.perplexity = exponential(perToken([](Block b) { return b.nllCompared; }));
  result.logRatio = perToken([](Block b) { return b.nllCompared - b.nllReference; });
  result.perplexityRatio = exponential(result.logRatio);
  result.klMean = perToken([](Block b) { return b.kl; });
  result.sameTop = perToken([](Block b) { return b.sameTop; });
  result.meanDeltaP = perToken([](Block b) { return b.deltaP; });
  result.rmsDeltaP = squareRoot(perToken([](Block b) { return b.deltaP2; }));
  result.flips = ratioEstimate(sums([](Block b) { return b.turnedWrong + b.turnedRight; }), answers);
  result.turnedWrong = ratioEstimate(sums([](Block b) { return b.turnedWrong; }), answers);
  addQuantiles(m_blocks, errors, result);
  return result;
}

PairedComparison comparePaired(std::span<const BlockStatistics> first, std::span<const BlockStatistics> second) {
  assert(first.size() == second.size());
  std::vector<double> kl, nll, tokens;
  for (std::size_t b = 0; b < first.size(); ++b) {
    assert(first[b].tokens() == second[b].tokens());
    kl.push_back(first[b].kl - second[b].kl);
    nll.push_back(first[b].nllCompared - second[b].nllCompared);
    tokens.push_back(static_cast<double>(first[b].tokens()));
  }
  return {ratioEstimate(kl, tokens), ratioEstimate(nll, tokens)};
}

}  // namespace core::evaluate
