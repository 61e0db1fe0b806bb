#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace core::quant {

/// Formulas are written once, as patterns: text with names in braces, "S = {absmax}/{qmax}".

/// Up to seven significant digits, "−" and "∞" as people write them.
std::string numberText(double value);
/// The pattern with the names themselves: "S = absmax/qmax".
std::string symbolText(std::string_view pattern);
/// The pattern with a number for each name; negative ones in parentheses where they follow an operator.
std::string filledText(std::string_view pattern, const std::function<double(std::string_view name)>& valueOf);

}  // namespace core::quant
