#pragma once
#include <cstdint>
#include <vector>

#include "core/io/packed_tensor.h"
#include "core/io/scale_grid.h"
#include "core/quant/grouping.h"
#include "core/quant/scale_type.h"

namespace core::quant {

/// A piece's floats in float32: F32, F16, BF16, FP8, or powers of two in a byte (2^(byte − 127), NaN for 255).
std::vector<float> floatsOf(const io::PackedTensor& stored, const io::TensorInfo& piece);
/// A piece's signed bytes.
std::vector<float> signedBytesOf(const io::PackedTensor& stored, const io::TensorInfo& piece);
std::vector<std::uint8_t> bytesOf(const io::PackedTensor& stored, const io::TensorInfo& piece);
/// What a piece stores scales as.
ScaleType scaleTypeOf(const io::TensorInfo& piece);

/// Code `index` of a stream of words, lowest bit first. @pre it lies inside
std::uint32_t codeAt(std::span<const std::byte> words, std::uint64_t index, std::uint32_t bits);

/// What shares a scale in the layouts here: tiles that are no squares, scales of experts and of parts are repeated for
/// every row.
Grouping groupingOf(const io::ScaleGrid& grid);
/// The stored scales (or zero-points) in the order of that grouping.
std::vector<float> arranged(const io::ScaleGrid& grid, const Grouping& grouping, std::vector<float> stored);

}  // namespace core::quant
