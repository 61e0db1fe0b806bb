#pragma once
#include "core/model/op.h"
#include "core/train/ops/batch.h"

namespace core::train::ops {

/// Rows of the five inputs of a model::LinearAttention.
template <typename Real>
struct LinearAttentionInputs {
  const Real *query, *key, *value, *decay, *strength;
};
/// As model::LinearAttention says, from an empty past on for each sequence. @param out [rows, heads · valueSize]
template <typename Real>
void linearAttention(const model::LinearAttention& shape, const Batch& batch, const LinearAttentionInputs<Real>& in,
                     Real* out);

/// What is added to, as long as the inputs; null: not wanted.
template <typename Real>
struct LinearAttentionGradients {
  Real *query, *key, *value, *decay, *strength;
};
/// Back through time. With S' = a · S₋, m = S'ᵀk (0 unless isDelta), u = b · (v − m), S = S' + k uᵀ, o = scale · Sᵀq
/// and D the gradient of S, to which token t adds scale · q ∂oᵀ:
///   ∂q = scale · S ∂o,  ∂u = Dᵀk,  ∂k = D u + S' ∂m,  ∂b = ∂u · (v − m),  ∂v = b · ∂u,  ∂m = −∂v,
///   D' = D + k ∂mᵀ,  ∂a = Σ D' ∘ S₋,  and D of the token before is a · D'.
/// Keeps the S of every token of one head at a time.
template <typename Real>
void linearAttentionReverse(const model::LinearAttention& shape, const Batch& batch,
                            const LinearAttentionInputs<Real>& in, const Real* gradient,
                            const LinearAttentionGradients<Real>& gradients);

}  // namespace core::train::ops
