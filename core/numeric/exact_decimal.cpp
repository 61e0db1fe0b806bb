#include "core/numeric/exact_decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>

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

ExactDecimal ExactDecimal::negated() const {
  ExactDecimal result = *this;
  result.m_negative = !m_negative;
  return result;
}

std::string ExactDecimal::digitsAt(std::int64_t exponent) const {
  return isZero() ? std::string() : m_digits + std::string(static_cast<std::size_t>(m_exponent - exponent), '0');
}

ExactDecimal ExactDecimal::operator-(const ExactDecimal& other) const {
  if (other.isZero()) return *this;
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
