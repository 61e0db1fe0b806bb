#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/graph.h"
#include "core/model/kv_cache.h"

namespace core::train {

/// What changing one tensor of a model alone would cost: KL(model ‖ changed), mean over the tokens, in nats.
struct DivergenceEstimate {
  std::string tensor;
  double divergence = 0.0;  ///< the two below, weighted by how many samples there are
  double bySequence = 0.0;  ///< without bias for small changes, but its spread is √2 of itself for one sample
  double byPosition = 0.0;  ///< as if what a weight does at one position had nothing to do with what it does at others
};

struct EstimateSettings {
  std::size_t draws = 4;  ///< backward passes over each sequence
  std::uint64_t seed = 1;
};

/// Of all matrices that products of the two graphs use and that differ, in the graph's order, from gradients at the
/// reference. For small changes KL ≈ ½ Δwᵀ F Δw with the Fisher matrix F = E[∇ log p(y) ∇ log p(y)ᵀ], y drawn from the
/// model's own distribution at every token (Martens 2014, "New insights and perspectives on the natural gradient
/// method", 9). Words of different tokens are drawn independently, and E[∇ log p(y)] = 0, so with G = ∇ Σ_t log p(y_t)
/// of a sequence of T tokens
///   bySequence = E[(G · Δw)²] / 2T,
/// one backward pass for all tensors. G · Δw is a sum over positions of slopes s_t = gradient of the product's output ·
/// (ΔW x_t); without the terms between positions it is byPosition = E[Σ_t s_t²] / 2T, which spreads far less.
/// With n = sequences · draws samples, divergence = (n · bySequence + 16 · byPosition) / (n + 16).
/// Roundings of activations are no part of it.
/// @param tokens whole sequences of `length`, each read alone
/// @throws Error (InvalidArgument) as ReversePass, Cancelled
std::vector<DivergenceEstimate> estimateDivergences(const model::Graph& reference, const model::Graph& compared,
                                                    std::span<const model::TokenId> tokens, std::size_t length,
                                                    const EstimateSettings& settings = {},
                                                    const JobContext& job = JobContext());

}  // namespace core::train
