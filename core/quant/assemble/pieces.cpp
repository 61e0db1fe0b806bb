#include "core/quant/assemble/pieces.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/quant/elements.h"

namespace core::quant {

namespace {

/// The row of the grid that row `row` of an expert has its scales in.
std::uint64_t gridRowOf(const io::ScaleGrid& grid, std::uint64_t row) {
  if (grid.partEnds.empty()) return row / grid.tileRows;
  return static_cast<std::uint64_t>(std::ranges::upper_bound(grid.partEnds, row) - grid.partEnds.begin());
}

}  // namespace

std::vector<std::uint8_t> bytesOf(const io::PackedTensor& stored, const io::TensorInfo& piece) {
  const std::span<const std::byte> bytes = stored.bytes(piece);
  std::vector<std::uint8_t> values(bytes.size());
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<float> floatsOf(const io::PackedTensor& stored, const io::TensorInfo& piece) {
  const std::span<const std::byte> bytes = stored.bytes(piece);
  const std::uint64_t count = piece.storedShape.count();
  std::vector<float> values(count);
  if (scaleTypeOf(piece) != ScaleType::E8M0) {
    decodeElements(piece.dtype, bytes.data(), 0, count, values.data());
    return values;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto power = std::to_integer<int>(bytes[i]);
    values[i] = power == 255 ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0F, power - 127);
  }
  return values;
}

std::vector<float> signedBytesOf(const io::PackedTensor& stored, const io::TensorInfo& piece) {
  std::vector<float> values;
  values.reserve(piece.bytes);
  for (const std::byte byte : stored.bytes(piece))
    values.push_back(static_cast<float>(static_cast<std::int8_t>(std::to_integer<std::uint8_t>(byte))));
  return values;
}

ScaleType scaleTypeOf(const io::TensorInfo& piece) {
  switch (piece.dtype) {
    case tensor::DType::F16:
      return ScaleType::Fp16;
    case tensor::DType::BF16:
      return ScaleType::Bf16;
    case tensor::DType::F8E4M3:
      return ScaleType::E4M3;
    case tensor::DType::F32:
      return ScaleType::Fp32;
    default:
      return ScaleType::E8M0;
  }
}

std::uint32_t codeAt(std::span<const std::byte> words, std::uint64_t index, std::uint32_t bits) {
  const std::uint64_t bit = index * bits, at = bit / 8;
  std::uint32_t two = std::to_integer<std::uint32_t>(words[at]);
  if (at + 1 < words.size()) two |= std::to_integer<std::uint32_t>(words[at + 1]) << 8;
  return two >> (bit % 8) & ((1U << bits) - 1);
}

Grouping groupingOf(const io::ScaleGrid& grid) {
  if (grid.gridExperts * grid.gridRows * grid.gridColumns == 1) return {Granularity::Tensor, 0};
  if (grid.gridColumns == 1) return {Granularity::Row, 0};
  const bool areWhole = grid.experts == 1 || (grid.gridExperts == grid.experts && grid.rows % grid.tileRows == 0);
  const bool areSquares = grid.tileRows == grid.tileColumns && grid.tileRows > 1;
  return {areSquares && areWhole ? Granularity::Tile : Granularity::Group,
          static_cast<std::uint32_t>(grid.tileColumns)};
}

std::vector<float> arranged(const io::ScaleGrid& grid, const Grouping& grouping, std::vector<float> stored) {
  if (grouping.granularity == Granularity::Tensor || grouping.granularity == Granularity::Tile) return stored;
  if (grid.partEnds.empty() && grid.tileRows == 1 && grid.gridExperts == grid.experts) return stored;
  std::vector<float> values;
  values.reserve(grid.experts * grid.rows * grid.gridColumns);
  for (std::uint64_t expert = 0; expert < grid.experts; ++expert) {
    for (std::uint64_t row = 0; row < grid.rows; ++row) {
      const std::uint64_t of = (grid.gridExperts == 1 ? 0 : expert) * grid.gridRows + gridRowOf(grid, row);
      const auto first = stored.begin() + static_cast<std::ptrdiff_t>(of * grid.gridColumns);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(grid.gridColumns));
    }
  }
  return values;
}

}  // namespace core::quant
