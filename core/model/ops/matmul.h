#pragma once
#include <cstddef>
#include <span>

#include "core/quant/quantized_tensor.h"

namespace core::model::ops {

/// out[t] = weight · in[t] (+ bias). The weight stays packed: a few rows at a time are decoded into a small buffer and
/// multiplied with every token of the batch.
/// @param weight [outWidth, inWidth]  @param bias [outWidth] or empty  @param in [tokens, inWidth]
/// @param out [tokens, outWidth]  @param columns which `in` has
void matMul(const quant::QuantizedTensor& weight, std::span<const float> bias, const float* in, std::size_t tokens,
            float* out, quant::Columns columns = quant::Columns::OfTheWeight);

/// Rows of a weight.
struct RowRange {
  std::size_t first, count;
};
/// The same with some rows of the weight. @param bias [rows.count] or empty  @param out [tokens, rows.count]
void matMulRows(const quant::QuantizedTensor& weight, const RowRange& rows, std::span<const float> bias,
                const float* in, std::size_t tokens, float* out, quant::Columns columns = quant::Columns::OfTheWeight);

}  // namespace core::model::ops
