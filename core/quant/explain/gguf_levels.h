#pragma once
#include <string>
#include <vector>

#include "core/quant/explain/block_explanation.h"

namespace core::quant {

/// The number that every value's stored bits stand for where that is not the code itself: the entry of a table, the
/// float the code reads as, a ternary digit, the level of a lattice point with its sign (and IQ1's offset). Empty for
/// types whose codes are whole numbers.
/// @param block whose fields and bytes are set
std::vector<double> ggufLevels(tensor::DType dtype, const BlockExplanation& block);

/// Of what is stored of a weight, in formulas: "q" for codes, "i" for lattice indices, "t" for ternary digits.
std::string ggufCodeSymbol(const BlockFields& fields);

}  // namespace core::quant
