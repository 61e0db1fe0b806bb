#pragma once
#include <cstdint>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Uniform integers, value = scale · (q − zeroPoint), of the Integer family.
///
/// Absmax: S = absmax / (2^(b−1) − 1). MinMax: the range is widened to contain 0, S = (max − min) / (2^b − 1),
/// Z = round(qmin − min / S). Codes: q = clamp(round(x / S) + Z). Every rounding is to nearest even, in float32.
/// S is rounded to what is stored before Z and the codes are chosen: FP16 for groups, FP32 for rows and tensors.
/// FP16 scales stay useful at the ends of their range: below the smallest normal (2^−14) they round up to the next
/// multiple of 2^−24, so that the extreme value is not clipped, and beyond 65504 they are 65504.
/// Values that are not finite take no part in the range: ±Inf becomes the outermost level, NaN becomes 0.
/// A group of zeros has scale 0.

/// Fills scales, zeroPoints and `payload` (storedSize().payloadBytes) of `out`, whose shape is set.
void quantizeInteger(const tensor::TensorView& source, const Scheme& scheme, const JobContext& job,
                     QuantizedTensor& out, std::uint8_t* payload);

/// Decodes rows [firstRow, firstRow + rowCount).
void dequantizeInteger(const QuantizedTensor& tensor, std::uint64_t firstRow, std::uint64_t rowCount, float* out);

}  // namespace core::quant
