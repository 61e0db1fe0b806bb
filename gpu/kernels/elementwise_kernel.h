#pragma once
#include "core/model/op.h"
#include "gpu/kernels/recorder.h"

namespace gpu {

enum class ElementwiseOp : std::uint32_t {
  Add = kAddOperation,
  SwiGlu = kSwiGluOperation,
  GeGlu = kGeGluOperation,
  Scale = kScaleOperation,
  SoftCap = kSoftCapOperation,
  Gelu = kGeluOperation,
  ClampedSwiGlu = kClampedSwiGluOperation,
  Product = kProductOperation,
  SigmoidGlu = kSigmoidGluOperation,
  GeluErf = kGeluErfOperation,
  Silu = kSiluOperation,
  Sigmoid = kSigmoidOperation,
  Softplus = kSoftplusOperation,
  Exp = kExpOperation
};
ElementwiseOp elementwiseOf(core::model::Activation activation);
ElementwiseOp elementwiseOf(core::model::Map::Function function);
/// Whether the kernel below knows it: padding must stay 0.
bool keepsZero(core::model::Map::Function function);

/// out = f(in, second), or of an operation on one value f(in). All have the same stride.
/// @param parameter of Scale and SoftCap
void recordElementwise(Recorder& recorder, VkDescriptorSet set, ElementwiseOp op, Place in, Place second, Place out,
                       float parameter = 1.0F);

}  // namespace gpu
