#pragma once
#include <cstddef>
#include <span>

#include "core/model/op.h"

namespace core::model::ops {

/// What of ExpertMatMul's rows belongs to a token and one of its experts.
struct ExpertSlots {
  std::size_t used;
  std::size_t inWidth;   ///< of a row of the input, all slots together
  std::size_t outWidth;  ///< of the result's
};

/// Slot k of out[t] = weight[e] · in[t] (+ bias[e]) for the experts e = routes[t][k] of every token. Tokens of one
/// expert meet its matrix together. Where the weight asks for it (QuantizedTensor::input), inputs are quantized first,
/// each row for itself (quantize_rows.h): a token's, or each slot's. Outlier columns of LLM.int8() are those of all
/// these rows, whichever expert reads them.
/// @param bias [experts · rows of each], or empty  @param routes [tokens, 2 · used] (route.h)
void expertMatMul(const ExpertMatMul& product, std::span<const float> bias, const ExpertSlots& slots, const float* in,
                  const float* routes, std::size_t tokens, float* out);

/// out[t] = Σ_k weight k of the routes · slot k of in[t].
/// @param in [tokens, used · slotStride(width)]  @param out [tokens, width]
void mixExperts(std::size_t used, const float* in, const float* routes, std::size_t tokens, std::size_t width,
                float* out);

}  // namespace core::model::ops
