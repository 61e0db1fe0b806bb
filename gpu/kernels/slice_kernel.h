#pragma once
#include "core/model/op.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t][i] = in[t][first + i · step], i < width, zeros behind it.
void recordSlice(Recorder& recorder, VkDescriptorSet set, Place in, const core::model::Slice& slice,
                 std::uint32_t width, Place out);

}  // namespace gpu
