#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t] = in[t][first … first + width), zeros behind it.
void recordSlice(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t first, std::uint32_t width,
                 Place out);

}  // namespace gpu
