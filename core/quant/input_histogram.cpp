#include "core/quant/input_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace core::quant {

namespace {
constexpr float kSmallestLimit = std::numeric_limits<float>::min() * static_cast<float>(InputHistogram::kBins);
constexpr float kLargestLimit = 0x1p127F;
}  // namespace

std::uint64_t InputHistogram::total() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

void InputHistogram::growTo(float magnitude) {
  const float clamped = std::clamp(magnitude, kSmallestLimit, kLargestLimit);
  const float wanted = std::min(std::exp2(std::ceil(std::log2(clamped))), kLargestLimit);
  if (counts.empty()) {
    counts.assign(kBins, 0);
    limit = wanted;
  }
  for (; limit < wanted; limit *= 2.0F) {  // two bins become one, around the middle
    std::vector<std::uint64_t> merged(kBins, 0);
    for (std::size_t i = 0; i < kBins; ++i) merged[kBins / 4 + i / 2] += counts[i];
    counts = std::move(merged);
  }
}

void InputHistogram::add(std::span<const float> values) {
  float lowest = std::numeric_limits<float>::infinity(), highest = -lowest;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  if (lowest > highest) {  // nothing finite
    nonFinite += values.size();
    return;
  }
  min = isEmpty() ? lowest : std::min(min, lowest);
  max = isEmpty() ? highest : std::max(max, highest);
  growTo(std::max(-lowest, highest));
  const double perUnit = static_cast<double>(kBins) / (2.0 * static_cast<double>(limit));
  for (const float value : values) {
    if (!std::isfinite(value)) {
      ++nonFinite;
      continue;
    }
    const double at = (static_cast<double>(value) + static_cast<double>(limit)) * perUnit;
    ++counts[static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(kBins - 1)))];
  }
}

}  // namespace core::quant
