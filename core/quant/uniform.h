#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/quant/grouping.h"
#include "core/quant/scale_type.h"
#include "core/tensor/shape.h"

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

/// Decodes rows [firstRow, firstRow + rowCount) into out.
void decodeRows(const Uniform& codes, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out);
/// Scales and zero-points as they would be stored.
std::uint64_t sideBytes(const Uniform& codes);

}  // namespace core::quant
