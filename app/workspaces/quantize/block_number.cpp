#include "app/workspaces/quantize/block_number.h"

#include <algorithm>

#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_place.h"

namespace app {

using core::quant::Format;
using core::quant::Granularity;
using core::tensor::Shape;

BlockNumber blockNumber(const Format& format, const Shape& shape, std::uint64_t place) {
  const auto grouping = core::quant::blockGrouping(format);
  const std::uint64_t columns = shape.rowValues(), row = place / columns;
  BlockNumber number{row, 0, core::quant::blocksOfRow(format, shape, row)};
  if (grouping.size == 0) return number;
  number.block = grouping.granularity == Granularity::Block ? place / grouping.size - row * columns / grouping.size
                                                            : place % columns / grouping.size;
  return number;
}

std::uint64_t firstPlace(const Format& format, const Shape& shape, std::uint64_t row, std::uint64_t block) {
  const auto grouping = core::quant::blockGrouping(format);
  const std::uint64_t first = row * shape.rowValues();
  if (grouping.size == 0) return first;
  if (grouping.granularity != Granularity::Block) return first + block * grouping.size;
  return std::max(first, (first / grouping.size + block) * grouping.size);
}

std::uint64_t placeOfWeight(std::span<const std::uint32_t> order, std::uint64_t rowValues, std::uint64_t flatIndex) {
  if (order.empty()) return flatIndex;
  const std::uint64_t column = flatIndex % rowValues;
  return flatIndex - column + static_cast<std::uint64_t>(std::ranges::find(order, column) - order.begin());
}

std::uint64_t weightAtPlace(std::span<const std::uint32_t> order, std::uint64_t rowValues, std::uint64_t place) {
  return order.empty() ? place : place / rowValues * rowValues + order[place % rowValues];
}

}  // namespace app
