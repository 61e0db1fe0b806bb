#include "gpu/kernels/rms_norm_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kWorkgroup = 128;
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
  const RmsNormConstants constants{.workgroup = lanes ? recorder.choice().lanes : kWorkgroup};
  recorder.dispatch(lanes ? "rms_norm.one_subgroup" : "rms_norm", constants.values(), sets, push, {recorder.tokens()},
                    2.0 * width * recorder.tokens());
}

}  // namespace gpu
