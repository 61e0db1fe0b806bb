#pragma once
#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Floats of the arena in which a graph's attention keeps the results of parts of the positions; 0 where it is never
/// split.
std::uint64_t attentionPartFloats(const core::model::Graph& graph, const KernelChoice& choice);

/// Where attention lies and what it needs beside queries, keys and values.
struct AttentionPlaces {
  Place query, out;
  std::uint32_t sinks = kNone;  ///< first constant
  std::uint32_t parts = 0;      ///< attentionPartFloats() floats of the arena
};

/// Causal grouped-query attention of the batch's queries over the layer's cache. Of few tokens and many positions,
/// parts of the positions are computed side by side on GPUs, and joined.
/// @param positions tokens that the cache holds at most when this runs: what the work is estimated and parted by
void recordAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::Attention& attention,
                     const core::model::KvShape& kv, core::model::KvType type, std::uint32_t positions,
                     const AttentionPlaces& places);

}  // namespace gpu
