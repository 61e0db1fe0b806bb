#pragma once
#include "core/quant/explain/block_explanation.h"

namespace core::quant {

/// How a tensor falls into blocks that can be explained: GGUF blocks are groups of a row, plain elements whole rows.
Grouping blockGrouping(const Format& format);
Grouping blockGrouping(const QuantizedTensor& tensor);

/// Where the values of a block lie: a flat range of the tensor.
struct BlockPlace {
  std::uint64_t first = 0, count = 0;
};
/// @param name of the tensor, for the sentence
/// @throws Error (InvalidArgument) when the tensor has no such row, or the row no such block
BlockPlace placeOf(const Grouping& grouping, const tensor::Shape& shape, std::uint64_t row, std::uint64_t block,
                   const std::string& name);

}  // namespace core::quant
