#pragma once
#include "core/model/executor.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Causal grouped-query attention of the batch's queries over the layer's cache.
/// @param positions tokens that the cache holds at most when this runs: what the work is estimated by
void recordAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::ModelConfig& config,
                     core::model::KvType type, std::uint32_t positions, Place query, Place out);

}  // namespace gpu
