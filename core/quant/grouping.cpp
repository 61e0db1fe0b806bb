#include "core/quant/grouping.h"

namespace core::quant {

namespace {
std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b) { return a / b + (a % b == 0 ? 0 : 1); }
}  // namespace

std::uint64_t groupsPerRow(const Grouping& grouping, std::uint64_t rowValues) {
  const bool inRow = grouping.granularity == Granularity::Group || grouping.granularity == Granularity::Tile;
  return inRow ? ceilDivide(rowValues, grouping.size) : 1;
}

std::uint64_t groupCount(const Grouping& grouping, const tensor::Shape& shape) {
  if (shape.isEmpty()) return 0;
  switch (grouping.granularity) {
    case Granularity::None:
      return 0;
    case Granularity::Tensor:
      return 1;
    case Granularity::Row:
    case Granularity::Group:
      return shape.rows() * groupsPerRow(grouping, shape.rowValues());
    case Granularity::Block:
      return ceilDivide(shape.count(), grouping.size);
    case Granularity::Tile:
      return ceilDivide(shape.rows(), grouping.size) * groupsPerRow(grouping, shape.rowValues());
  }
  return 0;
}

std::uint64_t groupOf(const Grouping& grouping, std::uint64_t rowValues, std::uint64_t flatIndex) {
  const std::uint64_t row = flatIndex / rowValues, column = flatIndex % rowValues;
  switch (grouping.granularity) {
    case Granularity::None:
    case Granularity::Tensor:
      return 0;
    case Granularity::Row:
      return row;
    case Granularity::Group:
      return row * groupsPerRow(grouping, rowValues) + column / grouping.size;
    case Granularity::Block:
      return flatIndex / grouping.size;
    case Granularity::Tile:
      return row / grouping.size * groupsPerRow(grouping, rowValues) + column / grouping.size;
  }
  return 0;
}

}  // namespace core::quant
