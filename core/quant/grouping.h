#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

#include "core/tensor/shape.h"

namespace core::quant {

/// What shares one scale (or one code book).
enum class Granularity : std::uint8_t {
  None,    ///< nothing: there are no scales
  Tensor,  ///< all values
  Row,     ///< one row: an output channel of a linear layer
  Group,   ///< `size` consecutive values of a row; the last group of a row may be shorter
  Block,   ///< `size` consecutive values of the flattened tensor (bitsandbytes)
  Tile     ///< `size` × `size` values; the tiles at the right and lower edges may be smaller
};

/// Scales are numbered row by row, as their values lie in the tensor.
struct Grouping {
  Granularity granularity = Granularity::None;
  std::uint32_t size = 0;  ///< of Group, Block and Tile, else 0

  bool operator==(const Grouping&) const = default;
};

/// Groups along one row (Row, Group, Tile), else 1.
std::uint64_t groupsPerRow(const Grouping& grouping, std::uint64_t rowValues);
/// Number of scales of a tensor; 0 for an empty one.
std::uint64_t groupCount(const Grouping& grouping, const tensor::Shape& shape);
/// The scale of the value at a flat index. @pre the granularity is not None and the index lies inside the tensor
std::uint64_t groupOf(const Grouping& grouping, std::uint64_t rowValues, std::uint64_t flatIndex);

/// Calls visit(column, count, group) for the pieces of a row that share a scale, from left to right.
template <class Visit>
void forEachRun(const Grouping& grouping, std::uint64_t rowValues, std::uint64_t row, const Visit& visit) {
  std::uint64_t group = groupOf(grouping, rowValues, row * rowValues);
  std::uint64_t size = rowValues, first = rowValues;
  if (grouping.size != 0) {
    size = grouping.size;
    const std::uint64_t offset = grouping.granularity == Granularity::Block ? row * rowValues % size : 0;
    first = std::min(size - offset, rowValues);
  }
  for (std::uint64_t column = 0, count = first; column < rowValues;) {
    visit(column, count, group++);
    column += count;
    count = std::min(size, rowValues - column);
  }
}

}  // namespace core::quant
