#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/quant/quantized_tensor.h"

namespace core::model {

/// Whether rows are whole units of the layout (blocks of elements, scales by row or group), so that they can be moved
/// as they are stored.
bool hasWholeRows(const quant::QuantizedTensor& tensor);

/// What a scheme is of once rows have been moved: absmax values under double quantization lie in blocks that may span
/// rows, so that they are stored decoded.
quant::Scheme reorderedScheme(quant::Scheme scheme);

/// The tensor with its rows in another order. Codes and scales of whole rows are moved as they are; else the values are
/// decoded to FP32.
/// @param from the row of `tensor` that becomes row r; a permutation
quant::QuantizedTensorPtr reorderRows(const quant::QuantizedTensorPtr& tensor,
                                      const std::function<std::uint64_t(std::uint64_t)>& from);

/// The same with columns. Elements that are stored one by one are moved as they are; else the values are decoded to
/// FP32.
quant::QuantizedTensorPtr reorderColumns(const quant::QuantizedTensorPtr& tensor,
                                         const std::function<std::uint64_t(std::uint64_t)>& from);

/// Rows of matrices with as many columns, one below the other. Elements of one type are moved as reorderRows() does;
/// else the values are decoded to FP32.
/// @param from the row of all of them together that becomes row r, r < count; with the first one's name
/// @param shape of the result: count rows
quant::QuantizedTensorPtr joinRows(std::span<const quant::QuantizedTensorPtr> tensors, std::uint64_t count,
                                   const std::function<std::uint64_t(std::uint64_t)>& from, tensor::Shape shape);

/// One matrix of a stack [matrices, out, in], its rows taken out of it as reorderRows() moves them.
/// @pre index < matrices
quant::QuantizedTensorPtr matrixOf(const quant::QuantizedTensorPtr& stack, std::uint64_t index, std::string name);

}  // namespace core::model
