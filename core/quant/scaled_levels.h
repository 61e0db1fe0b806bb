#pragma once
#include <cstdint>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Formats whose codes are the nearest of a fixed set of levels under a scale (families ScaledFloat with a scale,
/// Logarithmic, Microscaling). Elements saturate. Values that are not finite take no part in a scale: ±Inf becomes the
/// outermost level, NaN becomes 0. A group of zeros gives zeros. amax: largest magnitude of the group.
///
///   fp8_*    scale = amax / largest (448 or 57344), FP32; ties to the even code
///   log*     levels 0 and ±base^−k, k = 0 … 2^(b−1) − 2, under scale = amax; the nearest level in value, of two the
///            smaller. Code: sign bit, then 0 for zero or 2^(b−1) − 1 − k.
///            Logarithmic data representation after Miyashita, Lee and Murmann (2016), with any base
///   mx_*     scale = 2^(floor(log2 amax) − emax), clamped to 2^±127, one per 32 values of a row; ties to the even
///   code;
///            mx_int8 has the levels −127/64 … 127/64 (−128 is read, never written). OCP Microscaling Formats 1.0
///   nv_e2m1  scale = s / g, g = 448 · 6 / (amax of the tensor) in FP32, s = E4M3(g · amax / 6), one per 16 values of a
///            row; ties to the even code. NVFP4 as compressed-tensors and ModelOpt store it

/// The levels of a format in code order, 2^bits of them; NaN and Inf codes of FP8 included.
std::vector<float> levelsOf(const Format& format);

/// Fills `out` and `payload` (storedSize().payloadBytes).
void quantizeToLevels(const QuantizedTensor& source, const Scheme& scheme, const JobContext& job, CodeBook& out,
                      std::uint8_t* payload);

}  // namespace core::quant
