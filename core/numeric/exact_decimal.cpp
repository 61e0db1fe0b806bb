#include "core/numeric/exact_decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <vector>

namespace core::numeric {

namespace {

/// Compares two numbers written with digits only and no zeros in front.
int compareIntegers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

std::string addIntegers(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  std::string sum(a);
  int carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    char& digit = sum[sum.size() - 1 - i];
    const int total = (digit - '0') + (i < b.size() ? b[b.size() - 1 - i] - '0' : 0) + carry;
    digit = static_cast<char>('0' + total % 10);
    carry = total / 10;
  }
  if (carry != 0) sum.insert(sum.begin(), '1');
  return sum;
}

/// a − b. @pre a ≥ b
std::string subtractIntegers(std::string_view a, std::string_view b) {
  std::string difference(a);
  int borrow = 0;
  for (std::size_t i = 0; i < difference.size(); ++i) {
    char& digit = difference[difference.size() - 1 - i];
    int total = (digit - '0') - (i < b.size() ? b[b.size() - 1 - i] - '0' : 0) - borrow;
    borrow = total < 0 ? 1 : 0;
    if (total < 0) total += 10;
    digit = static_cast<char>('0' + total);
  }
  return difference;
}

std::string_view takeDigits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// Multiplies digits in place; `factor` ≤ 10^8.
void scale(std::string& digits, std::uint64_t factor) {
  std::uint64_t carry = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    const std::uint64_t product = static_cast<std::uint64_t>(digits[i] - '0') * factor + carry;
    digits[i] = static_cast<char>('0' + product % 10);
    carry = product / 10;
  }
  for (; carry != 0; carry /= 10) digits.insert(digits.begin(), static_cast<char>('0' + carry % 10));
}

/// Digits of base^power.
std::string powerOf(std::uint64_t base, int power) {
  std::string digits = "1";
  std::uint64_t step = 1;
  for (int i = 0; i < power; ++i) {
    step *= base;
    if (step < 10'000'000 && i + 1 < power) continue;
    scale(digits, step);
    step = 1;
  }
  return digits;
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Decimal digits of the hexadecimal ones at the front of the text, appended to those already there.
std::size_t takeHexDigits(std::string_view& text, std::string& decimal) {
  std::size_t count = 0;
  for (; !text.empty() && hexDigit(text.front()) >= 0; text.remove_prefix(1), ++count) {
    scale(decimal, 16);
    decimal = addIntegers(decimal, std::to_string(hexDigit(text.front())));
  }
  return count;
}

bool takeSign(std::string_view& text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

}  // namespace

ExactDecimal::ExactDecimal(bool negative, std::string digits, std::int64_t exponent)
    : m_negative(negative), m_digits(std::move(digits)), m_exponent(exponent) {
  m_digits.erase(0, std::min(m_digits.find_first_not_of('0'), m_digits.size()));
  const std::size_t used = m_digits.find_last_not_of('0');
  if (m_digits.empty()) {
    m_exponent = 0;
  } else {
    m_exponent += static_cast<std::int64_t>(m_digits.size() - used - 1);
    m_digits.erase(used + 1);
  }
}

ExactDecimal ExactDecimal::fromDouble(double value) {
  assert(std::isfinite(value));
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  const int field = static_cast<int>((bits >> 52) & 0x7ffU);
  const int places = std::max(0, field == 0 ? 1074 : 1075 - field);  // of the last mantissa bit: enough for all digits
  std::array<char, 1500> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::fixed, places);
  assert(end.ec == std::errc());
  std::string digits(text.data(), end.ptr);
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  return {std::signbit(value), std::move(digits), -places};
}

std::optional<ExactDecimal> ExactDecimal::parse(std::string_view text) {
  if (text.size() > kMaxLength) return std::nullopt;
  const bool negative = takeSign(text);
  std::string digits(takeDigits(text));
  std::int64_t exponent = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::string_view fraction = takeDigits(text);
    digits += fraction;
    exponent = -static_cast<std::int64_t>(fraction.size());
  }
  if (digits.empty()) return std::nullopt;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    const bool negativeExponent = takeSign(text);
    const std::string_view power = takeDigits(text);
    std::int64_t value = 0;
    const auto result = std::from_chars(power.data(), power.data() + power.size(), value);
    if (result.ec != std::errc() || value > kMaxExponent) return std::nullopt;
    exponent += negativeExponent ? -value : value;
  }
  if (!text.empty()) return std::nullopt;
  return ExactDecimal(negative, std::move(digits), exponent);
}

std::optional<ExactDecimal> ExactDecimal::parseHexFloat(std::string_view text) {
  if (text.size() > kMaxHexLength) return std::nullopt;
  const bool negative = takeSign(text);
  if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
  text.remove_prefix(2);
  std::string digits = "0";
  std::size_t count = takeHexDigits(text, digits);
  std::size_t places = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    places = takeHexDigits(text, digits);
    count += places;
  }
  int power = 0;
  if (!text.empty() && (text.front() == 'p' || text.front() == 'P')) {
    text.remove_prefix(1);
    const bool negativePower = takeSign(text);
    const std::string_view written = takeDigits(text);
    const auto result = std::from_chars(written.data(), written.data() + written.size(), power);
    if (result.ec != std::errc() || power > kMaxPower) return std::nullopt;
    if (negativePower) power = -power;
  }
  if (count == 0 || !text.empty()) return std::nullopt;
  return ExactDecimal(negative, std::move(digits), 0) * powerOfTwo(power - 4 * static_cast<int>(places));
}

ExactDecimal ExactDecimal::powerOfTwo(int power) {
  return power >= 0 ? ExactDecimal(false, powerOf(2, power), 0) : ExactDecimal(false, powerOf(5, -power), power);
}

ExactDecimal ExactDecimal::operator*(const ExactDecimal& other) const {
  const bool negative = m_negative != other.m_negative;
  if (isZero() || other.isZero()) return {negative, {}, 0};
  // Columns of products, carried afterwards: 9 · 9 · 65536 digits fit by far.
  std::vector<std::uint64_t> columns(m_digits.size() + other.m_digits.size());
  for (std::size_t i = 0; i < m_digits.size(); ++i)
    for (std::size_t j = 0; j < other.m_digits.size(); ++j)
      columns[i + j + 1] += static_cast<std::uint64_t>((m_digits[i] - '0') * (other.m_digits[j] - '0'));
  std::string digits(columns.size(), '0');
  std::uint64_t carry = 0;
  for (std::size_t i = columns.size(); i-- > 0; carry /= 10) {
    carry += columns[i];
    digits[i] = static_cast<char>('0' + carry % 10);
  }
  return {negative, std::move(digits), m_exponent + other.m_exponent};
}

ExactDecimal ExactDecimal::dividedBy(const ExactDecimal& divisor, std::size_t digits) const {
  assert(!divisor.isZero());
  const bool negative = m_negative != divisor.m_negative;
  if (isZero()) return {negative, {}, 0};
  const ExactDecimal by(false, divisor.m_digits, 0);
  ExactDecimal rest;  // of long division, in units of the digit at hand
  std::string quotient;
  std::int64_t exponent = m_exponent - divisor.m_exponent + static_cast<std::int64_t>(m_digits.size());
  std::size_t significant = 0;
  for (std::size_t at = 0; significant < digits && (at < m_digits.size() || !rest.isZero()); ++at, --exponent) {
    const char next = at < m_digits.size() ? m_digits[at] : '0';
    rest = ExactDecimal(false, rest.digitsAt(0) + next, 0);
    char digit = '0';
    for (; rest.compare(by) >= 0; ++digit) rest = rest - by;
    quotient += digit;
    if (digit != '0' || significant != 0) ++significant;
  }
  const bool cut = !rest.isZero() || quotient.size() < m_digits.size();
  if (cut) quotient += '1', --exponent;
  return {negative, std::move(quotient), exponent};
}

ExactDecimal ExactDecimal::truncated(std::size_t digits) const {
  if (m_digits.size() <= digits) return *this;
  return {m_negative, m_digits.substr(0, digits), m_exponent + static_cast<std::int64_t>(m_digits.size() - digits)};
}

ExactDecimal ExactDecimal::negated() const {
  ExactDecimal result = *this;
  result.m_negative = !m_negative;
  return result;
}

std::string ExactDecimal::digitsAt(std::int64_t exponent) const {
  return isZero() ? std::string() : m_digits + std::string(static_cast<std::size_t>(m_exponent - exponent), '0');
}

ExactDecimal ExactDecimal::operator-(const ExactDecimal& other) const {
  if (other.isZero()) return isZero() ? ExactDecimal() : *this;
  if (isZero()) return other.negated();
  const std::int64_t exponent = std::min(m_exponent, other.m_exponent);
  const std::string a = digitsAt(exponent);
  const std::string b = other.digitsAt(exponent);
  if (m_negative != other.m_negative) return {m_negative, addIntegers(a, b), exponent};
  const bool larger = compareIntegers(a, b) >= 0;
  ExactDecimal result(larger ? m_negative : !m_negative, larger ? subtractIntegers(a, b) : subtractIntegers(b, a),
                      exponent);
  if (result.isZero()) result.m_negative = false;
  return result;
}

int ExactDecimal::compare(const ExactDecimal& other) const {
  const ExactDecimal difference = *this - other;
  if (difference.isZero()) return 0;
  return difference.m_negative ? -1 : 1;
}

std::string ExactDecimal::toString() const {
  const std::string sign = m_negative ? "-" : "";
  if (isZero()) return sign + "0";
  if (m_exponent >= 0) return sign + m_digits + std::string(static_cast<std::size_t>(m_exponent), '0');
  const auto places = static_cast<std::size_t>(-m_exponent);
  if (places >= m_digits.size()) return sign + "0." + std::string(places - m_digits.size(), '0') + m_digits;
  return sign + m_digits.substr(0, m_digits.size() - places) + "." + m_digits.substr(m_digits.size() - places);
}

std::string exactText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return ExactDecimal::fromDouble(value).toString();
}

}  // namespace core::numeric
