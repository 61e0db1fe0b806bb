#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/base/multiversion.h"
#include "core/numeric/half.h"

namespace core::quant {

/// What every encoder does about values that are not finite: they take no part in a block's range; NaN becomes 0 and
/// ±Inf the block's largest finite magnitude. One damaged weight then costs one value, not its whole block.

constexpr std::uint32_t kMagnitudeMask = 0x7fffffffU;
constexpr std::uint32_t kInfinityBits = 0x7f800000U;

/// Largest magnitude as bits; at least kInfinityBits when a value is not finite.
QS_FORCE_INLINE std::uint32_t maxMagnitudeBits(const float* values, std::size_t count) {
  std::uint32_t result = 0;
  for (std::size_t i = 0; i < count; ++i)
    result = std::max(result, std::bit_cast<std::uint32_t>(values[i]) & kMagnitudeMask);
  return result;
}

/// Largest finite magnitude; 0 when no value is finite.
inline float maxFiniteMagnitude(const float* values, std::size_t count) {
  std::uint32_t result = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(values[i]) & kMagnitudeMask;
    result = std::max(result, magnitude < kInfinityBits ? magnitude : 0U);
  }
  return std::bit_cast<float>(result);
}

/// Copies with NaN as 0 and ±Inf as ±limit.
inline void copyFinite(const float* values, std::size_t count, float limit, float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(values[i]) & kMagnitudeMask;
    if (magnitude < kInfinityBits)
      out[i] = values[i];
    else if (magnitude > kInfinityBits)
      out[i] = 0.0F;
    else
      out[i] = values[i] < 0.0F ? -limit : limit;
  }
}

/// The block itself, or a finite copy of it in `copy`. @param magnitude receives the largest finite magnitude as bits
template <std::size_t count>
QS_FORCE_INLINE const float* finiteBlock(const float* values, std::array<float, count>& copy,
                                         std::uint32_t& magnitude) {
  magnitude = maxMagnitudeBits(values, count);
  if (magnitude < kInfinityBits) return values;
  const float limit = maxFiniteMagnitude(values, count);
  copyFinite(values, count, limit, copy.data());
  magnitude = std::bit_cast<std::uint32_t>(limit);
  return copy.data();
}

/// 1/scale, or 0 where it has no finite value, so that codes stay inside their integers.
QS_FORCE_INLINE float safeReciprocal(float scale) {
  const float reciprocal = scale != 0.0F ? 1.0F / scale : 0.0F;
  return std::bit_cast<std::uint32_t>(reciprocal) << 1 < kInfinityBits << 1 ? reciprocal : 0.0F;
}

/// More than any block type can store: FP16 scale · integer scale · code stays below 2^28. Values beyond count as this,
/// so that sums of squares stay finite.
constexpr float kLargestStorable = 0x1p31F;

/// Copies with every value finite and at most kLargestStorable in magnitude.
QS_FORCE_INLINE void copyStorable(const float* values, std::size_t count, float* out) {
  if (maxMagnitudeBits(values, count) <= std::bit_cast<std::uint32_t>(kLargestStorable)) {
    std::copy_n(values, count, out);
    return;
  }
  const float limit = std::min(maxFiniteMagnitude(values, count), kLargestStorable);
  copyFinite(values, count, limit, out);
  for (std::size_t i = 0; i < count; ++i) out[i] = std::clamp(out[i], -limit, limit);
}

constexpr float kLargestHalf = 65504.0F;

/// A block scale as FP16, kept finite: beyond 65504 it becomes ±65504.
inline std::uint16_t finiteHalf(float scale) {
  const std::uint16_t half = numeric::floatToHalf(scale);
  return (half & 0x7fffU) == 0x7c00U ? static_cast<std::uint16_t>(half - 1U) : half;
}

}  // namespace core::quant
