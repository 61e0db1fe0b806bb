#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/numeric/exact_number.h"
#include "core/numeric/number_format.h"
#include "core/numeric/rounding.h"

namespace core::numeric {

/// What a person typed: a decimal, inf, nan, or the bits of a code.
struct TypedNumber {
  std::string text;                           ///< as typed, in plain letters (plainNumberText)
  ExactNumber exact;                          ///< every digit; inf and nan, too
  double nearest = 0;                         ///< nearest double
  std::optional<NumberFormat> patternFormat;  ///< of a bit pattern
  std::uint64_t patternCode = 0;

  bool isEndless() const { return !exact.hasLastDigit(); }  ///< a quotient without a last digit
};

/// Reads "0.1", "-1e-7", "0,1", "1/3", "0x1.8p-3", "inf", "nan", what plainNumberText understands, and "0x3f80_0000" or
/// "0b0_0111_1000": bits of a code of `patternFormat`, "_" groups.
/// @throws Error (InvalidArgument) with a sentence for anything else, for a pattern with more bits than the format and
///         for decimals of more than 65,536 characters or exponents beyond ±5000
TypedNumber parseTypedNumber(std::string_view text, const NumberFormat& patternFormat, const CodeScale& scale = {});

/// A typed number as a format holds it.
struct TypedEncoding {
  ExactRoundingDecision decision;
  /// Value of the code − typed number; nothing when either is not finite.
  std::optional<ExactNumber> error;
};

/// Rounds what was typed once, straight to the format. A pattern of the same format keeps its code.
TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number, RoundingRule rule = {},
                          Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});

}  // namespace core::numeric
