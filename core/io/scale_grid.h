#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/io/packed_tensor.h"

namespace core::io {

/// How a tensor of scales lies over a weight [experts …, rows, columns]: scale (e, i, j) is that of a tile of rows and
/// columns of expert e. Both lie row-major.
struct ScaleGrid {
  std::uint64_t experts = 1, rows = 0, columns = 0;  ///< of the weight; experts: the product of its first axes
  std::uint64_t gridExperts = 1;                     ///< `experts`, or 1 where all share theirs
  std::uint64_t gridRows = 1, gridColumns = 1;
  std::uint64_t tileRows = 0, tileColumns = 0;  ///< the tiles at the lower and right edges may be smaller
  /// Where a scale belongs to one part of a fused matrix (query, key and value): the row behind each part.
  std::vector<std::uint64_t> partEnds;
};

/// What the config says about the tiles, where it says anything.
struct TileSize {
  std::optional<std::int64_t> rows, columns;
};

/// The grid of scales of these forms: one; one a row ([rows], [rows, 1]); one a group of a row ([rows, groups]); one a
/// tile; one a part of a fused matrix ([parts]); each for all experts or for every one.
/// @param weight at least two axes  @throws Error (InvalidFile) with a clause, for any other form
ScaleGrid scaleGrid(const PackedTensor& tensor, const tensor::Shape& weight, const TensorInfo& scales,
                    const TileSize& configured);

}  // namespace core::io
