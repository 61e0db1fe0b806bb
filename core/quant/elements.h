#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// Layout of a QuantizedTensor: elements or GGUF blocks of a dtype, row after row, as files store them. The value is
/// the dtype's own formula (block_codec).
struct Elements {
  tensor::DType dtype = tensor::DType::F32;

  bool operator==(const Elements&) const = default;
};

/// Decodes rows [firstRow, firstRow + rowCount) into out. Total. @pre the dtype has a codec
void decodeRows(const Elements& elements, std::span<const std::byte> payload, const tensor::Shape& shape,
                std::uint64_t firstRow, std::uint64_t rowCount, float* out);
std::uint64_t sideBytes(const Elements& elements);

/// Decodes `count` values from `first` of a flat run of blocks; the ends may lie inside blocks.
/// @pre the dtype has a codec
void decodeElements(tensor::DType dtype, const std::byte* bytes, std::uint64_t first, std::uint64_t count, float* out);

}  // namespace core::quant
