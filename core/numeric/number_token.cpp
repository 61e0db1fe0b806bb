#include "core/numeric/number_token.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

[[noreturn]] void refuseToken(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool isHexadecimal(std::string_view token) { return token.starts_with("0x"); }
bool isHexFloat(std::string_view token) {
  return isHexadecimal(token) && token.find_first_of(".p") != std::string_view::npos;
}
bool isPattern(std::string_view token) {
  return (isHexadecimal(token) && !isHexFloat(token)) || token.starts_with("0b");
}

std::uint64_t readPattern(std::string_view token, const NumberFormat& format) {
  const unsigned bitsPerDigit = isHexadecimal(token) ? 4 : 1;
  std::uint64_t code = 0;
  bool any = false;
  for (const char c : token.substr(2)) {
    if (c == '_' || c == ' ') continue;
    const unsigned digit = isDigit(c)             ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                  : 99U;
    if (digit >= (1U << bitsPerDigit))
      refuseToken("A bit pattern has " + std::string(bitsPerDigit == 4 ? "hexadecimal" : "binary") + " digits, but " +
                  shortQuote(token) + " contains " + shortQuote(std::string_view(&c, 1)) + ".");
    any = true;
    if (code > (format.codeMask() >> bitsPerDigit) || ((code << bitsPerDigit) | digit) > format.codeMask())
      refuseToken("The bit pattern " + shortQuote(token) + " does not fit into the " + std::to_string(format.bits) +
                  " bits of " + format.title + ".");
    code = (code << bitsPerDigit) | digit;
  }
  if (!any) refuseToken("The bit pattern " + shortQuote(token) + " has no digits.");
  return code;
}

[[noreturn]] void refuseNumber(std::string_view token) {
  if (std::count(token.begin(), token.end(), ',') != 0)
    refuseToken("In " + shortQuote(token) +
                " a comma may group thousands or stand for the decimal point; write a point, as " +
                "in 1234 or 1.234.");
  refuseToken(
      "A number such as 0.1, -1e-7, 1/3 or 0x1.8p3, inf, nan, the bits of a code as 0x… or 0b…, or arithmetic with "
      "them "
      "was expected (exponents within ±5000), but found " +
      shortQuote(token) + ".");
}

ExactNumber power(const ExactNumber& base, unsigned exponent) {
  ExactNumber result = ExactNumber::fromInteger(1), square = base;
  for (unsigned rest = exponent; rest != 0; rest >>= 1U) {
    if ((rest & 1U) != 0) result = result * square;
    if (rest > 1) square = square * square;
  }
  return result;
}

/// Bits may stand apart as their fields do: "0b0 01111011 10011".
std::string_view takeBits(std::string_view text) {
  std::size_t end = 2;
  while (end < text.size()) {
    const bool apart = text[end] == ' ' && end + 1 < text.size() && (text[end + 1] == '0' || text[end + 1] == '1');
    if (!isDigit(text[end]) && !isLetter(text[end]) && !apart) break;
    ++end;
  }
  return text.substr(0, end);
}

/// "0x1.8p3f" as C writes a float: what a hexadecimal float says it says exactly, whatever its type.
std::string_view withoutSuffix(std::string_view token) {
  const bool isFloat = isHexFloat(token) && token.find('p') != std::string_view::npos && token.ends_with('f');
  return isFloat ? token.substr(0, token.size() - 1) : token;
}

}  // namespace

std::string_view takeNumberToken(std::string_view text) {
  if (text.starts_with("0b")) return takeBits(text);
  std::size_t end = 0;
  const bool prefixed = text.starts_with("0x");
  const auto isExponent = [&](std::size_t at) {  // the sign behind it belongs to the number
    if (prefixed) return text[at] == 'p';
    return text[at] == 'e' && at > 0 && (isDigit(text[at - 1]) || text[at - 1] == '.');
  };
  while (end < text.size() && (isDigit(text[end]) || isLetter(text[end]) || text[end] == '.' || text[end] == ',')) {
    const bool signFollows = isExponent(end) && end + 1 < text.size() && (text[end + 1] == '+' || text[end + 1] == '-');
    end += signFollows ? 2 : 1;
  }
  return text.substr(0, end);
}

Expression::Term readNumber(std::string_view token, bool hasSign, bool negative, const NumberFormat& patternFormat,
                            const CodeScale& scale) {
  Expression::Term term;
  if (isPattern(token)) {
    if (hasSign)
      refuseToken("The bits of a code have no sign, but found one before " + shortQuote(token) +
                  "; a hexadecimal number is written with a power of two, as in -0x1.8p3.");
    term.patternFormat = patternFormat;
    term.patternCode = readPattern(token, patternFormat);
    term.exact = decodeExact(patternFormat, term.patternCode, scale);
    return term;
  }
  std::optional<ExactNumber> number;
  if (token == "inf" || token == "infinity")
    number = ExactNumber::infinity(false);
  else if (token == "nan")
    number = ExactNumber::nan();
  else
    number = isHexFloat(token) ? ExactNumber::parseHexFloat(withoutSuffix(token)) : ExactNumber::parseDecimal(token);
  if (!number) refuseNumber(token);
  term.exact = negative ? number->negated() : *number;
  return term;
}

ExactNumber readPower(std::string_view base, std::string_view exponent) {
  constexpr int kMaxExponent = 20000;
  const std::optional<ExactNumber> number = ExactNumber::parseDecimal(base);
  int value = 0;
  const std::string_view digits = exponent.starts_with('+') ? exponent.substr(1) : exponent;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = result.ec == std::errc() && result.ptr == digits.data() + digits.size();
  if (!number || !whole || std::abs(value) > kMaxExponent)
    refuseToken("A power has a number and a whole exponent within ±20000, as in 2^-24, but found " +
                shortQuote(std::string(base) + "^" + std::string(exponent)) + ".");
  if (value < 0 && number->isZero()) refuseToken("A power of zero with a negative exponent has no result.");
  const ExactNumber positive = power(*number, static_cast<unsigned>(std::abs(value)));
  return value < 0 ? ExactNumber::fromInteger(1) / positive : positive;
}

}  // namespace core::numeric
