#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

struct LayerNormShape {
  std::uint32_t width;  ///< of what is normed: a row, or each of its heads
  std::uint32_t heads;  ///< of a row
  float epsilon;
};

/// out[t] = (in[t] − mean) / sqrt(variance + epsilon) · weight (+ bias).
/// @param weight, bias first constants; no bias is kNone
void recordLayerNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, std::uint32_t bias,
                     const LayerNormShape& shape, Place out);

}  // namespace gpu
