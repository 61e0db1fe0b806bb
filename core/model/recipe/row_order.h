#pragma once
#include <cstdint>
#include <functional>

#include "core/quant/quantized_tensor.h"

namespace core::model {

/// The tensor with its rows in another order. Where rows are whole units of the layout (blocks of elements, scales by
/// row or group), codes and scales are moved as they are; else the values are decoded to FP32.
/// @param from the row of `tensor` that becomes row r; a permutation
quant::QuantizedTensorPtr reorderRows(const quant::QuantizedTensorPtr& tensor,
                                      const std::function<std::uint64_t(std::uint64_t)>& from);

}  // namespace core::model
