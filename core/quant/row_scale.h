#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "core/quant/finite_values.h"
#include "core/quant/uniform_code.h"

namespace core::quant {

// How rows of activations become bytes or FP8, as every device does it: with correctly rounded products and integers,
// so that all make the same bits.

/// Bits of |x|: they order as the magnitudes do, infinity and NaN on top.
QS_FORCE_INLINE std::uint32_t magnitudeBits(float x) { return std::bit_cast<std::uint32_t>(x) & kMagnitudeMask; }

inline constexpr float kLargestE4M3 = 448.0F;  ///< of FP8 E4M3 (OCP)
/// A row whose largest magnitude is below 2^−100 counts as zero: scales and their inverses then never come near the
/// subnormal numbers, which some devices take for zero.
inline constexpr std::uint32_t kLeastBits = (127U - 100U) << 23;

/// The scale of a row and what its values are multiplied by.
struct RowScale {
  float scale = 0.0F;    ///< of a code; NaN for a row with a value that is no number, so that this is not hidden
  float inverse = 0.0F;  ///< fl(largest / absmax); 0 where all codes are 0
};

/// scale = absmax / largest, rounded once; `largest` codes stand for absmax.
inline RowScale rowScale(std::uint32_t largestBits, float largest) {
  if (largestBits >= kInfinityBits) return {std::numeric_limits<float>::quiet_NaN(), 0.0F};
  if (largestBits < kLeastBits) return {};
  const auto absmax = std::bit_cast<float>(largestBits);
  return {absmax / largest, largest / absmax};
}

/// Of a scale that is known before: a row is only looked at for what is no number.
inline RowScale staticScale(std::uint32_t largestBits, float scale) {
  if (largestBits >= kInfinityBits) return {std::numeric_limits<float>::quiet_NaN(), 0.0F};
  return {scale, scale == 0.0F ? 0.0F : 1.0F / scale};
}

/// The nearest number of FP8 E4M3 (OCP, 448 the largest), ties to even; beyond, ±448.
inline float nearestE4M3(float x) {
  constexpr std::uint32_t kSign = 0x80000000U, kLargest = 0x43E00000U /* 448 */, kLeastNormal = 0x3C800000U /* 2^−6 */;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), magnitude = bits & ~kSign;
  std::uint32_t rounded = (magnitude + 0x7FFFFU + ((magnitude >> 20) & 1U)) & 0xFFF00000U;  // 3 bits of fraction stay
  if (magnitude < kLeastNormal)                                                             // multiples of 2^−9
    rounded = std::bit_cast<std::uint32_t>(roundToEven(std::bit_cast<float>(magnitude) * 512.0F) * (1.0F / 512.0F));
  return std::bit_cast<float>(std::min(rounded, kLargest) | (bits & kSign));
}

}  // namespace core::quant
