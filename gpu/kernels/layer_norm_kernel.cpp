#include "gpu/kernels/layer_norm_kernel.h"

#include <algorithm>
#include <bit>

namespace gpu {

void recordLayerNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, std::uint32_t bias,
                     const LayerNormShape& shape, Place out) {
  constexpr std::uint32_t kFewest = 128;
  const LayerNormPush push{.from = in.offset,
                           .stride = in.stride,
                           .result = out.offset,
                           .resultStride = out.stride,
                           .weight = weight,
                           .bias = bias,
                           .width = shape.width,
                           .heads = shape.heads,
                           .epsilon = shape.epsilon};
  const bool isLanes = recorder.choice().isLanes();
  const std::uint32_t workgroup = std::clamp(std::bit_ceil(shape.width), kFewest, recorder.choice().largeWorkgroup);
  const LayerNormConstants constants{.workgroup = isLanes ? recorder.choice().lanes : workgroup};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch(isLanes ? "layer_norm.one_subgroup" : "layer_norm", constants.values(), sets, push,
                    {recorder.tokens(), shape.heads}, 3.0 * shape.width * shape.heads * recorder.tokens());
}

}  // namespace gpu
