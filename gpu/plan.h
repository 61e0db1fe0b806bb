#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "core/model/observers.h"

namespace gpu {

/// One or a few operations of the graph that become one step on the device, with a barrier behind it.
///   MatMul    one to three products of the same input; with residual, an Add behind a single product
///   Glu       unfused: one Glu; fused: {gate MatMul, up MatMul, Glu}
///             either with norm: the products' input goes through it on its way
///   Rope      one or two values that are rotated alike
///   StoreKv   alone, or {query Rope, key Rope, StoreKv}: keys are rotated on their way into the cache
///   others    the operation itself
struct Step {
  core::model::OpKind kind;
  std::vector<const core::model::Op*> ops;
  core::model::ValueId residual = core::model::kNoValue;  ///< added to the product
  const core::model::Op* norm = nullptr;                  ///< RmsNorm of the products' input
  core::model::ValueId out = core::model::kNoValue;       ///< of the last operation that is part of it

  std::vector<core::model::ValueId> reads() const;
  std::vector<core::model::ValueId> writes() const;
};

/// Which operations may become one step.
struct Fusion {
  bool swiGlu = true;  ///< gate, up and SwiGLU together
  /// Whether two MatMuls with the same input can share a dispatch.
  std::function<bool(const core::model::Op&, const core::model::Op&)> canShare;
  /// Whether this MatMul can compute the RmsNorm of its input itself.
  std::function<bool(const core::model::Op& norm, const core::model::Op& product)> canNorm;
  /// [values] or empty. What is watched is written to memory; all else is fused as if nobody watched.
  std::vector<core::model::Watch> watches = {};

  bool isWatched(core::model::ValueId value) const { return !watches.empty() && watches[value]; }
};

/// The graph's operations as steps, in order. The steps point into the graph.
std::vector<Step> planSteps(const core::model::Graph& graph, const Fusion& fusion);

}  // namespace gpu
