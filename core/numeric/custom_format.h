#pragma once
#include <string_view>

#include "core/numeric/number_format.h"

namespace core::numeric {

/// What a person chooses of a float of their own.
struct CustomFloat {
  std::uint32_t exponentBits = 4;  ///< 1 … 11
  std::uint32_t mantissaBits = 3;  ///< 0 … 52, without the implicit bit
  std::int32_t bias = 7;           ///< value exponent = exponent field − bias
  Specials specials = Specials::Ieee;
  bool hasSubnormals = true;
};

/// 2^(exponentBits − 1) − 1 as IEEE 754 has it; one more for FNUZ, whose convention that is.
std::int32_t usualBias(std::uint32_t exponentBits, Specials specials);

/// A float of its own, with its canonical name: "e4m3", "e5m10:bias=16,specials=fn,subnormals=off"; what is usual
/// (usualBias, ieee, on) is left out.
/// @throws Error (InvalidArgument) when a size is out of range, a value would not be a double, or no number but zero is
///         left
NumberFormat customFormat(const CustomFloat& parts);

/// A name of the table ("bf16"), or `eXmY[:bias=B,specials=ieee|fn|fnuz|none,subnormals=on|off]`, in any case and
/// order. "e4m3" is the IEEE-like format, not OCP's, which is "fp8_e4m3".
/// @throws Error (InvalidArgument) with a sentence that says what was expected
NumberFormat parseNumberFormat(std::string_view text);

const char* toString(Specials specials);  ///< "ieee", "fn", "fnuz", "none"

}  // namespace core::numeric
