#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// AWQ's search for the range of every group (formulas in awq.h). Changes the weights.
/// @param weights W · s. @param rounding a scheme without a method. @param hessian of the inputs before they are
/// divided by s = `inputScales`. @throws Cancelled
void clipGroups(std::vector<float>& weights, const tensor::Shape& shape, const Scheme& rounding,
                std::span<const float> hessian, std::span<const float> inputScales, const JobContext& job);

}  // namespace core::quant
