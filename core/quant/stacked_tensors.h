#pragma once
#include <span>
#include <string>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Matrices of one shape as one stack [matrices, out, in]: the experts of a folder that has a tensor for each. Codes
/// and scales are kept as they are where all are of one layout whose scales belong to rows; else the stack is float32.
/// @pre at least one  @throws Error (Unsupported) where they differ and quantize their inputs
QuantizedTensorPtr stacked(std::string name, std::span<const QuantizedTensorPtr> matrices);

/// A matrix, or each matrix of a stack, with rows and columns exchanged, its elements as they are stored; float32 of
/// what is not stored one by one.
QuantizedTensorPtr turned(const QuantizedTensor& matrix);

}  // namespace core::quant
