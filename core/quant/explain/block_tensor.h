#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// A tensor of one row that is this block and nothing else: what its bytes say, decoded by the layout's own decoder.
/// For bytes that a person changed.
/// @param bytes as fieldsOf(scheme.format, values) lays them out; any bits
/// @throws Error (InvalidArgument) when they are not as many as the fields say, or the scheme cannot hold such a row
QuantizedTensor tensorOfBlock(const Scheme& scheme, std::uint32_t values, std::span<const std::byte> bytes);

}  // namespace core::quant
