#pragma once
#include <span>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// The tensor as float32 values of its own: its name, its inputs' quantizer where that makes no codes (integers meet
/// integers only), and the type that products with it run in; nothing else of how it was stored.
/// @param columns which the copy has
std::shared_ptr<QuantizedTensor> decodedCopy(const QuantizedTensor& tensor, Columns columns = Columns::OfTheWeight);

/// The values of a decoded copy, to be changed while nobody else has it.
std::span<float> valuesOf(QuantizedTensor& copy);

}  // namespace core::quant
