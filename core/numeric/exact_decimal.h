#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core::numeric {

/// A finite decimal number with all its digits: (−1)^negative · digits · 10^exponent.
/// Every finite double is one, since 1/2^n has n decimal places.
class ExactDecimal {
 public:
  ExactDecimal() = default;  ///< 0
  /// All digits of a finite double. @pre std::isfinite(value)
  static ExactDecimal fromDouble(double value);
  /// `[+-]digits[.digits][e[+-]digits]` with a digit before or after the point; nothing when the text is anything else,
  /// longer than kMaxLength, or its exponent is beyond ±kMaxExponent.
  static std::optional<ExactDecimal> parse(std::string_view text);

  static constexpr std::size_t kMaxLength = 65536;
  static constexpr std::int64_t kMaxExponent = 5000;

  /// `[+-]0x digits[.digits][p[+-]digits]`, hexadecimal digits and a power of two, as C writes floats; nothing when the
  /// text is anything else, longer than kMaxHexLength, or its power beyond ±kMaxPower.
  static std::optional<ExactDecimal> parseHexFloat(std::string_view text);
  static constexpr std::size_t kMaxHexLength = 1024;
  static constexpr int kMaxPower = 16384;

  static ExactDecimal powerOfTwo(int power);
  ExactDecimal operator*(const ExactDecimal& other) const;
  /// The first `digits` digits of this / divisor; what is cut off of an endless quotient leaves a 1 behind them, so
  /// that it still compares rightly with every number of fewer digits. @pre the divisor is not zero
  ExactDecimal dividedBy(const ExactDecimal& divisor, std::size_t digits) const;
  /// Cut off after `digits` digits.
  ExactDecimal truncated(std::size_t digits) const;
  std::size_t digitCount() const { return m_digits.size(); }

  bool isZero() const { return m_digits.empty(); }
  bool isNegative() const { return m_negative; }
  /// floor(log10 |value|); 0 for zero.
  std::int64_t decimalExponent() const {
    return isZero() ? 0 : m_exponent + static_cast<std::int64_t>(m_digits.size()) - 1;
  }
  ExactDecimal negated() const;
  ExactDecimal magnitude() const { return m_negative ? negated() : *this; }
  /// The difference of equal numbers is +0, whatever the signs of zeros.
  ExactDecimal operator-(const ExactDecimal& other) const;
  /// −1, 0 or 1 as this is less than, equal to or greater than the other; −0 equals 0.
  int compare(const ExactDecimal& other) const;
  /// Without exponent notation: "-0.0009765625", "448", "0".
  std::string toString() const;

 private:
  ExactDecimal(bool negative, std::string digits, std::int64_t exponent);
  /// The digits as an integer in units of 10^exponent. @pre exponent ≤ m_exponent
  std::string digitsAt(std::int64_t exponent) const;

  bool m_negative = false;
  std::string m_digits;  ///< no zeros in front or at the end; empty for 0
  std::int64_t m_exponent = 0;
};

/// All digits of a finite double; "inf", "-inf", "nan" otherwise.
std::string exactText(double value);

}  // namespace core::numeric
