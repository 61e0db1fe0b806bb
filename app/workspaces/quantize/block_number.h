#pragma once
#include <cstdint>
#include <span>

#include "core/quant/format.h"
#include "core/tensor/shape.h"

namespace app {

/// The block of a row that a weight lies in, counted as explainBlock does, and how many the row has.
struct BlockNumber {
  std::uint64_t row = 0, block = 0, blocks = 1;
};

/// @param place flat index of where the weight is stored: its own, but where columns are stored in another order
BlockNumber blockNumber(const core::quant::Format& format, const core::tensor::Shape& shape, std::uint64_t place);
/// Where the first weight of a block that lies in its row is stored. @pre the row has such a block
std::uint64_t firstPlace(const core::quant::Format& format, const core::tensor::Shape& shape, std::uint64_t row,
                         std::uint64_t block);

/// Where a weight is stored. @param order as core::quant::ColumnChanges::order  @param rowValues columns of the tensor
std::uint64_t placeOfWeight(std::span<const std::uint32_t> order, std::uint64_t rowValues, std::uint64_t flatIndex);
/// The weight that is stored at a place.
std::uint64_t weightAtPlace(std::span<const std::uint32_t> order, std::uint64_t rowValues, std::uint64_t place);

}  // namespace app
