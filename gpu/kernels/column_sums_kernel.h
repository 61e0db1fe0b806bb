#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

/// Σ x, Σ x² and max |x| of every column over the batch's rows, in float32: a tree of 16 sums of every sixteenth row.
/// @param result first float of three rows of in's stride  @param set any block's
void recordColumnSums(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t result);

}  // namespace gpu
