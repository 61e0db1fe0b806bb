#pragma once
#include <span>

#include "core/quant/quantized_tensor.h"
#include "core/text/tokenizer.h"

namespace core::model::ops {

/// out[t] = row tokens[t] of weight.
/// @param weight [vocabulary, width]  @param tokens each in [0, vocabulary)  @param out [tokens, width]
void embed(const quant::QuantizedTensor& weight, std::span<const text::TokenId> tokens, float* out);

/// out[t] = row firstPosition + t of weight.
/// @param weight [positions, width]  @pre firstPosition + tokens ≤ positions  @param out [tokens, width]
void embedPositions(const quant::QuantizedTensor& weight, std::uint32_t firstPosition, std::size_t tokens, float* out);

}  // namespace core::model::ops
