#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

// What AWQ and SmoothQuant share: the columns of a matrix times factors, and the scheme that rounds them.

/// The scheme without its method and inputs.
Scheme roundingOnly(const Scheme& scheme);
/// Column c of every row times scales[c].
std::vector<float> multiplied(std::span<const float> weights, std::span<const float> scales);
/// Column c of every row divided by scales[c].
void divide(std::span<float> weights, std::span<const float> scales);
/// What quantizing makes of values. @throws Cancelled
std::vector<float> roundTrip(const std::vector<float>& values, const tensor::Shape& shape, const Scheme& rounding,
                             const JobContext& job);

}  // namespace core::quant
