#pragma once
#include <string_view>

#include "core/numeric/expression.h"

namespace core::numeric {

/// Sums, differences, products and quotients with parentheses and unary minus over decimals, hexadecimal floats, powers
/// ("2^-24" is one number), inf, nan and bit patterns of `patternFormat`. One number alone is an expression of one
/// term. Bounded: kMaxNumbers numbers, kMaxDepth parentheses within each other, and ExactNumber's own bounds.
/// @param plain as plainNumberText gives it
/// @throws Error (InvalidArgument) with a sentence: what was expected and found, what is too large
Expression parseExpression(std::string_view plain, const NumberFormat& patternFormat, const CodeScale& scale = {});
inline constexpr std::size_t kMaxNumbers = 100;
inline constexpr std::size_t kMaxDepth = 50;

}  // namespace core::numeric
