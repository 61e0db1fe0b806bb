#pragma once
#include <cstdint>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// The values that weights sharing one scale can become: every level, whether one of them uses it or not.
struct Grid {
  std::vector<double> levels;  ///< ascending and distinct; empty for casts and for block types without a flat grid
  /// Flat range of the weights that share the levels: one where columns were changed.
  std::uint64_t first = 0, count = 0;
};

/// The grid of one weight's block. @pre flatIndex lies inside the tensor
Grid gridAround(const QuantizedTensor& tensor, std::uint64_t flatIndex);

/// The smallest flat range that must be quantized to know the scale of one weight: its block, its row or everything.
/// Quantizing that range as a tensor of one row gives the weight the same value as quantizing the whole tensor.
struct FlatRange {
  std::uint64_t first = 0, count = 0;
  bool operator==(const FlatRange&) const = default;
};
FlatRange rangeToQuantize(const Scheme& scheme, const tensor::Shape& shape, std::uint64_t flatIndex);

}  // namespace core::quant
