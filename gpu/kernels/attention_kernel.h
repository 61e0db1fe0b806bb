#pragma once
#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Causal grouped-query attention of the batch's queries over the layer's cache.
/// @param positions tokens that the cache holds at most when this runs: what the work is estimated by
void recordAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::Attention& attention,
                     const core::model::KvShape& kv, core::model::KvType type, std::uint32_t positions,
                     std::uint32_t sinks, Place query, Place out);

}  // namespace gpu
