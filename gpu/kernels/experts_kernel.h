#pragma once
#include <functional>

#include "core/model/op.h"
#include "gpu/kernels/matmul_kernel.h"

namespace gpu {

/// First constants of a Route's vectors, or kNone.
struct RouteVectors {
  std::uint32_t weight, bias;
};
/// out[t] = which experts token t goes through, and how much each counts. @param experts columns of the logits
void recordRoute(Recorder& recorder, VkDescriptorSet set, Place logits, std::uint32_t experts,
                 const core::model::Route& route, const RouteVectors& vectors, Place out);

/// A product with the matrices of a stack that each token goes through.
struct ExpertsTarget {
  MatMulTarget product;     ///< the whole stack; its bias, if any, has a stride of whole tiles of rows
  Place routes;             ///< of Route
  std::uint32_t used;       ///< slots of a token
  std::uint32_t slotWidth;  ///< words between the slots of the input; 0: all read the same row
  std::optional<CodedInputs> coded;
};
void recordExpertMatMul(Recorder& recorder, const std::function<VkDescriptorSet(const WeightBlock&)>& setOf, Place in,
                        const ExpertsTarget& target);

/// out[t] = Σ_k weight k of the routes · slot k of in[t]
void recordMixExperts(Recorder& recorder, VkDescriptorSet set, Place in, Place routes, std::uint32_t used, Place out);

}  // namespace gpu
