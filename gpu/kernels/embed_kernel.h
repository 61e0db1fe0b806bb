#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

enum class EmbedBy : std::uint32_t { Token, Position };

/// out[t] = row tokens[t] of the weight, or that of its position; both are in the state buffer.
void recordEmbed(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf,
                 const DeviceTensor& weight, std::uint32_t table, Place out, EmbedBy by = EmbedBy::Token);

}  // namespace gpu
