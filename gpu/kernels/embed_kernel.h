#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t] = row tokens[t] of the weight or, of `positions`, that of its position; both are in the state buffer.
void recordEmbed(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf,
                 const DeviceTensor& weight, std::uint32_t table, Place out,
                 const core::model::EmbedPositions* positions = nullptr);

}  // namespace gpu
