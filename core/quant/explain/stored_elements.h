#pragma once
#include "core/quant/explain/stored_block.h"

namespace core::quant {

/// describeStored for plain elements and GGUF blocks; returns the pattern of the decoded column.
std::string describeElements(const QuantizedTensor& tensor, const BlockPlace& place, BlockExplanation& out);

}  // namespace core::quant
