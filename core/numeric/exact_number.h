#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace core::numeric {

/// A number without rounding: a rational of any length, −0, ±Inf or NaN. Signs of zeros, infinities and NaN follow
/// IEEE 754-2019 (clauses 6.1 to 6.3 and 7.3) as if every result were exact. A value: copies share what is immutable.
///
/// Results are bounded: an operation whose numerator or denominator would need more than kMaxBits bits throws
/// Error (InvalidArgument) with a sentence. Rational arithmetic is GMP's.
class ExactNumber {
 public:
  ExactNumber() = default;  ///< +0
  static ExactNumber fromDouble(double value);
  static ExactNumber fromInteger(std::int64_t value);
  static ExactNumber powerOfTwo(int power);
  static ExactNumber infinity(bool negative);
  static ExactNumber nan(bool negative = false);

  /// `[+-]digits[.digits][e[+-]digits]` with a digit before or after the point; nothing when the text is anything else,
  /// longer than kMaxLength, or its exponent is beyond ±kMaxExponent.
  static std::optional<ExactNumber> parseDecimal(std::string_view text);
  static constexpr std::size_t kMaxLength = 65536;
  static constexpr std::int64_t kMaxExponent = 5000;
  /// `[+-]0x digits[.digits][p[+-]digits]`, hexadecimal digits and a power of two, as C writes floats; nothing when the
  /// text is anything else, longer than kMaxHexLength, or its power beyond ±kMaxPower.
  static std::optional<ExactNumber> parseHexFloat(std::string_view text);
  static constexpr std::size_t kMaxHexLength = 1024;
  static constexpr int kMaxPower = 16384;
  static constexpr std::size_t kMaxBits = std::size_t{1} << 18;

  bool isFinite() const { return m_kind == Kind::Finite; }
  bool isInfinite() const { return m_kind == Kind::Infinite; }
  bool isNan() const { return m_kind == Kind::NotANumber; }
  bool isZero() const { return isFinite() && !m_magnitude; }
  bool isNegative() const { return m_negative; }  ///< of −0 and NaN, too

  ExactNumber negated() const;
  ExactNumber magnitude() const { return m_negative ? negated() : *this; }
  ExactNumber operator+(const ExactNumber& other) const;
  ExactNumber operator-(const ExactNumber& other) const { return *this + other.negated(); }
  ExactNumber operator*(const ExactNumber& other) const;
  ExactNumber operator/(const ExactNumber& other) const;  ///< x / 0 is ±Inf, 0 / 0 NaN
  ExactNumber timesPowerOfTwo(int power) const;           ///< not bounded by kMaxBits
  /// −1, 0 or 1 as this is less than, equal to or greater than the other; −0 equals 0. @pre neither is NaN
  int compare(const ExactNumber& other) const;

  /// floor(log2 |value|). @pre finite and not zero
  int floorLog2() const;
  /// floor |value| and |value| − floor |value|. @pre |value| < 2^64
  struct Parts;
  Parts parts() const;

  /// Whether its decimal digits end: the denominator has no primes but 2 and 5.
  bool hasLastDigit() const;
  /// Without exponent notation: "-0.0009765625", "448", "0", "inf", "nan". Digits beyond the first `maxDigits`
  /// significant ones are cut off and "…" stands for them; so are those of an endless number beyond kEndlessDigits.
  std::string toDecimalText(std::size_t maxDigits = kAllDigits) const;
  static constexpr std::size_t kAllDigits = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kEndlessDigits = 40;
  /// "1/3", "5": numerator and denominator without a common factor; special values as toDecimalText.
  std::string toFractionText() const;

 private:
  enum class Kind : std::uint8_t { Finite, Infinite, NotANumber };
  struct Rational;  ///< a positive mpq_class
  using Magnitude = std::shared_ptr<const Rational>;

  ExactNumber(Kind kind, bool negative, Magnitude magnitude = nullptr)
      : m_kind(kind), m_negative(negative), m_magnitude(std::move(magnitude)) {}
  static ExactNumber bounded(bool negative, Rational magnitude);
  static ExactNumber unbounded(bool negative, Rational magnitude);
  std::string specialText() const;

  Kind m_kind = Kind::Finite;
  bool m_negative = false;
  Magnitude m_magnitude;  ///< nothing for 0, Inf and NaN
};

struct ExactNumber::Parts {
  std::uint64_t whole = 0;
  ExactNumber fraction;  ///< in [0, 1)
};

/// All digits of a finite double; "inf", "-inf", "nan" otherwise.
std::string exactText(double value);

}  // namespace core::numeric
