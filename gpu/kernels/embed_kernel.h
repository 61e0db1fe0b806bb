#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t] = row tokens[t] of the weight; the tokens are in the state buffer.
void recordEmbed(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf,
                 const DeviceTensor& weight, std::uint32_t table, Place out);

}  // namespace gpu
