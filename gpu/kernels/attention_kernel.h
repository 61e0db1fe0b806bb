#pragma once
#include "core/model/executor.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Causal grouped-query attention of the batch's queries over the layer's cache.
void recordAttention(Recorder& recorder, std::span<const VkDescriptorSet> sets, const core::model::ModelConfig& config,
                     core::model::KvType type, Place query, Place out);

}  // namespace gpu
