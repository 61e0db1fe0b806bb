#pragma once
#include "core/quant/explain/stored_block.h"

namespace core::quant {

/// The columns of formats whose code is the index of the nearest level: t = x in units of the scale, v = the level,
/// u = its code. The level comes from the stored code.
void addDivideAndRound(BlockExplanation& out, std::string dividePattern, std::vector<double> divided,
                       const std::string& ties);

}  // namespace core::quant
