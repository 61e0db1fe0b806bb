#include "gpu/kernels/rms_norm_kernel.h"

#include <algorithm>
#include <bit>

namespace gpu {

namespace {
constexpr std::uint32_t kLeastWorkgroup = 128;
}  // namespace

void recordRmsNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, std::uint32_t width,
                   float epsilon, Place out) {
  const RmsNormPush push{.inQuad = in.quad(),
                         .inStrideQuads = in.strideQuads(),
                         .resultQuad = out.quad(),
                         .resultStrideQuads = out.strideQuads(),
                         .weightQuad = weight / 4,
                         .width = width,
                         .epsilon = epsilon};
  const VkDescriptorSet sets[] = {set};
  const bool lanes = recorder.choice().isLanes();
  const std::uint32_t workgroup =
      std::clamp(std::bit_ceil(push.resultStrideQuads), kLeastWorkgroup, recorder.choice().largeWorkgroup);
  const RmsNormConstants constants{.workgroup = lanes ? recorder.choice().lanes : workgroup};
  recorder.dispatch(lanes ? "rms_norm.one_subgroup" : "rms_norm", constants.values(), sets, push, {recorder.tokens()},
                    2.0 * width * recorder.tokens());
}

}  // namespace gpu
