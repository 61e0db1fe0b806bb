#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// NF4 and FP4 as bitsandbytes stores them: the flattened tensor in blocks, one FP32 absmax per block, 4-bit indices
/// into a code book, even element in the high nibble. An odd tensor's last low nibble holds the code of 0.
///
/// Codes follow the decision trees of its CUDA kernels (published checkpoints are written by them): x · (1 / absmax)
/// compared with rounded midpoints, the lower code on the midpoint. A block of zeros gives code 0.
/// Double quantization: offset = mean(absmax); absmax − offset as indices of the nearest value (the lower one in a
/// tie) of the signed dynamic map, in blocks of 256 with an FP32 absmax each.
/// Values that are not finite take no part in absmax: ±Inf becomes ±absmax, NaN becomes 0.
/// Source: bitsandbytes 0.50.2 (csrc/kernels.cu, functional.py).

/// Fills absmax, nested data and `payload` (ceil(values / 2) bytes) of `out`, whose shape is set.
void quantizeCodeBook(const tensor::TensorView& source, const Scheme& scheme, const JobContext& job,
                      QuantizedTensor& out, std::uint8_t* payload);

/// Decodes values [first, first + count) of the flattened tensor.
void dequantizeCodeBook(const QuantizedTensor& tensor, std::uint64_t first, std::uint64_t count, float* out);

}  // namespace core::quant
