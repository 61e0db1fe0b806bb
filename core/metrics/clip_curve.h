#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/grid.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// The values a block is clipped to: everything beyond is stored as the nearest end.
struct ClipRange {
  float low = 0, high = 0;
};
/// `clip` times the range of the finite values: of both ends under a zero-point, else of the largest magnitude.
/// @param clip 0…1; 1 clips nothing
ClipRange clipRange(const quant::Scheme& scheme, std::span<const float> values, double clip);

/// What one clip costs, as mean squared errors over the finite values of a block; the two add up.
struct ClipCost {
  double clip = 1;
  double rounding = 0;  ///< of values inside the range
  double clipping = 0;  ///< of values beyond it
  double total() const { return rounding + clipping; }
};

/// The error of a block when its values are clipped before the scheme quantizes them: its own encoder, given the
/// clipped values, and compared with the values as they were. A smaller range has finer steps and cuts more off, so the
/// best clip lies often below 1.
/// @param source one or more rows as float32  @param block flat range of the values that are clipped and measured
/// @param clips each 0…1  @throws Error, Cancelled
std::vector<ClipCost> clipCurve(const quant::Scheme& scheme, const quant::QuantizedTensor& source,
                                const quant::FlatRange& block, std::span<const double> clips,
                                const JobContext& job = JobContext());

}  // namespace core::metrics
