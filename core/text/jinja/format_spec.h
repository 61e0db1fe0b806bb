#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/text/jinja/builders.h"

namespace core::text::jinja {

/// How one value is laid out, by both of Python's ways to format.
struct FormatSpec {
  std::string fill = " ";  ///< one character
  char align = '\0';       ///< '<', '>', '^', '=' (between sign and digits); none: as the type has it
  char sign = '-';         ///< '-', '+', ' '
  bool alternate = false;  ///< 0x before hexadecimal digits
  std::int64_t width = 0;
  char grouping = '\0';  ///< ',' or '_' between thousands
  std::optional<std::int64_t> precision;
  char type = '\0';

  static constexpr std::int64_t kWidest = 100'000;
  static constexpr std::int64_t kMostDigits = 300;
};

/// An integer by d, x, X, o, b or c. @throws Failure for another type
void appendInteger(Text& out, std::int64_t value, const FormatSpec& spec);
/// A number by e, E, f, F, g, G or %. @throws Failure for another type
void appendFloat(Text& out, double value, const FormatSpec& spec);
/// A text, cut to the precision.
void appendPadded(Text& out, std::string_view text, const FormatSpec& spec);

/// A width or precision from the digits a format begins with, which it loses. @throws Failure beyond the limits
std::optional<std::int64_t> takeCount(std::string_view& format, std::int64_t most);
[[noreturn]] void failWidth(std::int64_t most);
[[noreturn]] void failFormat(char type, std::string_view what);

}  // namespace core::text::jinja
