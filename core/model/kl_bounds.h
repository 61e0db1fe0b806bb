#pragma once
#include <span>
#include <vector>

#include "core/text/tokenizer.h"

namespace core::model {

/// A token whose probability is known of a distribution that is otherwise unknown.
struct KnownProbability {
  text::TokenId token;
  double logProbability;  ///< natural; ≤ 0
};

/// Between what a divergence lies, in nats.
struct KlBounds {
  double low = 0, high = 0;
  double missing = 0;  ///< probability of all that is not known, 0 … 1
};

/// KL(Q ‖ P) where of Q only its most probable tokens are known (the rest R of the vocabulary has the mass q_R that is
/// missing, and none of it more than the least known one, c), and P whole.
///
/// Low: all of R counts as one event. By the log-sum inequality, Σ_R q ln(q/p) ≥ q_R ln(q_R/p_R); merging events never
/// adds divergence (data processing). Source: Cover and Thomas, Elements of Information Theory, theorems 2.7.1
/// and 2.8.1. High: Σ_R q ln(q/p) is convex in q, so it is largest in a corner of {0 ≤ q ≤ c, Σ_R q = q_R}: c for each
/// of the tokens that P thinks least probable, as far as the mass goes. It is finite because P is known everywhere; the
/// other direction, KL(P ‖ Q), has no upper bound, for Q may be as near zero in R as it likes.
///
/// @param known distinct tokens; their most probable k of Q, and perhaps others
/// @param ranked how many of them, from the first, are those k: c is the least of these
/// @param logits of P: one for each token; −∞ rules a token out of both
/// @throws Error (InvalidArgument) for tokens P has no place for, or that come twice
KlBounds klBounds(std::span<const KnownProbability> known, std::size_t ranked, std::span<const float> logits);

}  // namespace core::model
