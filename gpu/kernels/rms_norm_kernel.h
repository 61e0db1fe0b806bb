#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

struct RmsNormShape {
  std::uint32_t width;      ///< of what is normed: a row, or each of its heads
  std::uint32_t heads = 1;  ///< of a row
  float epsilon;
};

/// out[t] = in[t] / sqrt(mean(in[t]²) + epsilon) · weight.  @param weight first constant, a multiple of 4
void recordRmsNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, const RmsNormShape& shape,
                   Place out);

}  // namespace gpu
