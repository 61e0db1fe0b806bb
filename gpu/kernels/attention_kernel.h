#pragma once
#include <array>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Floats of the arena in which a graph's attention keeps the results of parts of the positions; 0 where it is never
/// split.
std::uint64_t attentionPartFloats(const core::model::Graph& graph, const KernelChoice& choice);

/// The queries of one sequence of a batch and its cache.
struct AttentionRows {
  std::uint32_t sequence, firstRow, rows;  ///< among the batch's
  std::array<VkDescriptorSet, 2> sets;     ///< the main one and that of the layer's keys and values
  core::model::KvType type;
  std::uint32_t positions;  ///< that the cache holds at most when this runs: what the work is estimated and parted by
};

/// Where attention lies and what it needs beside queries, keys and values.
struct AttentionPlaces {
  Place query, out;             ///< of the batch's first row
  std::uint32_t sinks = kNone;  ///< first constant
  std::uint32_t parts = 0;      ///< attentionPartFloats() floats of the arena
};

/// Causal grouped-query attention of the batch's queries, each over the cache of its sequence. Of few tokens and many
/// positions, parts of the positions are computed side by side on GPUs, and joined.
void recordAttention(Recorder& recorder, std::span<const AttentionRows> sequences,
                     const core::model::Attention& attention, const core::model::KvShape& kv,
                     const AttentionPlaces& places);

}  // namespace gpu
