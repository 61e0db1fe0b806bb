#pragma once
#include <cstdint>
#include <span>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/quantized_tensor.h"
#include "core/quant/uniform_range.h"

namespace core::quant {

/// Quantizes by the Integer family of schemes; fills `out` and `payload` (storedSize().payloadBytes).
///
/// Range [−n, p] of a group that the levels span:
///   absmax      n = p = max |x|
///   minmax      n = −min(x, 0), p = max(x, 0), so that 0 is a level
///   percentile  with a zero-point: the (100 − p)-th and p-th percentile of x, widened to contain 0; symmetric: the
///               p-th percentile of |x|. Linear between neighbours, as numpy.percentile
///   mse         the range of absmax or minmax times the factor 1, 0.99 … 0.3 of least squared error (importance: of
///               least weighted error); of equals the largest
/// Symmetric: S = max(n, p) / (2^(b−1) − 1), levels −(2^(b−1) − 1) … 2^(b−1) − 1. With a zero-point:
/// S = (n + p) / (2^b − 1), Z = round(qmin + n / S), levels −2^(b−1) … 2^(b−1) − 1. Codes: q = clamp(round(x / S) + Z).
/// Every rounding is to nearest even, in float32. S is rounded to what is stored before Z and the codes are chosen.
/// Values that are not finite take no part in the range: ±Inf becomes the outermost level, NaN becomes 0.
/// A group of zeros has scale 0.
void quantizeUniform(const QuantizedTensor& source, const Scheme& scheme, const TensorCalibration* calibration,
                     const JobContext& job, Uniform& out, std::uint8_t* payload);

// What other methods for these formats share with it:

/// The layout of a scheme's tensor with room for its scales and zero-points.
Uniform emptyUniform(const Scheme& scheme, const tensor::Shape& shape);
/// Scales of 8 bits: what their second level makes of them, and the zero-points that belong to those.
/// @param ranges of the groups
void storeSecondLevel(Uniform& codes, const UniformLevels& level, std::span<const Extremes> ranges);
/// Codes u = q − qmin of values under a scale and zero-point as they are stored; under a scale of 0 all are that of 0.
void encodeUniform(const UniformLevels& level, float scale, float zeroPoint, std::span<const float> values,
                   std::uint8_t* codes);

}  // namespace core::quant
