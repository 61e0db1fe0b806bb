#pragma once
#include <cstdint>
#include <string>

#include "core/quant/format.h"
#include "core/quant/scheme.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// How many bytes each part of a quantized tensor takes, before it is quantized.
/// Code books that are constants of the format are not counted.
struct StoredSize {
  std::uint64_t payloadBytes = 0;
  std::uint64_t scales = 0;         ///< number of scales, or of learned code books
  std::uint64_t sideDataBytes = 0;  ///< scales, zero-points, second levels, learned code books
  std::uint64_t changesBytes = 0;   ///< order and factors of columns
  std::uint64_t bytes() const { return payloadBytes + sideDataBytes + changesBytes; }
};

/// Bits of one zero-point: 0 without, a code's, or for those that are not rounded 32 beside FP32 scales, else 16.
std::uint32_t zeroPointBits(const Format& format);
/// @pre shapeProblem(format, shape) is empty
StoredSize storedSize(const Format& format, const tensor::Shape& shape);
/// With what the scheme's method stores beside: 4 bytes a column for GPTQ's act-order where groups are made of columns
/// in that order, and for the factors of AWQ and SmoothQuant.
StoredSize storedSize(const Scheme& scheme, const tensor::Shape& shape);
/// Whether GPTQ stores the columns of such a scheme in the order in which it takes them (gptq.h).
bool isStoredInActOrder(const Scheme& scheme);
/// One sentence why a tensor of this shape cannot be stored in the format; empty when it can.
std::string shapeProblem(const Format& format, const tensor::Shape& shape);

}  // namespace core::quant
