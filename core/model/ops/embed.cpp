#include "core/model/ops/embed.h"

#include "core/quant/quantizer.h"

namespace core::model::ops {

void embed(const quant::QuantizedTensor& weight, std::span<const text::TokenId> tokens, float* out) {
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    quant::dequantizeRows(weight, static_cast<std::uint64_t>(tokens[t]), 1, out + t * weight.rowValues());
  }
}

void embedPositions(const quant::QuantizedTensor& weight, std::uint32_t firstPosition, std::size_t tokens, float* out) {
  quant::dequantizeRows(weight, firstPosition, tokens, out);
}

}  // namespace core::model::ops
