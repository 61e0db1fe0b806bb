#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/quant/scale_search.h"

namespace core::quant {

/// What the encoders of the GGUF super-block types share: super-blocks of 256 values, taken eight at a time.

constexpr std::size_t kSuperBlockValues = 256;
constexpr std::size_t kChunkSuperBlocks = 8;
constexpr std::size_t kChunkValues = kChunkSuperBlocks * kSuperBlockValues;

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

/// How the values of one group become codes: (x + offset)/step to the nearest integer or, where step is 0 and the codes
/// decode to the same in any case, those that the search ended with: codeScale · (x − codeOffset). All `low` where
/// codeScale is 0, too.
struct GroupStep {
  float step;
  float offset;
  float codeScale;
  float codeOffset;
};

/// Codes low…high of consecutive groups, stored less `low`.
void encodeGroups(const float* values, std::size_t groups, std::size_t groupValues, const GroupStep* steps, float low,
                  float high, std::uint8_t* codes);

}  // namespace core::quant
