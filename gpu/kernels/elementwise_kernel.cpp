#include "gpu/kernels/elementwise_kernel.h"

namespace gpu {

namespace {
struct Push {
  std::uint32_t inQuad, secondQuad, outQuad, rowQuads;
};
constexpr std::uint32_t kWorkgroup = 64;
}  // namespace

void recordElementwise(Recorder& recorder, VkDescriptorSet set, ElementwiseOp op, Place in, Place second, Place out) {
  const Push push{in.quad(), second.quad(), out.quad(), out.strideQuads()};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("elementwise", {kWorkgroup, static_cast<std::uint32_t>(op)}, sets, push,
                    {divideUp(push.rowQuads, kWorkgroup), recorder.tokens()}, 4.0 * push.rowQuads * recorder.tokens());
}

}  // namespace gpu
