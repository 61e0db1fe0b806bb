#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// NF4, FP4 and the dynamic 8-bit map as bitsandbytes stores them: the flattened tensor in blocks, one FP32 absmax per
/// block, indices into a code book; 4-bit ones with the even element in the high nibble. An odd tensor's last low
/// nibble holds the code of 0.
///
/// 4-bit codes follow the decision trees of its CUDA kernels (published checkpoints are written by them):
/// x · (1 / absmax) compared with rounded midpoints, the lower code on the midpoint. A block of zeros gives code 0.
/// 8-bit codes are those of the nearest value of the signed dynamic map to x / absmax, the lower one in a tie; a block
/// of zeros gives code 127, which is 0. Double quantization: offset = mean(absmax); absmax − offset as indices of the
/// nearest value (the lower one in a tie) of the signed dynamic map, in blocks of 256 with an FP32 absmax each. Values
/// that are not finite take no part in absmax: ±Inf becomes ±absmax, NaN becomes 0. Source: bitsandbytes 0.50.2
/// (csrc/kernels.cu, functional.py).

/// Fills `out` and `payload` (storedSize().payloadBytes).
void quantizeBitsandbytes(const QuantizedTensor& source, const Scheme& scheme, const JobContext& job, CodeBook& out,
                          std::uint8_t* payload);

/// The code book of nf4, fp4 or dynamic8, in code order.
std::span<const float> bitsandbytesLevels(FormatName name);

}  // namespace core::quant
