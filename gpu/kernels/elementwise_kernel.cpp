#include "gpu/kernels/elementwise_kernel.h"

namespace gpu {

namespace {
constexpr std::uint32_t kElementwiseWorkgroup = 64;
}

ElementwiseOp elementwiseOf(core::model::Activation activation) {
  switch (activation) {
    case core::model::Activation::None:
      return ElementwiseOp::Product;
    case core::model::Activation::Sigmoid:
      return ElementwiseOp::SigmoidGlu;
    case core::model::Activation::Silu:
      break;
    case core::model::Activation::GeluTanh:
      return ElementwiseOp::GeGlu;
    case core::model::Activation::ClampedSwish:
      return ElementwiseOp::ClampedSwiGlu;
  }
  return ElementwiseOp::SwiGlu;
}

ElementwiseOp elementwiseOf(core::model::Map::Function function) {
  using Function = core::model::Map::Function;
  switch (function) {
    case Function::Scale:
      break;
    case Function::SoftCap:
      return ElementwiseOp::SoftCap;
    case Function::GeluTanh:
      return ElementwiseOp::Gelu;
    case Function::GeluErf:
      return ElementwiseOp::GeluErf;
    case Function::Silu:
      return ElementwiseOp::Silu;
    case Function::Sigmoid:
      return ElementwiseOp::Sigmoid;
    case Function::Softplus:
      return ElementwiseOp::Softplus;
    case Function::Exp:
      return ElementwiseOp::Exp;
  }
  return ElementwiseOp::Scale;
}

bool keepsZero(core::model::Map::Function function) { return elementwiseOf(function) < ElementwiseOp::Silu; }

void recordElementwise(Recorder& recorder, VkDescriptorSet set, ElementwiseOp op, Place in, Place second, Place out,
                       float parameter) {
  const ElementwisePush push{.inQuad = in.quad(),
                             .secondQuad = second.quad(),
                             .resultQuad = out.quad(),
                             .strideQuads = out.strideQuads(),
                             .parameter = parameter};
  const ElementwiseConstants constants{.workgroup = kElementwiseWorkgroup, .operation = static_cast<std::uint32_t>(op)};
  const VkDescriptorSet sets[] = {set};
  recorder.dispatch("elementwise", constants.values(), sets, push,
                    {divideUp(push.strideQuads, kElementwiseWorkgroup), recorder.tokens()},
                    1.0 * out.stride * recorder.tokens());
}

}  // namespace gpu
