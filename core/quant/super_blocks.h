#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/quant/scale_search.h"

namespace core::quant {

/// What the encoders of the GGUF super-block types share: super-blocks of 256 values, taken eight at a time.

constexpr std::size_t kSuperBlockValues = 256;
constexpr std::size_t kChunkSuperBlocks = 8;
constexpr std::size_t kChunkValues = kChunkSuperBlocks * kSuperBlockValues;

/// Lays 16 consecutive groups of `groupValues` (a multiple of 16) values side by side.
void loadLanes(const float* values, std::size_t groupValues, Lanes* lanes);

/// Up to eight super-blocks as the encoders see them: values finite and storable (finite_values.h), unused ones 0.
struct SuperBlockChunk {
  std::size_t count = 0;
  bool isWeighed = false;
  alignas(64) std::array<float, kChunkValues> values;
  alignas(64) std::array<float, kChunkValues> importance;  ///< of every value where isWeighed, by copyImportance

  /// @param importance of the same values, or null.
  void load(const float* source, std::size_t superBlocks, const float* sourceImportance);
  /// Mean square of each super-block, summed in order. Shape [kChunkSuperBlocks].
  std::array<float, kChunkSuperBlocks> meanSquares() const;
  /// Batches of 16 groups that the chunk's super-blocks fill, the last one perhaps in part.
  std::size_t batches(std::size_t groupValues) const;
  /// Lays out the values of one batch; the weights are left alone.
  void loadBatch(std::size_t batch, std::size_t groupValues, LaneGroups& groups) const;
};

/// Copies the importance of a block, of which only the ratios count; by a power of two nearer to 1 where sums of its
/// products could overflow or vanish.
void copyImportance(const float* importance, std::size_t count, float* out);

/// Weights of the groups' values x.
void weighByMagnitude(LaneGroups& groups);      ///< |x|
void weighByMeanMagnitude(LaneGroups& groups);  ///< |x| + root mean square of the group
void weighBySquare(LaneGroups& groups);         ///< x²
/// importance · sqrt(energy + x²) with one energy per lane; `importance` is [groupValues] lanes.
void weighByImportance(LaneGroups& groups, const Lanes* importance, const Lanes& energy);
/// Sum of the weights of each group.
void sumWeights(const LaneGroups& groups, Lanes& sums);

/// Calls encodeChunk(chunk, index of its first super-block) for all super-blocks, eight at a time.
template <typename EncodeChunk>
void forEachSuperBlockChunk(const float* values, std::size_t superBlocks, const float* importance,
                            const EncodeChunk& encodeChunk) {
  SuperBlockChunk chunk;
  for (std::size_t first = 0; first < superBlocks; first += kChunkSuperBlocks) {
    const std::size_t at = first * kSuperBlockValues;
    chunk.load(values + at, std::min(kChunkSuperBlocks, superBlocks - first),
               importance != nullptr ? importance + at : nullptr);
    encodeChunk(chunk, first);
  }
}

}  // namespace core::quant
