#include "core/numeric/number_text.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/numeric/rounding.h"

namespace core::numeric {

namespace {

ExactNumber powerOfTen(int exponent) { return *ExactNumber::parseDecimal("1e" + std::to_string(exponent)); }

/// floor(log10 |x|) of a finite number that is not zero.
int decimalExponent(const ExactNumber& magnitude) {
  constexpr double kLog10Of2 = 0.30102999566398120;
  const int guess = static_cast<int>(std::floor(magnitude.floorLog2() * kLog10Of2));  // right or one too small
  return magnitude.compare(powerOfTen(guess + 1)) >= 0 ? guess + 1 : guess;
}

/// digits · 10^exponent.
struct Decimal {
  std::string digits;
  int exponent = 0;

  ExactNumber value() const { return *ExactNumber::parseDecimal(digits + "e" + std::to_string(exponent)); }
  std::string text() const;
};

std::string Decimal::text() const {
  std::string plain = digits;
  int zeros = exponent;
  while (plain.size() > 1 && plain.back() == '0') plain.pop_back(), ++zeros;
  const int first = static_cast<int>(plain.size()) - 1 + zeros;  // exponent of the first digit
  constexpr int kSmallest = -7, kLargest = 20;
  if (first < kSmallest || first > kLargest) {
    if (plain.size() > 1) plain.insert(1, ".");
    return plain + "e" + std::to_string(first);
  }
  if (zeros >= 0) return plain + std::string(static_cast<std::size_t>(zeros), '0');
  if (first < 0) return "0." + std::string(static_cast<std::size_t>(-first - 1), '0') + plain;
  return plain.insert(static_cast<std::size_t>(first) + 1, ".");
}

/// The two decimals of so many digits around a magnitude, the nearer first.
std::array<Decimal, 2> around(const ExactNumber& magnitude, int count, int exponent) {
  const int unit = exponent - count + 1;
  const auto [whole, fraction] = (magnitude * powerOfTen(-unit)).parts();
  const Decimal below{std::to_string(whole), unit}, above{std::to_string(whole + 1), unit};
  const int order = fraction.compare(ExactNumber::powerOfTwo(-1));
  const bool belowFirst = order < 0 || (order == 0 && whole % 2 == 0);
  return belowFirst ? std::array{below, above} : std::array{above, below};
}

std::optional<std::string> integerText(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  if (!format.isInteger() || scale.scale != 1 || scale.exactScale || scale.zeroPoint != 0) return std::nullopt;
  return std::to_string(static_cast<std::int64_t>(decode(format, code)));
}

}  // namespace

std::string shortestText(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  const ExactNumber value = decodeExact(format, code, scale);
  if (!value.isFinite() || value.isZero()) return value.toDecimalText();
  const ExactNumber magnitude = value.magnitude();
  const int exponent = decimalExponent(magnitude);
  constexpr int kMostDigits = 18;  // 17 tell any two doubles apart
  for (int count = 1; count <= kMostDigits; ++count)
    for (const Decimal& candidate : around(magnitude, count, exponent)) {
      const ExactNumber number = value.isNegative() ? candidate.value().negated() : candidate.value();
      const auto decision = decideRounding(format, number, {}, Overflow::AsFormat, scale);
      if (decision.overflow || decodeExact(format, decision.code, scale).compare(value) != 0) continue;
      return (value.isNegative() ? "-" : "") + candidate.text();
    }
  return value.toDecimalText();
}

std::string hexFloatText(double value) {
  assert(std::isfinite(value));
  if (value == 0) return std::signbit(value) ? "-0x0p+0" : "0x0p+0";
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::hex);
  return (value < 0 ? "-0x" : "0x") + std::string(text.data(), end.ptr);
}

std::string cLiteral(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  if (const auto integer = integerText(format, code, scale)) return *integer;
  const double value = decode(format, code, scale);
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value < 0 ? "-INFINITY" : "INFINITY";
  const bool inRange = std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max());
  const bool isFloat =
      format.id != FormatId::Fp64 && inRange && static_cast<double>(static_cast<float>(value)) == value;
  return hexFloatText(value) + (isFloat ? "F" : "");
}

std::string pythonLiteral(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  if (const auto integer = integerText(format, code, scale)) return *integer;
  const double value = decode(format, code, scale);
  if (std::isnan(value)) return "float('nan')";
  if (std::isinf(value)) return value < 0 ? "float('-inf')" : "float('inf')";
  return "float.fromhex('" + hexFloatText(value) + "')";
}

}  // namespace core::numeric
