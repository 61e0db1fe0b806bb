#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/numeric/expression.h"

namespace core::numeric {

/// What a person typed: a decimal, inf, nan, the bits of a code, or arithmetic with them.
struct TypedNumber {
  std::string text;                           ///< as typed, in plain letters (plainNumberText)
  ExactNumber exact;                          ///< every digit, computed without rounding; inf and nan, too
  double nearest = 0;                         ///< nearest double
  std::optional<NumberFormat> patternFormat;  ///< of a bit pattern alone
  std::uint64_t patternCode = 0;
  Expression expression;  ///< at least one term; several when it is arithmetic

  bool isEndless() const { return !exact.hasLastDigit(); }  ///< a quotient without a last digit
  bool isArithmetic() const { return expression.terms.size() > 1; }
  /// Otherwise it divides by zero or the like: `exact` and `nearest` are ±Inf or NaN, or what follows from them.
  bool hasValue() const { return expression.hasValue(); }
};

/// Reads "0.1", "-1e-7", "0,1", "1/3", "0.1 + 0.2", "-(1 - 2^-24) × 3", "0x1.8p-3", "inf", "nan", what plainNumberText
/// understands, and "0x3f80_0000" or "0b0_0111_1000": bits of a code of `patternFormat`, "_" groups, in the binary ones
/// spaces, too. What cLiteral and pythonLiteral write reads back.
/// @throws Error (InvalidArgument) with a sentence for anything else, for a pattern with more bits than the format, for
///         more than 65,536 characters or exponents beyond ±5000, and for arithmetic beyond the
///         bounds of parseExpression
TypedNumber parseTypedNumber(std::string_view text, const NumberFormat& patternFormat, const CodeScale& scale = {});

/// A typed number as a format holds it.
struct TypedEncoding {
  ExactNumber rounded;  ///< what was rounded: the typed number, or the last step's result where it has no value
  ExactRoundingDecision decision;
  /// Value of the code − typed number; nothing when either is not finite.
  std::optional<ExactNumber> error;
};

/// Rounds what was typed once, straight to the format; of arithmetic its exact result (evaluate() computes in the
/// format), and where that has no value (1/0) what the format computes, step by step. A pattern of the same format
/// keeps its code.
TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number, RoundingRule rule = {},
                          Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});

}  // namespace core::numeric
