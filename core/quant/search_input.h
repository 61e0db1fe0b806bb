#pragma once
#include <array>
#include <cmath>

#include "core/quant/finite_values.h"

namespace core::quant {

/// What an encoder that searches for scales works on: finite values, and weights of a size that none of its float32
/// sums overflows. As a rule these are the caller's own numbers, so that the search rounds as its reference does.
struct SearchInput {
  const float* values;
  const float* importance;  ///< null where the caller gave none
  float unit;               ///< what 1 in `values` means: the scales that are found have to be multiplied by it
};

/// Room for the numbers of a block that cannot be taken as they are.
template <std::size_t kValues>
struct SearchCopy {
  std::array<float, kValues> values;
  std::array<float, kValues> importance;
};

constexpr float kLargestSearched = 0x1p24F;
constexpr float kLargestImportance = 0x1p40F;
constexpr float kSmallestImportance = 0x1p-40F;

/// Copies finite values (as every encoder makes them finite) divided by a power of two; returns that power.
inline float copySearchable(const float* values, std::size_t count, float* out) {
  const float largest = maxFiniteMagnitude(values, count);
  copyFinite(values, count, largest, out);
  if (largest < kLargestSearched) return 1.0F;
  const int exponent = std::ilogb(largest);
  for (std::size_t i = 0; i < count; ++i) out[i] = std::ldexp(out[i], -exponent);
  return std::ldexp(1.0F, exponent);
}

/// Copies weights, of which only the ratios count, divided by a power of four that makes the largest about 1.
inline void copyNormalized(const float* importance, std::size_t count, float largest, float* out) {
  const int exponent = std::ilogb(largest) / 2 * 2;
  for (std::size_t i = 0; i < count; ++i) out[i] = std::ldexp(importance[i], -exponent);
}

/// The block as it is, or what the search can take instead, in `copy`.
template <std::size_t kValues>
QS_FORCE_INLINE SearchInput searchInput(const float* values, const float* importance, SearchCopy<kValues>& copy) {
  SearchInput result{values, importance, 1.0F};
  if (maxMagnitudeBits(values, kValues) >= std::bit_cast<std::uint32_t>(kLargestSearched)) {
    result.unit = copySearchable(values, kValues, copy.values.data());
    result.values = copy.values.data();
  }
  if (importance == nullptr) return result;
  const float largest = std::bit_cast<float>(maxMagnitudeBits(importance, kValues));
  if (largest > 0.0F && (largest > kLargestImportance || largest < kSmallestImportance)) {
    copyNormalized(importance, kValues, largest, copy.importance.data());
    result.importance = copy.importance.data();
  }
  return result;
}

/// Σ x², one addend after the other.
QS_FORCE_INLINE float sumOfSquares(const float* values, std::size_t count) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < count; ++i) sum += values[i] * values[i];
  return sum;
}

/// Nearest integer of |x| < 2^22, ties to even; anything else gives some integer of 23 bits.
QS_FORCE_INLINE std::int32_t nearestInteger(float x) {
  return (std::bit_cast<std::int32_t>(x + 0x1.8p23F) & 0x7fffff) - 0x400000;
}

}  // namespace core::quant
