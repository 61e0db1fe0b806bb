#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Weights of bitsandbytes' Linear8bitLt: per row q = round(x · (127 / absmax)), half to even, q in −127 … 127, and
/// absmax in FP32; a row of zeros has codes 0. Values that are not finite take no part in absmax: ±Inf becomes
/// ±absmax, NaN becomes 0. The scale is absmax · 7.874015718698502e-3, the constant its decoder has for 1/127.
/// Source: bitsandbytes 0.50.2 (backends/default/ops.py); Dettmers et al. 2022.
/// Fills `out` and `payload` (storedSize().payloadBytes).
void quantizeLlmInt8(const QuantizedTensor& source, const JobContext& job, Uniform& out, std::uint8_t* payload);

}  // namespace core::quant
