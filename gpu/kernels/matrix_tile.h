#pragma once
#include <optional>

#include "gpu/kernels/recorder.h"

namespace gpu {

/// What a workgroup of matmul_matrices computes, and how its subgroups divide it.
struct MatrixTile {
  std::uint32_t rows = 0, tokens = 0;
  std::uint32_t subgroupsOfRows = 1, subgroupsOfTokens = 1;
  bool operator==(const MatrixTile&) const = default;
};

/// Chooses the shape of matrices, the subgroups and the longer batches of a device that has some; leaves a choice
/// without them as it is.
void chooseMatrices(const vk::Caps& caps, KernelChoice& choice);

/// The largest tile of which there are enough to fill a GPU, or the smallest one. Nothing where matrices cannot be
/// used, or few tokens would leave them empty.
/// @param tableWords of the layout, which lie in shared memory beside the tile
std::optional<MatrixTile> matrixTileFor(const KernelChoice& choice, const MatMulPush& push, std::uint32_t tableWords);

/// Groups of so many tiles of 32 rows that the segments have, each for itself.
std::uint32_t tilesInAll(const MatMulPush& push, std::uint32_t perGroup);

}  // namespace gpu
