#include "core/quant/input_range.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace core::quant {

namespace {

constexpr std::size_t kBins = InputHistogram::kBins;
constexpr std::size_t kMagnitudes = kBins / 2;  // bins of |x|
constexpr std::size_t kLevels = 128;            // of |x| in a signed byte

/// Where a share of all values lies below, from the left edge of the first bin on, in bins.
double quantile(std::span<const std::uint64_t> counts, double share) {
  double total = 0.0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  double left = share * total;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto count = static_cast<double>(counts[i]);
    if (count > 0.0 && left <= count) return static_cast<double>(i) + std::max(left, 0.0) / count;
    left -= count;
  }
  return static_cast<double>(counts.size());
}

/// Bins of |x|, from 0 on.
std::vector<std::uint64_t> magnitudesOf(const InputHistogram& inputs) {
  std::vector<std::uint64_t> counts(kMagnitudes);
  for (std::size_t i = 0; i < kMagnitudes; ++i)
    counts[i] = inputs.counts[kMagnitudes + i] + inputs.counts[kMagnitudes - 1 - i];
  return counts;
}

/// KL(P ‖ Q) for a threshold of so many bins. @param beyond values past it
double divergence(std::span<const std::uint64_t> counts, std::size_t bins, std::uint64_t beyond) {
  if (beyond != 0 && counts[bins - 1] == 0) return std::numeric_limits<double>::infinity();
  std::array<double, kLevels> sums{}, filled{};
  const auto levelOf = [bins](std::size_t i) { return i * kLevels / bins; };
  double inside = 0.0;
  for (std::size_t i = 0; i < bins; ++i) {
    if (counts[i] == 0) continue;
    sums[levelOf(i)] += static_cast<double>(counts[i]);
    filled[levelOf(i)] += 1.0;
    inside += static_cast<double>(counts[i]);
  }
  const double total = inside + static_cast<double>(beyond);
  double result = 0.0;
  for (std::size_t i = 0; i < bins; ++i) {
    if (counts[i] == 0) continue;
    const double p = (static_cast<double>(counts[i]) + (i + 1 == bins ? static_cast<double>(beyond) : 0.0)) / total;
    const double q = sums[levelOf(i)] / filled[levelOf(i)] / inside;
    result += p * std::log(p / q);
  }
  return result;
}

/// Bins of |x| below the best threshold.
std::size_t entropyBins(std::span<const std::uint64_t> counts) {
  std::size_t used = kMagnitudes;
  while (used > kLevels && counts[used - 1] == 0) --used;
  std::uint64_t beyond = 0;
  for (std::size_t i = kLevels; i < used; ++i) beyond += counts[i];
  std::size_t best = used;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t bins = kLevels; bins <= used; ++bins) {
    if (bins > kLevels) beyond -= counts[bins - 1];
    const double found = divergence(counts, bins, beyond);
    if (found >= least) continue;
    least = found;
    best = bins;
  }
  return best;
}

InputRange within(const InputRange& range, const InputRange& all) {
  return {std::clamp(range.low, all.low, 0.0F), std::clamp(range.high, 0.0F, all.high)};
}

InputRange symmetric(double bins, const InputHistogram& inputs) {
  const auto limit = static_cast<float>(bins * static_cast<double>(inputs.binWidth()));
  return {-limit, limit};
}

}  // namespace

InputRange inputRange(const Activations& activations, const InputHistogram& inputs) {
  const InputRange all{std::min(inputs.min, 0.0F), std::max(inputs.max, 0.0F)};
  switch (activations.range) {
    case ActivationRange::MinMax:
      return all;
    case ActivationRange::Percentile: {
      const double share = activations.percentile / 100.0;
      if (activations.name == ActivationName::Fp8Static)
        return within(symmetric(quantile(magnitudesOf(inputs), share), inputs), all);
      const auto at = [&](double part) {
        return static_cast<float>((quantile(inputs.counts, part) - static_cast<double>(kMagnitudes)) *
                                  static_cast<double>(inputs.binWidth()));
      };
      return within({at(1.0 - share), at(share)}, all);
    }
    case ActivationRange::Entropy:
      return within(symmetric(static_cast<double>(entropyBins(magnitudesOf(inputs))), inputs), all);
  }
  return all;
}

}  // namespace core::quant
