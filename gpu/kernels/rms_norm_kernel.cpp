#include "gpu/kernels/rms_norm_kernel.h"

namespace gpu {

namespace {
struct Push {
  std::uint32_t inQuad, inStride, outQuad, outStride, weightQuad, width;
  float epsilon;
};
constexpr std::uint32_t kWorkgroup = 128;
}  // namespace

void recordRmsNorm(Recorder& recorder, VkDescriptorSet set, Place in, std::uint32_t weight, std::uint32_t width,
                   float epsilon, Place out) {
  const Push push{in.quad(), in.strideQuads(), out.quad(), out.strideQuads(), weight / 4, width, epsilon};
  const VkDescriptorSet sets[] = {set};
  const bool lanes = recorder.choice().isLanes();
  recorder.dispatch(lanes ? "rms_norm.one_subgroup" : "rms_norm", {lanes ? recorder.choice().lanes : kWorkgroup}, sets,
                    push, {recorder.tokens()}, 2.0 * width * recorder.tokens());
}

}  // namespace gpu
