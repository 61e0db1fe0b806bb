#pragma once
#include "core/quant/explain/stored_block.h"

namespace core::quant {

/// describeStored for codes under scales and for code books; returns the pattern of the decoded column.
std::string describeGroup(const QuantizedTensor& tensor, const BlockPlace& place, BlockExplanation& out);

}  // namespace core::quant
