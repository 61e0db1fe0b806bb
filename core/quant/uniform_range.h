#pragma once
#include <cstddef>
#include <cstdint>

#include "core/base/job_context.h"
#include "core/base/multiversion.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Nearest even for |x| < 2^22: in the binade of 1.5 · 2^23 the ulp is 1, so the addition rounds.
QS_FORCE_INLINE float roundToEven(float x) { return (x + 12582912.0F) - 12582912.0F; }

/// The level of x on an even grid: x / scale rounded to nearest even, within lowest … highest. NaN gives
/// level 0. The code is level + zero-point. @pre scale ≠ 0, levels below 2^22
QS_FORCE_INLINE float levelOf(float x, float scale, float lowest, float highest) {
  float level = x / scale;
  level = level != level ? 0.0F : level;
  level = level < lowest ? lowest : level;
  level = level > highest ? highest : level;
  return roundToEven(level);
}

/// The integers that the codes of an Integer format stand for.
struct UniformLevels {
  std::int32_t min;
  std::int32_t max;
};
UniformLevels uniformLevels(std::uint32_t bits, ZeroPoint zeroPoint);
UniformLevels uniformLevels(const Format& format);

/// The part of the real line that the levels of a group span: [−negative, positive], both finite and at least 0.
struct Extremes {
  float negative = 0.0F;
  float positive = 0.0F;
};

/// Scale and zero-point of one group, as they are stored, and the range they came from.
struct UniformGrid {
  float scale = 0.0F;
  float zeroPoint = 0.0F;  ///< a whole number
  Extremes range;
};

/// The extremes of a whole tensor.
Extremes extremesOfTensor(const QuantizedTensor& source, const JobContext& job);
/// The grid that spans a range with integers of any width below 2^22 levels (formulas in uniform_encode.h).
/// @param zeroPoint Off: the levels are symmetric
UniformGrid spanningGrid(const UniformLevels& level, ZeroPoint zeroPoint, ScaleType stored, const Extremes& range);
/// The grid that spans a range.
UniformGrid chooseGrid(const Scheme& scheme, const Extremes& range);
/// The grid of one group by the scheme's range method (formulas in uniform.h).
/// @param importance `count` weights of the squared errors for RangeMethod::Mse; null: all 1
UniformGrid chooseGrid(const Scheme& scheme, const float* values, std::size_t count, const float* importance);
/// The zero-point that belongs to a scale.
float zeroPointOf(const UniformLevels& level, const Extremes& range, float scale);

}  // namespace core::quant
