#pragma once
#include "core/quant/explain/block_explanation.h"

namespace core::quant {

/// Adds whole sentences about shared numbers that the type they are stored in is too narrow for (a scale beyond the
/// largest FP16 number, one that becomes 0) and about finite weights that do not come back finite. The range is then
/// what the levels span, not what was asked for.
void noteLimits(BlockExplanation& out);

}  // namespace core::quant
