#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t] = in[t] / sqrt(mean(in[t]²) + epsilon) · weight.  @param weight first constant, a multiple of 4
void recordRmsNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, std::uint32_t width,
                   float epsilon, Place out);

}  // namespace gpu
