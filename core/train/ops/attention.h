#pragma once
#include "core/model/graph.h"
#include "core/train/ops/batch.h"
#include "core/train/pass_weight.h"

namespace core::train::ops {

struct AttentionShape {
  std::size_t heads, kvHeads, headSize, valueHeadSize;
  float scale;
  std::size_t window;  ///< positions a query sees, itself included; 0: all before it
  float softCap;       ///< of scores; 0: none
  bool isCausal;       ///< else a query sees its whole sequence

  AttentionShape(const model::KvShape& kv, const model::Attention& attention)
      : heads(attention.heads),
        kvHeads(kv.heads),
        headSize(kv.headSize),
        valueHeadSize(kv.valueHeadSize),
        scale(attention.scale),
        window(attention.window),
        softCap(attention.softCap),
        isCausal(attention.isCausal) {}
};

/// Grouped-query attention within each sequence. No more than one head's [length, length] at a time in every
/// thread; sums of the softmax in double.
/// @param sinks scores without a value, at each sequence's α; null: none
/// @param queries [rows, heads · headSize]  @param keys [rows, kvHeads · headSize]
/// @param values [rows, kvHeads · valueHeadSize]  @param out [rows, heads · valueHeadSize]
template <typename Real>
void attention(const AttentionShape& shape, const Batch& batch, const Real* queries, const Real* keys,
               const Real* values, const PassWeight* sinks, Real* out);

/// With P the softmax of S = scale · Q Kᵀ and ∂P = ∂O Vᵀ:  ∂V = Pᵀ ∂O,  ∂S = P ∘ (∂P − rowSum(∂P ∘ P)),
/// ∂Q = scale · ∂S K,  ∂K = scale · ∂Sᵀ Q. With a soft cap, ∂S has the factor 1 − tanh²(S / softCap); of a sink,
/// ∂ = −Σ_t p_t · rowSum(∂P ∘ P), p_t being its share of the softmax. All are added to. P is computed again.
template <typename Real>
struct AttentionGradients {
  Real *queries, *keys, *values;
  Real* sinks = nullptr;  ///< [heads]; null: not wanted
};
template <typename Real>
void attentionReverse(const AttentionShape& shape, const Batch& batch, const Real* queries, const Real* keys,
                      const Real* values, const PassWeight* sinks, const Real* gradient,
                      const AttentionGradients<Real>& gradients);

}  // namespace core::train::ops
