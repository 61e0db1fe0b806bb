#pragma once
#include <string>

#include "core/quant/quantized_tensor.h"

namespace core::model {

/// A pair of factors that is added to a matrix while a model runs: W x + B (A x).
struct AdapterFactors {
  std::string target;           ///< the matrix W by its name in the model
  quant::QuantizedTensorPtr a;  ///< [rank, W's columns]
  quant::QuantizedTensorPtr b;  ///< [W's rows, rank], in W's order; its factor is what the product is multiplied by
};

}  // namespace core::model
