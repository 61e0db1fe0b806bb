#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"
#include "core/quant/row_importance.h"
#include "core/quant/uniform_code.h"

namespace core::quant {

/// Candidates of RangeMethod::Mse: the full range, then 1 % less each time.
constexpr int kRangeCandidates = 71;

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
  float computedScale = 0.0F;  ///< before it was rounded to what is stored
  float factor = 1.0F;         ///< of the full range (RangeMethod::Mse)
};

/// The extremes of values, as far as they are finite.
Extremes extremesOf(std::span<const float> values);
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
/// The grid that one range for the whole tensor gives.
UniformGrid chooseGridOfTensor(const Scheme& scheme, const QuantizedTensor& source, const RowImportance& importance,
                               const JobContext& job);
/// Squared error of values under a grid, weighted; values that are not finite do not count. The sum that
/// RangeMethod::Mse compares. @pre the scale is not 0
float squaredErrorOf(const Scheme& scheme, const UniformGrid& grid, const float* values, std::size_t count,
                     const float* importance);
/// Where 0 lies between the levels: qmin + n / S. @pre scale is not 0
inline float exactZeroPoint(const UniformLevels& level, const Extremes& range, float scale) {
  return static_cast<float>(level.min) + range.negative / scale;
}
/// The zero-point that belongs to a scale: the exact one, within the levels, rounded.
float zeroPointOf(const UniformLevels& level, const Extremes& range, float scale);

}  // namespace core::quant
