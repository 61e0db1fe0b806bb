#pragma once
#include "gpu/kernels/recorder.h"

namespace gpu {

enum class ElementwiseOp : std::uint32_t { Add = kAddOperation, SwiGlu = kSwiGluOperation };

/// out = in + second, or silu(in) · second. All three have the same stride.
void recordElementwise(Recorder& recorder, VkDescriptorSet set, ElementwiseOp op, Place in, Place second, Place out);

}  // namespace gpu
