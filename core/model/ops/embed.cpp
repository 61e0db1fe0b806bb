#include "core/model/ops/embed.h"

#include "core/quant/quantizer.h"

namespace core::model::ops {

void embed(const quant::QuantizedTensor& weight, std::span<const text::TokenId> tokens, float* out) {
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    quant::dequantizeRows(weight, static_cast<std::uint64_t>(tokens[t]), 1, out + t * weight.rowValues());
  }
}

void embedPositions(const EmbedPositions& positions, std::uint32_t firstPosition, std::size_t tokens, float* out) {
  const quant::QuantizedTensor& weight = *positions.weight;
  if (positions.step == 1) return quant::dequantizeRows(weight, positions.rowOf(firstPosition), tokens, out);
  for (std::size_t t = 0; t < tokens; ++t)
    quant::dequantizeRows(weight, positions.first, 1, out + t * weight.rowValues());
}

}  // namespace core::model::ops
