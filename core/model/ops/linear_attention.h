#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::model::ops {

/// Rows of the five inputs of a LinearAttention, as that says.
struct LinearAttentionInputs {
  const float *query, *key, *value, *decay, *strength;
};

/// Token by token, as LinearAttention says.
/// @param from [heads, keySize, valueSize] S before these tokens; null: 0  @param to S when they are through
/// @param out [tokens, heads · valueSize]
void linearAttention(const LinearAttention& shape, const LinearAttentionInputs& in, std::size_t tokens,
                     const float* from, float* to, float* out);

}  // namespace core::model::ops
