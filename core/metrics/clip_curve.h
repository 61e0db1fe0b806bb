#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/metrics/clip_groups.h"
#include "core/quant/quantized_tensor.h"

namespace core::metrics {

/// What one clip costs, as mean squared errors over the finite values of a part of a tensor; the two add up.
struct ClipCost {
  double clip = 1;
  double rounding = 0;  ///< of values inside the range of their group
  double clipping = 0;  ///< of values beyond it
  double inside = 1;    ///< share of the values that are not cut off, 0…1
  double total() const { return rounding + clipping; }
};

/// The error of a part of a tensor when every group of weights under one scale is clipped to the same share of its own
/// range before the scheme quantizes it: its own encoder, given the clipped values, and compared with the values as
/// they were. A smaller range has finer steps and cuts more off, so the best clip lies often below 1.
/// Where no scale spans rows, a large part is taken piece by piece, so that memory does not grow with it.
/// @param part flat range of the values that are measured, such as a group, a row or everything; groups that reach
///        into it are clipped as a whole
/// @param clips each 0…1  @throws Error, Cancelled
std::vector<ClipCost> clipCurve(const quant::Scheme& scheme, const quant::QuantizedTensor& source,
                                const quant::FlatRange& part, std::span<const double> clips,
                                const JobContext& job = JobContext());

/// The mean squared error of the finite values of a part under a scheme, nothing clipped. @throws Error, Cancelled
double meanSquaredError(const quant::Scheme& scheme, const quant::QuantizedTensor& source, const quant::FlatRange& part,
                        const JobContext& job = JobContext());

}  // namespace core::metrics
