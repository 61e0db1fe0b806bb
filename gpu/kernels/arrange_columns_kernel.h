#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t][k] = in[t][order[k]] · factors[k].
/// @param order, factors first constants, kNone for columns in place and factors of 1
void recordArrangeColumns(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t width, std::uint32_t order,
                          std::uint32_t factors, Place out);

}  // namespace gpu
