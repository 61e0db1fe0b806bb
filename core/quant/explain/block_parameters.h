#pragma once
#include "core/quant/explain/block_explanation.h"

namespace core::quant {

/// A parameter for every field that is neither a weight's own nor padding, with what is stored in the block's bytes;
/// tensor first, then super-blocks, then groups.
std::vector<ExplanationParameter> storedParameters(const BlockFields& fields, std::span<const std::byte> bytes);

/// "FP16", "6-bit unsigned integer"
std::string storedAs(const BlockField& field);

}  // namespace core::quant
