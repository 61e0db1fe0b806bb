#include "core/numeric/typed_number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kErrorDigits = 40;  ///< shown of an endless one

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::size_t end = std::min(kShown, text.size());
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;  // not inside a letter
  std::string shown(text.substr(0, end));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
  return '"' + shown + (end < text.size() ? "…\"" : "\"");
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
double nearestDouble(const ExactDecimal& exact) {
  const std::string text = exact.toString();
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

/// The bits of the magnitude behind the last bit of the double it is truncated to.
void cutOff(const ExactDecimal& magnitude, double truncated, RoundingDecision& decision) {
  constexpr int kSmallest = -1074;
  const int unit = truncated == 0 ? kSmallest : std::max(kSmallest, std::ilogb(truncated) - 52);
  ExactDecimal rest = magnitude - ExactDecimal::fromDouble(truncated);
  const auto take = [&](int power) {
    const ExactDecimal bit = ExactDecimal::powerOfTwo(power);
    if (rest.compare(bit) < 0) return false;
    rest = rest - bit;
    return true;
  };
  decision.hasBits = true;
  decision.guard = take(unit - 1);
  decision.round = take(unit - 2);
  decision.sticky = !rest.isZero();
  decision.tie = decision.guard && !decision.round && !decision.sticky;
}

/// FP64 has no wider format to round from, so the direction is found by comparing with the exact decimal.
RoundingDecision decideFp64(const NumberFormat& format, const TypedNumber& number, Rounding rounding,
                            Overflow overflow) {
  const ExactDecimal magnitude = number.exact->magnitude();
  double value = number.nearest;
  const bool beyond = std::isinf(value);
  const bool clamp = overflow == Overflow::Saturate || rounding == Rounding::TowardZero;
  if (beyond && clamp) value = std::copysign(std::numeric_limits<double>::max(), value);
  int order = std::isinf(value) ? 1 : ExactDecimal::fromDouble(std::abs(value)).compare(magnitude);
  if (order > 0 && rounding == Rounding::TowardZero) {
    value = std::nextafter(value, 0.0);
    order = -1;
  }
  RoundingDecision decision;
  decision.code = encode(format, value);
  const double truncated = order > 0 ? std::nextafter(value, 0.0) : value;
  decision.truncatedCode = encode(format, truncated);
  decision.lastBitOdd = (decision.truncatedCode & 1U) != 0;
  if (!beyond) cutOff(magnitude, std::abs(truncated), decision);
  decision.overflow = beyond;
  decision.underflow = value == 0.0 && !number.exact->isZero();
  if (order != 0) decision.direction = order > 0 ? RoundingDirection::AwayFromZero : RoundingDirection::TowardZero;
  return decision;
}

/// A pattern keeps its code, whichever of several codes of one value or one NaN it is.
RoundingDecision keepCode(const NumberFormat& format, const TypedNumber& number, const IntegerScale& integer) {
  RoundingDecision decision =
      decideRounding(format, number.nearest, Rounding::NearestEven, Overflow::AsFormat, integer);
  decision.code = decision.truncatedCode = number.patternCode;
  return decision;
}

RoundingDecision decide(const NumberFormat& format, const TypedNumber& number, Rounding rounding, Overflow overflow,
                        const IntegerScale& integer) {
  if (number.patternFormat == format.id) return keepCode(format, number, integer);
  if (format.id == FormatId::Fp64 && number.exact && !number.patternFormat)
    return decideFp64(format, number, rounding, overflow);
  return decideRounding(format, number.oddRounded, rounding, overflow, integer);
}

/// A decimal, or a quotient of two.
std::optional<ExactDecimal> parseDecimalOrFraction(std::string_view text, TypedNumber& number) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return ExactDecimal::parse(text);
  // Doubles and the middles between them have fewer than 800 digits, so this many tell on which side a quotient lies.
  constexpr std::size_t kQuotientDigits = 1100;
  constexpr std::size_t kMaxSide = 200;
  if (slash > kMaxSide || text.size() - slash > kMaxSide) return std::nullopt;
  const auto above = ExactDecimal::parse(text.substr(0, slash));
  const auto below = ExactDecimal::parse(text.substr(slash + 1));
  if (!above || !below) return std::nullopt;
  if (below->isZero()) refuse("A fraction needs a denominator that is not zero; found " + quoted(number.text) + ".");
  ExactDecimal quotient = above->dividedBy(*below, kQuotientDigits);
  number.endless = quotient.digitCount() > kQuotientDigits;
  return quotient;
}

void parsePatternInto(TypedNumber& number, std::string_view digits, unsigned bitsPerDigit,
                      const NumberFormat& patternFormat, const IntegerScale& integer) {
  number.patternFormat = patternFormat.id;
  number.patternCode = parsePattern(number.text, digits, bitsPerDigit, patternFormat);
  number.nearest = number.oddRounded = decode(patternFormat, number.patternCode, integer);
  if (std::isfinite(number.nearest)) number.exact = ExactDecimal::fromDouble(number.nearest);
}

}  // namespace

TypedNumber parseTypedNumber(std::string_view typed, const NumberFormat& patternFormat, const IntegerScale& integer) {
  TypedNumber number;
  const std::string text = plainNumberText(typed);
  number.text = text;
  if (text.empty()) refuse("A number, inf, nan, or a bit pattern such as 0x3f80 was expected, but nothing was typed.");
  const bool negative = text.front() == '-';
  const std::string_view word = std::string_view(text).substr(negative || text.front() == '+' ? 1 : 0);
  const bool hexadecimal = word.starts_with("0x");
  const bool hexFloat = hexadecimal && word.find_first_of(".p") != std::string_view::npos;
  if ((hexadecimal && !hexFloat) || word.starts_with("0b")) {
    if (word.size() != text.size())
      refuse("The bits of a code have no sign, but found " + quoted(text) +
             "; a hexadecimal number is written with a power of two, as in -0x1.8p3.");
    parsePatternInto(number, word.substr(2), hexadecimal ? 4 : 1, patternFormat, integer);
    return number;
  }
  const bool infinite = word == "inf" || word == "infinity";
  if (infinite || word == "nan") {
    number.nearest =
        std::copysign(infinite ? kInfinity : std::numeric_limits<double>::quiet_NaN(), negative ? -1.0 : 1.0);
    number.oddRounded = number.nearest;
    return number;
  }
  number.exact = hexFloat ? ExactDecimal::parseHexFloat(text) : parseDecimalOrFraction(text, number);
  if (!number.exact && std::count(text.begin(), text.end(), ',') != 0)
    refuse("In " + quoted(text) + " a comma may group thousands or stand for the decimal point; write a point, as in " +
           "1234 or 1.234.");
  if (!number.exact)
    refuse(
        "A number such as 0.1, -1e-7, 1/3 or 0x1.8p3, inf, nan, or the bits of a code as 0x… or 0b… was expected "
        "(exponents within ±5000), but found " +
        quoted(text) + ".");
  number.nearest = nearestDouble(*number.exact);
  number.oddRounded = roundedToOdd(*number.exact, number.nearest);
  return number;
}

TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number, Rounding rounding, Overflow overflow,
                          const IntegerScale& integer) {
  TypedEncoding encoding;
  encoding.decision = decide(format, number, rounding, overflow, integer);
  const double value = decode(format, encoding.decision.code, integer);
  if (std::isfinite(value) && number.exact) encoding.error = ExactDecimal::fromDouble(value) - *number.exact;
  if (encoding.error && number.endless) encoding.error = encoding.error->truncated(kErrorDigits);
  return encoding;
}

}  // namespace core::numeric
