#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/model/ops/kv_rows.h"

namespace core::model::ops {

struct AttentionShape {
  std::size_t heads;
  std::size_t kvHeads;   ///< divides heads: consecutive heads share keys and values
  std::size_t headSize;  ///< of queries and keys
  std::size_t valueHeadSize;
  float scale;                ///< of the products, usually 1 / sqrt(headSize)
  std::size_t slidingWindow;  ///< positions a query sees, itself included; 0: all before it
  float softCap = 0.0F;       ///< scores are softCap · tanh(score / softCap); 0: as they are
  bool isCausal = true;       ///< else every query sees all positions up to the last token's
};

/// Grouped-query attention (Vaswani et al. 2017; Ainslie et al. 2023):
/// out[t, h] = Σ_p softmax_p(q[t, h] · key[p, h/group] · scale) · value[p, h/group],  p ≤ firstPosition + t where
/// causal. The softmax runs over blocks of positions with a running maximum, so memory does not grow with the context.
/// Sinks are scores that take part in the softmax and have no value.
/// @param queries [tokens, heads, headSize]  @param sinks [heads], or empty: none  @param out [tokens, heads,
/// valueHeadSize]
void attention(const AttentionShape& shape, const float* queries, std::size_t tokens, std::uint32_t firstPosition,
               const KvRows& keys, const KvRows& values, std::span<const float> sinks, float* out);

}  // namespace core::model::ops
