#include "gpu/kernels/rms_norm_kernel.h"

#include <algorithm>
#include <bit>

namespace gpu {

namespace {
constexpr std::uint32_t kLeastNormWorkgroup = 128;
}  // namespace

void recordRmsNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, const RmsNormShape& shape,
                   Place out) {
  const RmsNormPush push{.inQuad = in.quad(),
                         .inStrideQuads = in.strideQuads(),
                         .resultQuad = out.quad(),
                         .resultStrideQuads = out.strideQuads(),
                         .weightQuad = weight / 4,
                         .width = shape.width,
                         .heads = shape.heads,
                         .epsilon = shape.epsilon};
  const VkDescriptorSet sets[] = {set};
  const bool lanes = recorder.choice().isLanes(), isOfHeads = shape.heads > 1;
  const std::uint32_t each = isOfHeads ? shape.width : push.resultStrideQuads;  // steps of the workgroup's loop
  const std::uint32_t workgroup =
      std::clamp(std::bit_ceil(each), kLeastNormWorkgroup, recorder.choice().largeWorkgroup);
  const RmsNormConstants constants{.workgroup = lanes ? recorder.choice().lanes : workgroup};
  const std::string shader = std::string("rms_norm") +
                             (isOfHeads ? (lanes ? ".heads_one_subgroup" : ".heads") : (lanes ? ".one_subgroup" : ""));
  recorder.dispatch(shader, constants.values(), sets, push, {recorder.tokens(), shape.heads},
                    2.0 * shape.width * shape.heads * recorder.tokens());
}

}  // namespace gpu
