#include "core/train/qat/level_histogram.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace core::train {

namespace {

using quant::CodeBook;
using quant::Uniform;

void divide(LevelHistogram& histogram, double from, double to, std::size_t bins) {
  for (std::size_t i = 0; i <= bins; ++i)
    histogram.edges.push_back(from + (to - from) * static_cast<double>(i) / static_cast<double>(bins));
  histogram.counts.assign(bins, 0);
}

void count(LevelHistogram& histogram, float place) {
  const double from = histogram.edges.front(), to = histogram.edges.back();
  const auto bins = static_cast<double>(histogram.counts.size());
  const double bin = std::floor((static_cast<double>(place) - from) / (to - from) * bins);
  ++histogram.counts[static_cast<std::size_t>(std::clamp(bin, 0.0, bins - 1.0))];
}

/// From the level next to it. @pre levels ascend, and there is one
double distance(std::span<const double> levels, double place) {
  const auto above = std::ranges::lower_bound(levels, place);
  if (above == levels.begin()) return levels.front() - place;
  if (above == levels.end()) return place - levels.back();
  return std::min(*above - place, place - *std::prev(above));
}

/// Counts placeOf(weight, group) of every weight of a group whose scale is not 0.
float scaleOf(const quant::Uniform& codes, std::uint64_t group) { return codes.scales[group]; }
float scaleOf(const quant::CodeBook& codes, std::uint64_t group) { return codes.scale(group); }

template <typename Codes, typename Place>
void countGroups(LevelHistogram& histogram, const Codes& codes, std::uint64_t width, std::span<const float> latent,
                 const Place& placeOf) {
  double distances = 0.0, counted = 0.0;
  for (std::uint64_t row = 0; row * width < latent.size(); ++row)
    quant::forEachRun(codes.grouping, width, row, [&](std::uint64_t at, std::uint64_t n, std::uint64_t g) {
      const std::span<const float> weights = latent.subspan(row * width + at, n);
      if (scaleOf(codes, g) == 0.0F) {
        histogram.leftOut += n;
        return;
      }
      for (const float weight : weights) {
        const float place = placeOf(weight, g);
        count(histogram, place);
        distances += distance(histogram.levels, static_cast<double>(place));
      }
      counted += static_cast<double>(n);
    });
  if (counted > 0.0) histogram.meanDistance = distances / counted;
}

LevelHistogram ofSteps(const Uniform& codes, std::uint64_t width, std::span<const float> latent, std::size_t bins) {
  LevelHistogram histogram;
  histogram.axis = LevelAxis::Steps;
  const std::int32_t half = 1 << (codes.bits - 1);
  // Symmetric levels leave one code out.
  const std::int32_t top = codes.qmin == 1 - half ? half - 1 : codes.qmin + 2 * half - 1;
  for (std::int32_t q = codes.qmin; q <= top; ++q) histogram.levels.push_back(static_cast<double>(q));
  const std::size_t spaces = histogram.levels.size() + 1;  // one step more on either side
  divide(histogram, codes.qmin - 1, top + 1, spaces * std::max<std::size_t>(1, bins / spaces));
  countGroups(histogram, codes, width, latent, [&](float weight, std::uint64_t g) {
    return weight / codes.scales[g] + (codes.zeroPoints.empty() ? 0.0F : codes.zeroPoints[g]);
  });
  return histogram;
}

LevelHistogram ofScales(const CodeBook& codes, std::uint64_t width, std::span<const float> latent, std::size_t bins) {
  LevelHistogram histogram;
  histogram.axis = LevelAxis::Scales;
  for (const float level : codes.levels)
    if (std::isfinite(level)) histogram.levels.push_back(static_cast<double>(level));
  std::ranges::sort(histogram.levels);
  const auto last = std::ranges::unique(histogram.levels);
  histogram.levels.erase(last.begin(), last.end());
  const double lowest = histogram.levels.front(), highest = histogram.levels.back();
  const double margin = 0.05 * (highest - lowest);
  divide(histogram, lowest - margin, highest + margin, std::max(bins, histogram.levels.size()));
  countGroups(histogram, codes, width, latent, [&](float weight, std::uint64_t g) { return weight / codes.scale(g); });
  return histogram;
}

LevelHistogram ofWeights(std::span<const float> latent, std::size_t bins) {
  LevelHistogram histogram;
  float largest = 0.0F;
  for (const float weight : latent) largest = std::max(largest, std::fabs(weight));
  int exponent = 0;
  std::frexp(largest, &exponent);
  const double edge = largest == 0.0F ? 1.0 : std::ldexp(1.0, exponent);
  divide(histogram, -edge, edge, std::max<std::size_t>(1, bins));
  for (const float weight : latent) count(histogram, weight);
  return histogram;
}

}  // namespace

LevelHistogram levelHistogram(const quant::QuantizedTensor& tensor, std::span<const float> latent, std::size_t bins) {
  const std::uint64_t width = tensor.rowValues();
  if (const auto* codes = tensor.as<Uniform>()) return ofSteps(*codes, width, latent, bins);
  if (const auto* codes = tensor.as<CodeBook>(); codes != nullptr && !codes->levels.empty())
    return ofScales(*codes, width, latent, bins);
  return ofWeights(latent, bins);
}

}  // namespace core::train
