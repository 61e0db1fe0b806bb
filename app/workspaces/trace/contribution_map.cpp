#include "app/workspaces/trace/contribution_map.h"

#include <algorithm>
#include <cmath>

namespace app {

ContributionMap contributionMap(const core::trace::TensorContribution& tensor, std::size_t most) {
  ContributionMap map;
  map.rows = tensor.rows;
  map.blocks = tensor.blocksPerRow();
  map.cellRows = static_cast<std::size_t>(std::min<std::uint64_t>(map.rows, most));
  map.cellColumns = static_cast<std::size_t>(std::min<std::uint64_t>(map.blocks, most));
  map.values.assign(map.cellRows * map.cellColumns, 0.0F);
  map.extremes.assign(map.values.size(), 0);
  std::vector<bool> isSeen(map.values.size(), false);
  for (std::uint64_t row = 0; row < map.rows; ++row) {
    const auto cellRow = static_cast<std::size_t>(row * map.cellRows / map.rows);
    for (std::uint64_t block = 0; block < map.blocks; ++block) {
      const std::size_t cell =
          cellRow * map.cellColumns + static_cast<std::size_t>(block * map.cellColumns / map.blocks);
      const float value = tensor.blockSums[row * map.blocks + block];
      if (isSeen[cell] && std::abs(value) <= std::abs(map.values[cell])) continue;
      isSeen[cell] = true;
      map.values[cell] = value;
      map.extremes[cell] = row * map.blocks + block;
      map.largest = std::max(map.largest, std::abs(value));
    }
  }
  return map;
}

}  // namespace app
