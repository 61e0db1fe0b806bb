#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::evaluate {

/// What quantizing the inputs of a layer adds to them: X̂ − X.
struct ChangedInputs {
  std::vector<float> difference;  ///< [tokens, width], of the columns that the weight is multiplied with
  quant::Columns columns = quant::Columns::OfTheWeight;
};

/// As executors quantize them (model/input_changes.h): in the order and under the factors of the stored columns.
/// @param rows [tokens, width], the weight's own columns; the tokens are quantized together (LLM.int8()'s outliers)
/// @pre weight.input
ChangedInputs inputChangeOf(const quant::QuantizedTensor& weight, std::span<const float> rows, std::size_t tokens);

}  // namespace core::evaluate
