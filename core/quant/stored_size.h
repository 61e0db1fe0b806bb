#pragma once
#include <cstdint>
#include <string>

#include "core/quant/scheme.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// How many bytes each part of a quantized tensor takes, from the layout alone.
/// Code books and the dynamic map are constants of the format and not counted.
struct StoredSize {
  std::uint64_t payloadBytes = 0;
  std::uint64_t scales = 0;         ///< number of scales (Integer) or block maxima (CodeBook)
  std::uint64_t sideDataBytes = 0;  ///< scales, zero-points (as wide as a code), nested maxima and offset
  std::uint64_t bytes() const { return payloadBytes + sideDataBytes; }
};

/// Values that share one absmax of the absmax values under double quantization.
constexpr std::uint32_t kNestedBlock = 256;

/// Bits a scale of the Integer family costs: FP16 for groups, FP32 for rows and tensors.
std::uint32_t scaleBits(Granularity granularity);
/// Scales of an Integer scheme per row (Group), else 1.
std::uint64_t groupsPerRow(Granularity granularity, std::uint32_t groupSize, std::uint64_t rowValues);
/// Bytes of one row of an Integer scheme's codes: a bit stream padded to a whole byte.
std::uint64_t integerRowBytes(std::uint32_t bits, std::uint64_t rowValues);

/// @pre shapeProblem(scheme, shape) is empty
StoredSize storedSize(const Scheme& scheme, const tensor::Shape& shape);
/// One sentence why a tensor of this shape cannot be stored by the scheme; empty when it can.
std::string shapeProblem(const Scheme& scheme, const tensor::Shape& shape);

}  // namespace core::quant
