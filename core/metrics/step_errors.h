#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/grid.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// Errors (decoded − original) in units of the step: the gap between the two levels that a value lies between. Rounding
/// to the nearest level keeps them within ±1/2; where values fall at random within a step they are even, with a
/// variance of 1/12.
struct StepErrors {
  std::vector<double> inSteps;  ///< of the values between the outermost levels
  std::uint64_t beyond = 0;     ///< values beyond the outermost levels: clipped
  std::uint64_t left = 0;       ///< not finite, or without levels to measure by
  double variance() const;      ///< mean of their squares; NaN for none
};

/// @param levels ascending and distinct; @pre as many values as decoded ones
StepErrors stepErrors(std::span<const float> values, std::span<const float> decoded, std::span<const double> levels);

/// The same for a flat range of a tensor, every group under its own levels.
/// @pre `original` has the shape of `quantized`, and the range lies inside  @throws Cancelled
StepErrors stepErrors(const quant::QuantizedTensor& original, const quant::QuantizedTensor& quantized,
                      const quant::FlatRange& range, const JobContext& job = JobContext());

}  // namespace core::metrics
