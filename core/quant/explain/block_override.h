#pragma once
#include <cstdint>
#include <optional>

#include "core/quant/explain/block_fields.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

// One number of a stored tensor set to other bits: a copy that differs from the tensor in nothing else, in the same
// layout, so that it runs wherever the tensor does. Blocks and their fields are those of explainStored().

/// A field of a block: blocks are counted from the left of the row.
struct FieldPlace {
  std::uint64_t row = 0, block = 0;
  std::uint32_t field = 0;  ///< of BlockFields::fields
};

/// Where the code of a weight is stored; of a lattice point or of packed digits, that of several weights.
/// @param element flat index in the model's own weight
/// @throws Error (InvalidArgument) when there is no such element, or it is kept beside the codes (LLM.int8())
FieldPlace codePlace(const QuantizedTensor& tensor, std::uint64_t element);

/// What is stored there. @throws Error (InvalidArgument) for a place that is not there
std::uint64_t fieldBits(const QuantizedTensor& tensor, const FieldPlace& place);

/// The tensor with other bits there. What several blocks share changes for all of them; maxima of 8-bit scales are
/// stored as the largest scale under them, so that such a maximum follows its scales.
/// @param bits those above the field's are ignored
/// @throws Error (InvalidArgument) for a place that is not there, or that belongs to nothing (padding)
QuantizedTensorPtr withFieldBits(const QuantizedTensor& tensor, const FieldPlace& place, std::uint64_t bits);

/// The tensor with one bit of a field the other way round. @param bit of the field's number, 0 is the lowest
/// @throws Error (InvalidArgument) as withFieldBits, and for a bit the field does not have
QuantizedTensorPtr withToggledBit(const QuantizedTensor& tensor, const FieldPlace& place, std::uint32_t bit);

/// Codes that a weight could have instead, everything else staying as it is: those that decode to the next lower and
/// the next higher value. Nothing where there is none, as at the ends.
struct CodeNeighbours {
  std::optional<std::uint64_t> lower, higher;
};
/// @throws Error (InvalidArgument) as codePlace
CodeNeighbours codeNeighbours(const QuantizedTensor& tensor, std::uint64_t element);

}  // namespace core::quant
