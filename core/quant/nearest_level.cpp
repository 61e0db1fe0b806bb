#include "core/quant/nearest_level.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/base/multiversion.h"

namespace core::quant {

namespace {

struct Level {
  float value;
  std::uint8_t code;
};

bool tieGoesUp(const Level& lower, const Level& upper, Ties ties) {
  if (ties == Ties::ToEvenCode) return upper.code % 2 == 0 && lower.code % 2 != 0;
  return ties == Ties::ToSmallerMagnitude && std::fabs(upper.value) < std::fabs(lower.value);
}

/// The float t for which x > t decides between two neighbours.
float threshold(const Level& lower, const Level& upper, Ties ties) {
  const double middle = (static_cast<double>(lower.value) + static_cast<double>(upper.value)) / 2;
  float below = static_cast<float>(middle);
  const bool isExact = static_cast<double>(below) == middle;
  if (static_cast<double>(below) > middle || (isExact && tieGoesUp(lower, upper, ties)))
    below = std::nextafter(below, -std::numeric_limits<float>::infinity());
  return below;
}

}  // namespace

NearestLevel::NearestLevel(std::span<const float> levels, Ties ties) {
  std::vector<Level> sorted;
  for (std::size_t code = 0; code < levels.size(); ++code)
    if (std::isfinite(levels[code])) sorted.push_back({levels[code], static_cast<std::uint8_t>(code)});
  std::stable_sort(sorted.begin(), sorted.end(), [](const Level& a, const Level& b) { return a.value < b.value; });
  sorted.erase(
      std::unique(sorted.begin(), sorted.end(), [](const Level& a, const Level& b) { return a.value == b.value; }),
      sorted.end());
  const std::size_t padded = std::bit_ceil(sorted.size());
  m_thresholds.assign(padded - 1, std::numeric_limits<float>::infinity());
  m_codes.assign(padded, sorted.back().code);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    m_codes[i] = sorted[i].code;
    if (i + 1 < sorted.size()) m_thresholds[i] = threshold(sorted[i], sorted[i + 1], ties);
  }
}

std::uint8_t NearestLevel::code(float value) const {
  std::size_t rank = 0;
  for (std::size_t step = m_codes.size() / 2; step != 0; step /= 2)
    rank += value > m_thresholds[rank + step - 1] ? step : 0;
  return m_codes[rank];
}

void NearestLevel::codes(const float* values, std::size_t count, float factor, std::uint8_t* codes) const {
  for (std::size_t i = 0; i < count; ++i) codes[i] = code(values[i] * factor);
}

}  // namespace core::quant
