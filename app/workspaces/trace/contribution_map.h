#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/trace/attribution.h"

namespace app {

/// The blocks of a tensor made few enough to draw: of every rectangle of blocks the one farthest from zero.
struct ContributionMap {
  std::uint64_t rows = 0, blocks = 0;  ///< of the tensor; blocks in a row
  std::uint64_t matrixRows = 0;        ///< of one expert, where it is a stack of them; else 0
  std::size_t cellRows = 0, cellColumns = 0;
  std::vector<float> values;  ///< [cellRows, cellColumns]
  std::vector<std::uint64_t>
      extremes;          ///< [cellRows, cellColumns] index of the block that has the value: row · blocks + block
  float largest = 0.0F;  ///< magnitude
};

/// @param most rows and columns of cells
ContributionMap contributionMap(const core::trace::TensorContribution& tensor, std::size_t most = 320);

}  // namespace app
