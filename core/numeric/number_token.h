#pragma once
#include <string_view>

#include "core/numeric/expression.h"

namespace core::numeric {

/// The number at the front of a text: a decimal with its exponent, a hexadecimal float, a bit pattern or a word, up to
/// the first character that cannot belong to one. Empty when there is none.
std::string_view takeNumberToken(std::string_view text);

/// What such a token (without "^") stands for; a bit pattern has no sign.
/// @throws Error (InvalidArgument) with a sentence
Expression::Term readNumber(std::string_view token, bool hasSign, bool negative, const NumberFormat& patternFormat,
                            const CodeScale& scale);

/// base^exponent of a decimal and a whole number as text. @throws Error (InvalidArgument) with a sentence
ExactNumber readPower(std::string_view base, std::string_view exponent);

}  // namespace core::numeric
