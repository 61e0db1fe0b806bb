#include "gpu/kernels/elementwise_kernel.h"

namespace gpu {

namespace {
struct Push {
  std::uint32_t inQuad, secondQuad, outQuad, quads;
};
constexpr std::uint32_t kWorkgroup = 64;
}  // namespace

void recordElementwise(Recorder& recorder, VkDescriptorSet set, ElementwiseOp op, Place in, Place second, Place out) {
  const Push push{in.quad(), second.quad(), out.quad(), recorder.tokens() * out.strideQuads()};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("elementwise", {kWorkgroup, static_cast<std::uint32_t>(op)}, sets, push,
                    {divideUp(push.quads, kWorkgroup), 1, 1});
}

}  // namespace gpu
