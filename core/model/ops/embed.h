#pragma once
#include <span>

#include "core/model/op.h"
#include "core/text/tokenizer.h"

namespace core::model::ops {

/// out[t] = row tokens[t] of weight.
/// @param weight [vocabulary, width]  @param tokens each in [0, vocabulary)  @param out [tokens, width]
void embed(const quant::QuantizedTensor& weight, std::span<const text::TokenId> tokens, float* out);

/// As EmbedPositions says, for tokens from firstPosition on.
/// @pre the rows are there  @param out [tokens, width]
void embedPositions(const EmbedPositions& positions, std::uint32_t firstPosition, std::size_t tokens, float* out);

}  // namespace core::model::ops
