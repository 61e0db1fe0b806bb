#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "app/lessons/facts/fact_arguments.h"
#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace app {

/// How a fact's parameters name the arguments below.
inline constexpr std::string_view kWeightsParameter = "weights";
std::span<const std::string_view> weightParameters();

/// The weights that a fact is about, as a tensor of one row unless they are a model's:
///   "values": [0.45892, 1]                  as they stand
///   "ramp": [−1, 1, 255]                    so many, evenly from one to the other
///   "distribution": "normal" (…), "count", "seed", "outliers", "outlier_size"    drawn (core/metrics/drawn_weights)
///   "tensor": NAME, "model": "demo"         of a built-in model ("demo" when it is not said)
/// @throws core::Error when none of them is there or there is no such tensor
core::quant::QuantizedTensorPtr weightsOf(const FactArguments& arguments, const core::JobContext& job);
/// A tensor of one row, with values of its own.
core::quant::QuantizedTensorPtr tensorOf(std::vector<float> values);

}  // namespace app
