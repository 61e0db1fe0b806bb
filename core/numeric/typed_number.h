#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/numeric/exact_decimal.h"
#include "core/numeric/number_format.h"
#include "core/numeric/rounding.h"

namespace core::numeric {

/// What a person typed: a decimal, inf, nan, or the bits of a code.
struct TypedNumber {
  std::string text;                   ///< as typed, in plain letters (plainNumberText)
  std::optional<ExactDecimal> exact;  ///< every digit; nothing for inf and nan
  bool endless = false;  ///< a quotient without a last digit: `exact` has its first ones, enough to round it rightly
  double nearest = 0;    ///< nearest double
  /// Rounded to odd in 53 bits: rounding it again, to a format of fewer than 52, gives what the exact value would.
  double oddRounded = 0;
  std::optional<FormatId> patternFormat;  ///< of a bit pattern
  std::uint64_t patternCode = 0;
};

/// Reads "0.1", "-1e-7", "0,1", "1/3", "0x1.8p-3", "inf", "nan", what plainNumberText understands, and "0x3f80_0000" or
/// "0b0_0111_1000": bits of a code of `patternFormat`, "_" groups.
/// @throws Error (InvalidArgument) with a sentence for anything else, for a pattern with more bits than the format and
///         for decimals of more than 65,536 characters or exponents beyond ±5000
TypedNumber parseTypedNumber(std::string_view text, const NumberFormat& patternFormat,
                             const IntegerScale& integer = {});

/// A typed number as a format holds it.
struct TypedEncoding {
  RoundingDecision decision;
  /// Value of the code − typed number, all digits (of an endless number the first 40); nothing when either is not
  /// finite.
  std::optional<ExactDecimal> error;
};

/// Rounds what was typed once, straight to the format. A pattern of the same format keeps its code.
TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number,
                          Rounding rounding = Rounding::NearestEven, Overflow overflow = Overflow::AsFormat,
                          const IntegerScale& integer = {});

}  // namespace core::numeric
