#include "core/evaluate/comparison_statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/evaluate/block_bootstrap.h"

namespace core::evaluate {

namespace {

/// e to an estimate.
Estimate exponential(const Estimate& of) {
  const double value = std::exp(of.value);
  return {value, value * of.error};
}

/// Σ of / Σ per over the blocks.
template <typename Of, typename Per>
BlockRatio ratioOf(std::span<const BlockStatistics> blocks, const Of& of, const Per& per) {
  BlockRatio ratio;
  for (const BlockStatistics& block : blocks)
    ratio.add(static_cast<double>(of(block)), static_cast<double>(per(block)));
  return ratio;
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

ComparisonSummary ComparisonStatistics::summary(QuantileErrors errors) const {
  ComparisonSummary result;
  result.blocks = m_blocks.size();
  for (const BlockStatistics& block : m_blocks) result.tokens += block.tokens(), result.answers += block.answers;
  using Block = const BlockStatistics&;
  const auto perToken = [&](const auto& of) { return ratioOf(m_blocks, of, [](Block b) { return b.tokens(); }); };
  const auto perAnswer = [&](const auto& of) { return ratioOf(m_blocks, of, [](Block b) { return b.answers; }); };
  result.perplexityReference = exponential(perToken([](Block b) { return b.nllReference; }).ratio());
  result.perplexity = exponential(perToken([](Block b) { return b.nllCompared; }).ratio());
  result.logRatio = perToken([](Block b) { return b.nllCompared - b.nllReference; }).ratio();
  result.perplexityRatio = exponential(result.logRatio);
  result.klMean = perToken([](Block b) { return b.kl; }).ratio();
  result.sameTop = perToken([](Block b) { return b.sameTop; }).ratio();
  result.meanDeltaP = perToken([](Block b) { return b.deltaP; }).ratio();
  result.rmsDeltaP = perToken([](Block b) { return b.deltaP2; }).root();
  result.flips = perAnswer([](Block b) { return b.turnedWrong + b.turnedRight; }).ratio();
  result.turnedWrong = perAnswer([](Block b) { return b.turnedWrong; }).ratio();
  addQuantiles(m_blocks, errors, result);
  return result;
}

std::vector<WorstPosition> ComparisonStatistics::worst(std::size_t most) const {
  WorstPositions all(std::min(most, WorstPositions::kMost));
  for (const BlockStatistics& block : m_blocks) all.add(block.worst);
  return all.sorted();
}

PairedComparison comparePaired(std::span<const BlockStatistics> first, std::span<const BlockStatistics> second) {
  assert(std::ranges::equal(first, second, {}, &BlockStatistics::tokens, &BlockStatistics::tokens));
  using Block = const BlockStatistics&;
  const auto difference = [&](const auto& of) {
    const auto perToken = [&](std::span<const BlockStatistics> blocks) {
      return ratioOf(blocks, of, [](Block b) { return b.tokens(); });
    };
    return pairedDifference(perToken(first), perToken(second));
  };
  return {difference([](Block b) { return b.kl; }), difference([](Block b) { return b.nllCompared; })};
}

}  // namespace core::evaluate
