#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>

#include "core/numeric/exact_number.h"
#include "core/numeric/exact_rational.h"

namespace core::numeric {

namespace {

bool isDigit(char c, int base) {
  if (c >= '0' && c <= '9') return true;
  return base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

std::string_view takeDigits(std::string_view& text, int base = 10) {
  std::size_t count = 0;
  while (count < text.size() && isDigit(text[count], base)) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool takeSign(std::string_view& text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

/// digits[.digits] as an integer, and how many of them stand behind the point.
struct Digits {
  std::string all;
  std::int64_t places = 0;
};

std::optional<Digits> takeNumber(std::string_view& text, int base) {
  Digits digits{std::string(takeDigits(text, base)), 0};
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::string_view fraction = takeDigits(text, base);
    digits.all += fraction;
    digits.places = static_cast<std::int64_t>(fraction.size());
  }
  if (digits.all.empty()) return std::nullopt;
  return digits;
}

/// The exponent behind one of two letters at the front of the text; 0 where there is none of them.
std::optional<std::int64_t> takeExponent(std::string_view& text, std::string_view letters, std::int64_t largest) {
  if (text.empty() || letters.find(text.front()) == std::string_view::npos) return 0;
  text.remove_prefix(1);
  const bool negative = takeSign(text);
  const std::string_view digits = takeDigits(text);
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || result.ec != std::errc() || value > largest) return std::nullopt;
  return negative ? -value : value;
}

mpz_class powerOf(unsigned base, std::uint64_t exponent) {
  mpz_class power;
  mpz_ui_pow_ui(power.get_mpz_t(), base, exponent);
  return power;
}

/// How often the prime divides the number; what is left replaces it.
std::uint64_t removeFactor(mpz_class& number, unsigned prime) {
  const mpz_class factor(prime);
  return mpz_remove(number.get_mpz_t(), number.get_mpz_t(), factor.get_mpz_t());
}

/// A point `places` digits before the end, zeros in front where there are too few digits, none behind it.
std::string withPoint(std::string digits, std::size_t places) {
  if (places == 0) return digits;
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

/// Significant digits from the first on; those behind `count` are cut off and a point is not cut through.
std::string cutAfter(std::string text, std::size_t count) {
  std::size_t at = text.find_first_not_of("0.");
  for (std::size_t significant = 0; at < text.size(); ++at) {
    if (text[at] == '.') continue;
    if (significant++ == count) break;
  }
  if (at >= text.size()) return text;
  const std::size_t point = text.find('.');
  if (point == std::string::npos || at < point) {  // digits before the point become zeros, which the "…" says
    const std::size_t end = std::min(point, text.size());
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end), '0');
    return text.substr(0, end) + "…";
  }
  return text.substr(0, at) + "…";
}

/// The first `count` significant digits of a positive rational.
std::string endlessText(const mpq_class& value, int floorLog2, std::size_t count) {
  constexpr double kLog10Of2 = 0.30102999566398120;
  const auto magnitude =
      static_cast<std::int64_t>(std::floor(floorLog2 * kLog10Of2));  // of the first digit, or one less
  const std::int64_t places = std::max<std::int64_t>(static_cast<std::int64_t>(count) - magnitude, 0);
  const mpz_class scaled = value.get_num() * powerOf(10, static_cast<std::uint64_t>(places)) / value.get_den();
  std::string text = scaled.get_str();
  const auto point = static_cast<std::size_t>(places);
  if (point > 0 && text.size() <= point) text.insert(0, point + 1 - text.size(), '0');
  if (point > 0) text.insert(text.size() - point, 1, '.');
  return cutAfter(text, count);
}

}  // namespace

std::optional<ExactNumber> ExactNumber::parseDecimal(std::string_view text) {
  if (text.size() > kMaxLength) return std::nullopt;
  const bool negative = takeSign(text);
  const auto digits = takeNumber(text, 10);
  if (!digits) return std::nullopt;
  const auto exponent = takeExponent(text, "eE", kMaxExponent);
  if (!exponent || !text.empty()) return std::nullopt;
  const std::int64_t power = *exponent - digits->places;
  mpq_class value(mpz_class(digits->all, 10));
  const mpz_class factor = powerOf(10, static_cast<std::uint64_t>(std::abs(power)));
  if (power >= 0)
    value *= factor;
  else
    value /= factor;
  return unbounded(negative, {value});
}

std::optional<ExactNumber> ExactNumber::parseHexFloat(std::string_view text) {
  if (text.size() > kMaxHexLength) return std::nullopt;
  const bool negative = takeSign(text);
  if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
  text.remove_prefix(2);
  const auto digits = takeNumber(text, 16);
  if (!digits) return std::nullopt;
  const auto power = takeExponent(text, "pP", kMaxPower);
  if (!power || !text.empty()) return std::nullopt;
  const ExactNumber integer = unbounded(negative, {mpq_class(mpz_class(digits->all, 16))});
  return integer.timesPowerOfTwo(static_cast<int>(*power - 4 * digits->places));
}

bool ExactNumber::hasLastDigit() const {
  if (!m_magnitude) return true;
  mpz_class denominator = m_magnitude->value.get_den();
  removeFactor(denominator, 2);
  removeFactor(denominator, 5);
  return denominator == 1;
}

std::string ExactNumber::specialText() const {
  if (isNan()) return "nan";
  return std::string(m_negative ? "-" : "") + (isZero() ? "0" : "inf");
}

std::string ExactNumber::toDecimalText(std::size_t maxDigits) const {
  if (!m_magnitude) return specialText();
  const std::string sign = m_negative ? "-" : "";
  mpz_class denominator = m_magnitude->value.get_den();
  const std::uint64_t twos = removeFactor(denominator, 2), fives = removeFactor(denominator, 5);
  if (denominator != 1)
    return sign + endlessText(m_magnitude->value, floorLog2(), maxDigits == kAllDigits ? kEndlessDigits : maxDigits);
  // n / (2^a 5^b) has max(a, b) decimal places.
  const std::uint64_t places = std::max(twos, fives);
  const mpz_class scaled = m_magnitude->value.get_num() * powerOf(2, places - twos) * powerOf(5, places - fives);
  const std::string text = withPoint(scaled.get_str(), places);
  return sign + (maxDigits == kAllDigits ? text : cutAfter(text, maxDigits));
}

std::string ExactNumber::toFractionText() const {
  if (!m_magnitude) return specialText();
  return (m_negative ? "-" : "") + m_magnitude->value.get_str();
}

std::string exactText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // 1/2^n has n decimal places, and the library prints as many as it is asked for; faster than a rational.
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  const int field = static_cast<int>((bits >> 52) & 0x7ffU);
  const int places = std::max(0, field == 0 ? 1074 : 1075 - field);  // of the last mantissa bit
  std::array<char, 1500> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, places);
  assert(end.ec == std::errc());
  std::string digits(text.data(), end.ptr);
  if (places == 0) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace core::numeric
