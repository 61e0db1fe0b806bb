#pragma once
#include "core/model/op.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

/// out[t][i] = in[t][first + i · step], i < width, zeros behind it.
void recordSlice(Recorder& recorder, VkDescriptorSet set, Place in, const core::model::Slice& slice,
                 std::uint32_t width, Place out);

/// out head h = head h of first, then head h of second, or its only one. @param widths of rows
void recordJoinHeads(Recorder& recorder, VkDescriptorSet set, const core::model::JoinHeads& join, Place first,
                     std::uint32_t firstWidth, Place second, std::uint32_t secondWidth, Place out);

}  // namespace gpu
