#pragma once
#include <cstdint>
#include <string>

#include "core/quant/format.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// How many bytes each part of a quantized tensor takes, from the format alone.
/// Code books that are constants of the format are not counted.
struct StoredSize {
  std::uint64_t payloadBytes = 0;
  std::uint64_t scales = 0;         ///< number of scales, or of learned code books
  std::uint64_t sideDataBytes = 0;  ///< scales, zero-points, second levels, learned code books
  std::uint64_t bytes() const { return payloadBytes + sideDataBytes; }
};

/// Bits of one zero-point: 0 without, a code's, or for those that are not rounded 32 beside FP32 scales, else 16.
std::uint32_t zeroPointBits(const Format& format);
/// @pre shapeProblem(format, shape) is empty
StoredSize storedSize(const Format& format, const tensor::Shape& shape);
/// One sentence why a tensor of this shape cannot be stored in the format; empty when it can.
std::string shapeProblem(const Format& format, const tensor::Shape& shape);

}  // namespace core::quant
