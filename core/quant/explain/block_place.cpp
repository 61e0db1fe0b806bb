#include "core/quant/explain/block_place.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::quant {

namespace {

Grouping groupingOf(tensor::DType dtype) {
  const std::uint32_t values = tensor::info(dtype).blockValues;
  return values == 1 ? Grouping{Granularity::Row, 0} : Grouping{Granularity::Group, values};
}

std::uint64_t blocksOf(const Grouping& grouping, const tensor::Shape& shape, std::uint64_t row) {
  const std::uint64_t rowValues = shape.rowValues();
  if (grouping.granularity != Granularity::Block) return groupsPerRow(grouping, rowValues);
  const std::uint64_t first = row * rowValues, last = first + rowValues - 1;
  return last / grouping.size - first / grouping.size + 1;
}

}  // namespace

Grouping blockGrouping(const Format& format) {
  const auto dtype = storedDType(format);
  return dtype ? groupingOf(*dtype) : format.grouping;
}

Grouping blockGrouping(const QuantizedTensor& tensor) {
  if (const auto dtype = tensor.dtype()) return groupingOf(*dtype);
  if (const auto* codes = tensor.as<Uniform>()) return codes->grouping;
  if (const auto* codes = tensor.as<CodeBook>()) return codes->grouping;
  return std::get<LearnedCodeBooks>(tensor.layout).grouping;
}

BlockPlace placeOf(const Grouping& grouping, const tensor::Shape& shape, std::uint64_t row, std::uint64_t block,
                   const std::string& name) {
  const std::uint64_t rows = shape.rows(), rowValues = shape.rowValues();
  if (rows == 0)
    throw Error(ErrorCode::InvalidArgument, fmt::format("The tensor {} has no values.", io::inQuotes(name)), name);
  if (row >= rows)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("The tensor {} has the rows 0 to {}; there is no row {}.", io::inQuotes(name), rows - 1, row),
        name);
  const std::uint64_t blocks = blocksOf(grouping, shape, row);
  if (block >= blocks)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("Row {} of the tensor {} has {}; there is no block {}.", row, io::inQuotes(name),
                    blocks == 1 ? std::string("one block, number 0") : fmt::format("the blocks 0 to {}", blocks - 1),
                    block),
        name);
  const std::uint64_t rowFirst = row * rowValues;
  if (grouping.size == 0) return {rowFirst, rowValues};
  if (grouping.granularity == Granularity::Block) {
    const std::uint64_t first = (rowFirst / grouping.size + block) * grouping.size;
    return {first, std::min<std::uint64_t>(grouping.size, shape.count() - first)};
  }
  const std::uint64_t column = block * grouping.size;
  return {rowFirst + column, std::min<std::uint64_t>(grouping.size, rowValues - column)};
}

std::uint64_t blocksOfRow(const Format& format, const tensor::Shape& shape, std::uint64_t row) {
  return shape.isEmpty() ? 0 : blocksOf(blockGrouping(format), shape, row);
}

}  // namespace core::quant
