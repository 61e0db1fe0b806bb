#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/trace/parting.h"
#include "core/trace/replay.h"

namespace core::trace {

/// What a run with some weights exchanged says behind the last token.
struct Effect {
  double logitDifference = 0.0;  ///< logit(A) − logit(B); not finite where one of them is no number
  double divergence = 0.0;       ///< KL(reference ‖ run), in nats; NaN where a logit is no number
  bool isReferenceWord = false;  ///< A is the most probable token; never where a logit is no number
};

/// One layer's tensors together, or all outside the layers.
struct LayerEffect {
  std::optional<std::uint32_t> layer;
  Effect restored;   ///< the compared model with the reference's layer
  Effect exchanged;  ///< the reference with only the compared model's layer
};

struct TensorEffect {
  std::size_t tensor;  ///< of Replay::tensors()
  std::string name;
  std::optional<std::uint32_t> layer;
  Effect restored;
  std::optional<Effect> exchanged;  ///< of those that matter most
};

struct Restoration {
  Effect reference, compared;         ///< nothing exchanged
  std::vector<LayerEffect> layers;    ///< in the graph's order
  std::vector<TensorEffect> tensors;  ///< the one that brings d nearest to the reference's first
  std::uint64_t passes = 0;           ///< forward passes, partial ones included: at most 2 · layers + 40
};

/// What a run's logits say of a parting. @param logits, referenceLogits of the same tokens
Effect effectOf(std::span<const float> logits, const Parting& parting, std::span<const float> referenceLogits);

/// Which layer, then which tensors: each is exchanged alone and the tokens are read again. Layers first, in both
/// directions; then tensors of the layers that matter, as far as passes are left.
/// @param compared restores  @param reference the same the other way round: Replay(reference, compared, …)
/// @param onLayers told the layers as soon as all are known; may be empty
/// @throws Error (Unsupported) when both have the same weights, Cancelled
Restoration restoreTensors(Replay& compared, Replay& reference, const Parting& parting,
                           const std::function<void(const Restoration&)>& onLayers = {},
                           const JobContext& job = JobContext());

}  // namespace core::trace
