#include "core/numeric/typed_number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace core::numeric {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  return '"' + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "…\"" : "\"");
}

std::uint64_t parsePattern(std::string_view text, std::string_view digits, unsigned bitsPerDigit,
                           const NumberFormat& format) {
  std::uint64_t code = 0;
  bool any = false;
  for (const char c : digits) {
    if (c == '_') continue;
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                  : 99U;
    if (digit >= (1U << bitsPerDigit))
      refuse("A bit pattern has " + std::string(bitsPerDigit == 4 ? "hexadecimal" : "binary") + " digits, but " +
             quoted(text) + " contains \"" + c + "\".");
    any = true;
    if (code > (format.codeMask() >> bitsPerDigit) || ((code << bitsPerDigit) | digit) > format.codeMask())
      refuse("The bit pattern " + quoted(text) + " does not fit into the " + std::to_string(format.bits) + " bits of " +
             std::string(format.title) + ".");
    code = (code << bitsPerDigit) | digit;
  }
  if (!any) refuse("The bit pattern " + quoted(text) + " has no digits.");
  return code;
}

/// Nearest double of a decimal; beyond the range ±Inf and ±0, as IEEE 754 rounds.
double nearestDouble(const ExactDecimal& exact, std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc::result_out_of_range) return value;
  const double magnitude = exact.decimalExponent() > 0 ? kInfinity : 0.0;
  return exact.isNegative() ? -magnitude : magnitude;
}

double roundedToOdd(const ExactDecimal& exact, double nearest) {
  if (std::isinf(nearest)) return std::copysign(std::numeric_limits<double>::max(), nearest);
  const int order = exact.compare(ExactDecimal::fromDouble(nearest));
  if (order == 0 || (std::bit_cast<std::uint64_t>(nearest) & 1U) != 0) return nearest;
  return std::nextafter(nearest, order > 0 ? kInfinity : -kInfinity);
}

/// FP64 has no wider format to round from, so the direction is found by comparing with the exact decimal.
RoundingDecision decideFp64(const NumberFormat& format, const TypedNumber& number, Rounding rounding,
                            Overflow overflow) {
  double value = number.nearest;
  const bool beyond = std::isinf(value);
  const bool clamp = overflow == Overflow::Saturate || rounding == Rounding::TowardZero;
  if (beyond && clamp) value = std::copysign(std::numeric_limits<double>::max(), value);
  int order = std::isinf(value) ? 1
                                : ExactDecimal::fromDouble(std::abs(value))
                                      .compare(number.exact->isNegative() ? number.exact->negated() : *number.exact);
  if (order > 0 && rounding == Rounding::TowardZero) {
    value = std::nextafter(value, 0.0);
    order = -1;
  }
  RoundingDecision decision;
  decision.code = encode(format, value);
  const double truncated = order > 0 ? std::nextafter(value, 0.0) : value;
  decision.truncatedCode = encode(format, truncated);
  decision.lastBitOdd = (decision.truncatedCode & 1U) != 0;
  decision.overflow = beyond;
  decision.underflow = value == 0.0 && !number.exact->isZero();
  if (order != 0) decision.direction = order > 0 ? RoundingDirection::AwayFromZero : RoundingDirection::TowardZero;
  return decision;
}

RoundingDecision decide(const NumberFormat& format, const TypedNumber& number, Rounding rounding, Overflow overflow,
                        const IntegerScale& integer) {
  if (number.patternFormat == format.id) {
    RoundingDecision decision;
    decision.code = decision.truncatedCode = number.patternCode;
    return decision;
  }
  if (format.id == FormatId::Fp64 && number.exact && !number.patternFormat)
    return decideFp64(format, number, rounding, overflow);
  return decideRounding(format, number.oddRounded, rounding, overflow, integer);
}

}  // namespace

TypedNumber parseTypedNumber(std::string_view typed, const NumberFormat& patternFormat, const IntegerScale& integer) {
  TypedNumber number;
  number.text = std::string(trimmed(typed));
  const std::string text = lowered(number.text);
  if (text.empty()) refuse("A number, inf, nan, or a bit pattern such as 0x3f80 was expected, but nothing was typed.");
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal || text.starts_with("0b")) {
    number.patternFormat = patternFormat.id;
    number.patternCode =
        parsePattern(number.text, std::string_view(text).substr(2), hexadecimal ? 4 : 1, patternFormat);
    number.nearest = number.oddRounded = decode(patternFormat, number.patternCode, integer);
    if (std::isfinite(number.nearest)) number.exact = ExactDecimal::fromDouble(number.nearest);
    return number;
  }
  const bool negative = text.front() == '-';
  const std::string_view word = std::string_view(text).substr(negative || text.front() == '+' ? 1 : 0);
  const bool infinite = word == "inf" || word == "infinity";
  if (infinite || word == "nan") {
    number.nearest =
        std::copysign(infinite ? kInfinity : std::numeric_limits<double>::quiet_NaN(), negative ? -1.0 : 1.0);
    number.oddRounded = number.nearest;
    return number;
  }
  number.exact = ExactDecimal::parse(text);
  if (!number.exact)
    refuse(
        "A number such as 0.1 or -1e-7, inf, nan, 0x… or 0b… was expected (at most 4096 characters, exponents within "
        "±5000), but found " +
        quoted(number.text) + ".");
  number.nearest = nearestDouble(*number.exact, text);
  number.oddRounded = roundedToOdd(*number.exact, number.nearest);
  return number;
}

TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number, Rounding rounding, Overflow overflow,
                          const IntegerScale& integer) {
  TypedEncoding encoding;
  encoding.decision = decide(format, number, rounding, overflow, integer);
  const double value = decode(format, encoding.decision.code, integer);
  if (std::isfinite(value) && number.exact) encoding.error = ExactDecimal::fromDouble(value) - *number.exact;
  return encoding;
}

}  // namespace core::numeric
