#pragma once
#include <cstddef>

#include "core/io/checkpoint.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// One weight of a checkpoint as people think of it: its elements as they are stored (zero copy), or assembled from the
/// pieces its program stored. Everything that reads weights of a model comes through here.
/// @pre index < checkpoint.tensors().size()
/// @throws Error (Unsupported) when its bytes are no weights or have no decoder, (InvalidFile) when its pieces
///         contradict each other
QuantizedTensorPtr loadTensor(const io::Checkpoint& checkpoint, std::size_t index);
/// @throws Error (NotFound) too
QuantizedTensorPtr loadTensor(const io::Checkpoint& checkpoint, std::string_view name);

/// Whether loadTensor can read it.
bool isLoadable(const io::TensorInfo& tensor);
/// The dtype of its elements; nothing for codes.
std::optional<tensor::DType> elementType(const io::TensorInfo& tensor);

}  // namespace core::quant
