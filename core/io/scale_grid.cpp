#include "core/io/scale_grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/io/packed_checks.h"

namespace core::io {

namespace {

using tensor::Shape;

constexpr std::uint64_t kUsualTile = 128;  // of FP8 checkpoints since DeepSeek-V3

/// How far a scale reaches along an axis of `extent` values with `count` of them.
/// @return 0 when nothing fits
std::uint64_t tileOf(std::uint64_t extent, std::uint64_t count, std::optional<std::int64_t> configured) {
  if (count == 0) return 0;
  if (count == 1) return extent;
  if (configured && *configured > 0 && ceilDivide(extent, static_cast<std::uint64_t>(*configured)) == count)
    return static_cast<std::uint64_t>(*configured);
  if (count == extent) return 1;
  if (ceilDivide(extent, kUsualTile) == count) return kUsualTile;
  return extent % count == 0 ? extent / count : 0;
}

/// The parts of a fused matrix: equal ones of gate and up, the heads' of query, key and value.
std::vector<std::uint64_t> partsOf(const PackedTensor& tensor, std::uint64_t rows, std::uint64_t count) {
  const std::string& name = tensor.base();
  const QuantizationConfig& config = tensor.config();
  const auto heads = config.modelNumber("num_attention_heads");
  const std::uint64_t keyHeads = config.modelNumber("num_key_value_heads").value_or(heads.value_or(0));
  constexpr std::uint64_t kMostHeads = 1U << 20;
  if (name.find("qkv") != std::string::npos && count == 3 && heads && *heads <= kMostHeads && keyHeads <= kMostHeads) {
    const std::uint64_t all = *heads + 2 * keyHeads;
    if (all != 0 && rows % all == 0) {
      const std::uint64_t size = rows / all, query = *heads * size, key = keyHeads * size;
      return {query, query + key, rows};
    }
  }
  if (name.find("gate_up") != std::string::npos && rows % count == 0) {
    std::vector<std::uint64_t> ends;
    for (std::uint64_t part = 1; part <= count; ++part) ends.push_back(part * (rows / count));
    return ends;
  }
  refuse(fmt::format("it has {} scales, and nothing says which of its {} rows each is for", count, rows));
}

/// The axes of the scales as [experts, rows, columns]: what is missing behind is 1.
struct Axes {
  std::uint64_t experts = 1, rows = 1, columns = 1;
};

Axes axesOf(const Shape& weight, const Shape& scales) {
  const std::size_t rank = weight.rank();
  const auto at = [&scales](std::size_t axis) { return axis < scales.rank() ? scales[axis] : 1; };
  if (scales.checkedCount() == 1U) return {};
  Axes axes;
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
    if (at(axis) != weight[axis] && at(axis) != 1)
      refuse(fmt::format("its scales have the shape {} beside weights of {}", scales.toString(), weight.toString()));
    axes.experts = product(axes.experts, at(axis));
  }
  axes.rows = at(rank - 2);
  axes.columns = at(rank - 1);
  return axes;
}

}  // namespace

ScaleGrid scaleGrid(const PackedTensor& tensor, const Shape& weight, const TensorInfo& scales,
                    const TileSize& configured) {
  const std::size_t rank = weight.rank();
  const Shape& stored = scales.storedShape;
  if (rank < 2 || weight.checkedCount().value_or(0) == 0)
    refuse(fmt::format("its shape {} is that of no matrix", weight.toString()));
  if (stored.checkedCount().value_or(0) == 0 || stored.rank() > rank)
    refuse(fmt::format("its scales have the shape {} beside weights of {}", stored.toString(), weight.toString()));
  ScaleGrid grid;
  grid.rows = weight[rank - 2];
  grid.columns = weight[rank - 1];
  if (grid.columns > UINT32_MAX) refuse("it claims more inputs than any layer has");
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) grid.experts = product(grid.experts, weight[axis]);
  const Axes axes = axesOf(weight, stored);
  if (axes.experts != 1 && axes.experts != grid.experts)
    refuse(fmt::format("its scales have the shape {} beside weights of {}", stored.toString(), weight.toString()));
  grid.gridExperts = axes.experts;
  grid.gridRows = axes.rows;
  grid.gridColumns = axes.columns;
  if (axes.columns == grid.columns && grid.columns > 1)
    refuse("each of its columns has a scale, which no layout of this program holds");
  grid.tileColumns = tileOf(grid.columns, axes.columns, configured.columns);
  const bool areParts = rank == 2 && stored.rank() <= 2 && axes.columns == 1 && axes.rows > 1 && axes.rows != grid.rows;
  if (areParts && axes.rows != ceilDivide(grid.rows, static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                         configured.rows.value_or(kUsualTile), 1))))
    grid.partEnds = partsOf(tensor, grid.rows, axes.rows);
  grid.tileRows = areParts && !grid.partEnds.empty() ? 0 : tileOf(grid.rows, axes.rows, configured.rows);
  // A square tile that reaches beyond the only row of them is still a square.
  if (grid.gridRows == 1 && grid.gridColumns > 1 && configured.rows && *configured.rows > 0 &&
      static_cast<std::uint64_t>(*configured.rows) == grid.tileColumns && grid.rows < grid.tileColumns)
    grid.tileRows = grid.tileColumns;
  if (grid.tileColumns == 0 || (grid.tileRows == 0 && grid.partEnds.empty()))
    refuse(fmt::format("its scales of the shape {} fit no tiles of {}", stored.toString(), weight.toString()));
  return grid;
}

}  // namespace core::io
