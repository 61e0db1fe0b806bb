#include "gpu/kernels/matrix_tile.h"

#include <algorithm>
#include <array>
#include <bit>

namespace gpu {

namespace {

constexpr std::uint32_t kLeastMatrixTokens =
    17;                                        // that matrices are worth; fewer have the smallest tile of matmul_tiles
constexpr std::uint32_t kSmallestTokens = 32;  // of a tile
constexpr std::uint32_t kBatchTokens = 512;    // that matrices are busy with: four of the largest tiles

/// Whole matrices fill any tile and whole quads any unit.
bool fits(const vk::MatrixShape& shape) {
  const auto isSize = [](std::uint32_t size) { return size == 8 || size == 16 || size == 32; };
  return isSize(shape.rows) && isSize(shape.columns) && isSize(shape.depth);
}

std::uint32_t sizeOf(const vk::MatrixShape& shape) { return shape.rows * shape.columns * shape.depth; }

/// Of all ways to give each subgroup as many matrices, the one that loads fewest, and of such the one whose subgroups
/// have fewer of the weights, which they keep.
MatrixTile divided(const KernelChoice& choice, std::uint32_t rows, std::uint32_t tokens) {
  const std::uint32_t down = rows / choice.matrix.rows, across = tokens / choice.matrix.columns;
  const std::uint32_t subgroups = std::min(kMatMulTilesWorkgroup / choice.matrixSubgroup, down * across);
  MatrixTile best{rows, tokens, 1, 1};
  std::uint32_t fewest = ~0U;
  for (std::uint32_t ofRows = 1; ofRows <= std::min(subgroups, down); ofRows *= 2) {
    const std::uint32_t ofTokens = subgroups / ofRows;
    if (ofTokens > across) continue;
    const std::uint32_t loads = down / ofRows + across / ofTokens;
    if (loads <= fewest) fewest = loads, best = {rows, tokens, ofRows, ofTokens};
  }
  return best;
}

}  // namespace

void chooseMatrices(const vk::Caps& caps, KernelChoice& choice) {
  const std::uint32_t subgroup = caps.subgroupSize;
  const bool isWhole = std::has_single_bit(subgroup) && subgroup >= 4 && subgroup <= 128;
  if (!isWhole || caps.maxWorkgroupInvocations < kMatMulTilesWorkgroup) return;
  for (const vk::MatrixShape& shape : caps.matrixShapes)
    if (fits(shape) && sizeOf(shape) > sizeOf(choice.matrix)) choice.matrix = shape;
  if (choice.matrix.rows == 0) return;
  choice.batchTokens = kBatchTokens;
  choice.matrixSubgroup = subgroup;
  choice.asksForSubgroup = caps.hasSubgroupSizeControl && caps.minSubgroupSize != caps.maxSubgroupSize;
}

std::optional<MatrixTile> matrixTileFor(const KernelChoice& choice, const MatMulPush& push, std::uint32_t tableWords) {
  if (choice.matrix.rows == 0 || push.tokenCount < kLeastMatrixTokens) return std::nullopt;
  constexpr std::array<std::array<std::uint32_t, 2>, 4> kSizes{{{128, 128}, {128, 64}, {64, 64}, {64, 32}}};
  const std::uint32_t matrixValues = choice.matrix.rows * choice.matrix.columns;
  const std::uint32_t widest = std::max(std::bit_ceil(push.tokenCount), kSmallestTokens);
  std::optional<MatrixTile> found;
  for (const auto& [rows, tokens] : kSizes) {
    const MatrixTile tile = divided(choice, rows, tokens);
    const std::uint32_t bytes =
        matMulMatricesSharedBytes(rows, tokens, tile.subgroupsOfRows * tile.subgroupsOfTokens, matrixValues);
    if (tokens > widest || bytes + tableWords * 4 > choice.sharedBytes) continue;
    found = tile;
    if (tilesInAll(push, rows / kTileRows) * divideUp(push.tokenCount, tokens) >= choice.enoughGroups) break;
  }
  return found;
}

std::uint32_t tilesInAll(const MatMulPush& push, std::uint32_t perGroup) {
  std::uint32_t groups = 0;
  for (std::uint32_t s = 0; s < push.segments; ++s) groups += divideUp(push.segment[s].tiles, perGroup);
  return groups;
}

}  // namespace gpu
