#include "gpu/kernels/elementwise_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kElementwiseWorkgroup = 64;
}

void recordElementwise(Recorder& recorder, VkDescriptorSet set, ElementwiseOp op, Place in, Place second, Place out) {
  const ElementwisePush push{
      .inQuad = in.quad(), .secondQuad = second.quad(), .resultQuad = out.quad(), .strideQuads = out.strideQuads()};
  const ElementwiseConstants constants{.workgroup = kElementwiseWorkgroup, .operation = static_cast<std::uint32_t>(op)};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("elementwise", constants.values(), sets, push,
                    {divideUp(push.strideQuads, kElementwiseWorkgroup), recorder.tokens()},
                    1.0 * out.stride * recorder.tokens());
}

}  // namespace gpu
