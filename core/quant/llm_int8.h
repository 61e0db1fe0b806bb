#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Weights of bitsandbytes' Linear8bitLt: per row q = round(x · (127 / absmax)), half to even, q in −127 … 127, and
/// absmax in FP32; a row of zeros has codes 0. Values that are not finite take no part in absmax: ±Inf becomes
/// ±absmax, NaN becomes 0. The scale is absmax · 7.874015718698502e-3, the constant its decoder has for 1/127.
/// Source: bitsandbytes 0.50.2 (backends/default/ops.py); Dettmers et al. 2022.
/// Fills `out` and `payload` (storedSize().payloadBytes).
void quantizeLlmInt8(const QuantizedTensor& source, const JobContext& job, Uniform& out, std::uint8_t* payload);

/// The scale of a row of inputs over its absmax: bitsandbytes multiplies integer sums by SCA · SCB · 6.200124e-05, its
/// constant for 1/127² (1.8e-5 above it; backends/default/ops.py), and weights have absmax · 7.874015718698502e-3.
inline constexpr float kLlmInt8InputScale = static_cast<float>(6.200124e-05 / 7.874015718698502e-3);

/// The columns with an outlier. @param largest max |x| of each column  @param threshold 0: nothing is one
std::vector<std::uint32_t> outlierColumns(std::span<const float> largest, float threshold);

}  // namespace core::quant
