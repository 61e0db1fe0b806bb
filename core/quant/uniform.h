#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/grouping.h"
#include "core/quant/scale_type.h"
#include "core/quant/scheme.h"
#include "core/tensor/tensor_view.h"

namespace core::quant {

/// Layout of a QuantizedTensor: evenly spaced levels. Payload: b-bit unsigned codes u, an LSB-first bit stream per row,
/// each row padded to a whole byte.
///
///   value = scales[g] · ((u + qmin) − zeroPoints[g])      in float32; g = groupOf(grouping, …)
struct Uniform {
  std::uint32_t bits = 0;  ///< 2 … 8
  std::int32_t qmin = 0;   ///< the integer that code 0 stands for
  Grouping grouping;
  ScaleType scaleType = ScaleType::Fp32;
  std::vector<float> scales;        ///< as they are stored
  std::vector<float> zeroPoints;    ///< empty when symmetric; whole numbers unless zeroPointBits is 16 or 32
  std::uint32_t zeroPointBits = 0;  ///< what one costs in storage: a code's bits, or 16 or 32 for floats (HQQ)
};

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
void quantizeUniform(const tensor::TensorView& source, const Scheme& scheme, const TensorCalibration* calibration,
                     const JobContext& job, Uniform& out, std::uint8_t* payload);

/// Bytes of one row of b-bit codes: a bit stream padded to a whole byte.
std::uint64_t codeRowBytes(std::uint32_t bits, std::uint64_t rowValues);

/// Decodes rows [firstRow, firstRow + rowCount) into out.
void decodeRows(const Uniform& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out);
/// Scales and zero-points as they would be stored.
std::uint64_t sideBytes(const Uniform& codes);

}  // namespace core::quant
