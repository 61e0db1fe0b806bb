#include "core/text/jinja/format_spec.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/text/jinja/value_text.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

void appendFill(Text& out, const FormatSpec& spec, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out += spec.fill;
}

/// A sign or prefix and what follows it, filled up to the width.
void appendAligned(Text& out, std::string_view head, std::string_view body, const FormatSpec& spec, char usual) {
  const auto length = static_cast<std::int64_t>(countCharacters(head) + countCharacters(body));
  const std::int64_t missing = std::max<std::int64_t>(0, spec.width - length);
  const char align = spec.align == '\0' ? usual : spec.align;
  const std::int64_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  if (align != '=') appendFill(out, spec, before);
  out += head;
  if (align == '=') appendFill(out, spec, before);
  out += body;
  appendFill(out, spec, missing - before);
}

/// Thousands apart, before a point or exponent.
std::string grouped(const std::string& digits, const FormatSpec& spec) {
  if (spec.grouping == '\0') return digits;
  const std::size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
  std::string out;
  for (std::size_t i = 0; i < whole; ++i) {
    if (i != 0 && (whole - i) % 3 == 0) out += spec.grouping;
    out += digits[i];
  }
  return out + digits.substr(whole);
}

std::string signOf(bool negative, const FormatSpec& spec) {
  return negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
}

std::string digitsOf(std::uint64_t value, int base) {
  std::array<char, 72> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, base);
  return {buffer.data(), end.ptr};
}

}  // namespace

void failFormat(char type, std::string_view what) {
  fail("The format '" + std::string(1, type) + "' needs " + std::string(what) + ".");
}

void failWidth(std::int64_t most) {
  throw Failure{ErrorCode::Unsupported, "It formats a value wider than the limit of " + std::to_string(most) + "."};
}

std::optional<std::int64_t> takeCount(std::string_view& format, std::int64_t most) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(format.data(), format.data() + format.size(), value);
  if (parsed.ptr == format.data() || format[0] == '-') return std::nullopt;
  if (parsed.ec != std::errc() || value > most) failWidth(most);
  format.remove_prefix(static_cast<std::size_t>(parsed.ptr - format.data()));
  return value;
}

void appendInteger(Text& out, std::int64_t value, const FormatSpec& spec) {
  const bool negative = value < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string head = signOf(negative, spec);
  std::string digits;
  switch (spec.type) {
    case '\0':
    case 'd':
    case 'n':
      digits = digitsOf(magnitude, 10);
      break;
    case 'x':
    case 'X':
      digits = digitsOf(magnitude, 16);
      if (spec.alternate) head += spec.type == 'x' ? "0x" : "0X";
      if (spec.type == 'X') {
        for (char& c : digits) c = static_cast<char>(c >= 'a' ? c - 0x20 : c);
      }
      break;
    case 'o':
    case 'b':
      digits = digitsOf(magnitude, spec.type == 'o' ? 8 : 2);
      if (spec.alternate) head += spec.type == 'o' ? "0o" : "0b";
      break;
    case 'c': {
      if (value < 0 || value > 0x10FFFF) failFormat('c', "the number of a character");
      std::string character;
      appendUtf8(character, static_cast<std::uint32_t>(value));
      return appendAligned(out, "", character, spec, '<');
    }
    default:
      return appendFloat(out, static_cast<double>(value), spec);
  }
  if (spec.precision && static_cast<std::int64_t>(digits.size()) < *spec.precision) {
    digits.insert(0, static_cast<std::size_t>(*spec.precision) - digits.size(), '0');
  }
  appendAligned(out, head, grouped(digits, spec), spec, '>');
}

void appendFloat(Text& out, double value, const FormatSpec& spec) {
  const bool percent = spec.type == '%';
  const std::string head = signOf(std::signbit(value) && !std::isnan(value), spec);
  const double magnitude = std::fabs(percent ? value * 100 : value);
  if (spec.type == '\0' && !spec.precision) {
    return appendAligned(out, head, grouped(floatToText(magnitude), spec), spec, '>');
  }
  if (std::string_view("eEfFgG%").find(spec.type == '\0' ? 'g' : spec.type) == std::string_view::npos) {
    failFormat(spec.type, "a value of another type, not a float");
  }
  const char type = percent ? 'f' : spec.type == '\0' ? 'g' : spec.type;
  const std::string pattern = std::string(spec.alternate ? "%#.*" : "%.*") + type;
  std::array<char, 800> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), pattern.c_str(),
                                   static_cast<int>(spec.precision.value_or(6)), magnitude);
  std::string digits(buffer.data(), static_cast<std::size_t>(length));
  if (percent) digits += '%';
  appendAligned(out, head, grouped(digits, spec), spec, '>');
}

void appendPadded(Text& out, std::string_view text, const FormatSpec& spec) {
  out.budget().read(text.size());
  if (spec.precision) {
    std::size_t end = 0;
    for (std::int64_t i = 0; i < *spec.precision && end < text.size(); ++i) {
      end += firstCharacter(text.substr(end)).length;
    }
    text = text.substr(0, end);
  }
  appendAligned(out, "", text, spec, '<');
}

}  // namespace core::text::jinja
