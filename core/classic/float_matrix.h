#pragma once
#include <span>

#include "core/quant/quantized_tensor.h"
#include "core/tensor/tensor_view.h"

namespace core::classic {

/// Values as a stored matrix [rows, values / rows], for whatever takes one. The values have to stay where they are.
inline quant::QuantizedTensor floatMatrix(std::span<const float> values, std::size_t rows) {
  return tensor::TensorView{"weight", tensor::DType::F32, {rows, values.size() / rows}, std::as_bytes(values), nullptr};
}

}  // namespace core::classic
