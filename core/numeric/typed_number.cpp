#include "core/numeric/typed_number.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

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
             shortQuote(text) + " contains \"" + c + "\".");
    any = true;
    if (code > (format.codeMask() >> bitsPerDigit) || ((code << bitsPerDigit) | digit) > format.codeMask())
      refuse("The bit pattern " + shortQuote(text) + " does not fit into the " + std::to_string(format.bits) +
             " bits of " + format.title + ".");
    code = (code << bitsPerDigit) | digit;
  }
  if (!any) refuse("The bit pattern " + shortQuote(text) + " has no digits.");
  return code;
}

/// A pattern keeps its code, whichever of several codes of one value or one NaN it is.
ExactRoundingDecision keepCode(const NumberFormat& format, const TypedNumber& number, const CodeScale& scale) {
  ExactRoundingDecision decision =
      decideRounding(format, number.exact, Rounding::NearestEven, Overflow::AsFormat, scale);
  decision.code = decision.truncatedCode = number.patternCode;
  return decision;
}

/// A decimal, or a quotient of two.
std::optional<ExactNumber> parseDecimalOrFraction(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return ExactNumber::parseDecimal(text);
  const auto above = ExactNumber::parseDecimal(text.substr(0, slash));
  const auto below = ExactNumber::parseDecimal(text.substr(slash + 1));
  if (!above || !below) return std::nullopt;
  if (below->isZero()) refuse("A fraction needs a denominator that is not zero; found " + shortQuote(text) + ".");
  return *above / *below;
}

void parsePatternInto(TypedNumber& number, std::string_view digits, unsigned bitsPerDigit,
                      const NumberFormat& patternFormat, const CodeScale& scale) {
  number.patternFormat = patternFormat;
  number.patternCode = parsePattern(number.text, digits, bitsPerDigit, patternFormat);
  number.exact = decodeExact(patternFormat, number.patternCode, scale);
  number.nearest = nearestDouble(number.exact);
}

}  // namespace

TypedNumber parseTypedNumber(std::string_view typed, const NumberFormat& patternFormat, const CodeScale& scale) {
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
      refuse("The bits of a code have no sign, but found " + shortQuote(text) +
             "; a hexadecimal number is written with a power of two, as in -0x1.8p3.");
    parsePatternInto(number, word.substr(2), hexadecimal ? 4 : 1, patternFormat, scale);
    return number;
  }
  const bool infinite = word == "inf" || word == "infinity";
  if (infinite || word == "nan") {
    number.exact = infinite ? ExactNumber::infinity(negative) : ExactNumber::nan(negative);
    number.nearest = nearestDouble(number.exact);
    return number;
  }
  const auto exact = hexFloat ? ExactNumber::parseHexFloat(text) : parseDecimalOrFraction(text);
  if (!exact && std::count(text.begin(), text.end(), ',') != 0)
    refuse("In " + shortQuote(text) +
           " a comma may group thousands or stand for the decimal point; write a point, as in " + "1234 or 1.234.");
  if (!exact)
    refuse(
        "A number such as 0.1, -1e-7, 1/3 or 0x1.8p3, inf, nan, or the bits of a code as 0x… or 0b… was expected "
        "(exponents within ±5000), but found " +
        shortQuote(text) + ".");
  number.exact = *exact;
  number.nearest = nearestDouble(number.exact);
  return number;
}

TypedEncoding encodeTyped(const NumberFormat& format, const TypedNumber& number, RoundingRule rule, Overflow overflow,
                          const CodeScale& scale) {
  TypedEncoding encoding;
  encoding.decision = number.patternFormat == format ? keepCode(format, number, scale)
                                                     : decideRounding(format, number.exact, rule, overflow, scale);
  const ExactNumber value = decodeExact(format, encoding.decision.code, scale);
  if (value.isFinite() && number.exact.isFinite()) encoding.error = value - number.exact;
  return encoding;
}

}  // namespace core::numeric
