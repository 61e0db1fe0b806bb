#include "core/numeric/codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "core/numeric/rounding.h"
#include "core/numeric/sorted_code_book.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr std::array kRoundings = {"nearest_even", "nearest_away", "toward_zero", "up", "down", "stochastic"};

std::int64_t signedInteger(const NumberFormat& format, std::uint64_t code) {
  if (format.kind == FormatKind::UnsignedInteger || (code & format.signMask()) == 0)
    return static_cast<std::int64_t>(code);
  return static_cast<std::int64_t>(code | ~format.codeMask());
}

double decodeFloat(const NumberFormat& format, std::uint64_t code) {
  const std::uint64_t magnitude = code & ~format.signMask();
  const bool negative = (code & format.signMask()) != 0;
  if (format.specials == Specials::NanIsNegativeZero && code == format.signMask()) return kNan;
  const double sign = negative ? -1.0 : 1.0;
  if (magnitude > format.maxFiniteCode()) {
    const bool infinite = format.hasInfinity() && magnitude == format.maxFiniteCode() + 1;
    return std::copysign(infinite ? std::numeric_limits<double>::infinity() : kNan, sign);
  }
  const std::uint64_t implicit = std::uint64_t{1} << format.mantissaBits;
  const std::uint64_t mantissa = magnitude & (implicit - 1);
  const int field = static_cast<int>(magnitude >> format.mantissaBits);
  if (field == 0 && !format.hasSubnormals) return negative && format.hasNegativeZero() ? -0.0 : 0.0;
  const int unit = (field == 0 ? 1 : field) - format.bias - static_cast<int>(format.mantissaBits);
  return sign * std::ldexp(static_cast<double>(field == 0 ? mantissa : mantissa | implicit), unit);
}

std::optional<std::uint64_t> stepFloat(const NumberFormat& format, std::uint64_t code, bool up) {
  const std::uint64_t sign = format.signMask();
  const std::uint64_t largest = format.maxFiniteCode() + (format.hasInfinity() ? 1 : 0);
  const std::uint64_t magnitude = code & ~sign;
  const std::uint64_t smallest = format.minPositiveCode();
  if (std::isnan(decodeFloat(format, code))) return std::nullopt;
  if (magnitude < smallest) return up ? smallest : (sign | smallest);  // from zero
  const bool negative = (code & sign) != 0;
  if (negative == up) return magnitude == smallest ? 0 : (code - 1);  // toward zero; only +0 is given
  if (magnitude == largest) return std::nullopt;
  return code + 1;
}

std::optional<std::uint64_t> stepCodeBook(const NumberFormat& format, std::uint64_t code, bool up) {
  const SortedCodeBook book(format.codeBook);
  const std::size_t index = book.indexOf(format.codeBook[code]);
  if (up ? index + 1 == book.size() : index == 0) return std::nullopt;
  return book.code(up ? index + 1 : index - 1);
}

std::optional<std::uint64_t> step(const NumberFormat& format, std::uint64_t code, bool up) {
  code &= format.codeMask();
  switch (format.kind) {
    case FormatKind::Float:
      return stepFloat(format, code, up);
    case FormatKind::CodeBook:
      return stepCodeBook(format, code, up);
    case FormatKind::PowerOfTwo:
      if (code > format.maxFiniteCode() || code == (up ? format.maxFiniteCode() : 0)) return std::nullopt;
      return up ? code + 1 : code - 1;
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      break;
  }
  const std::int64_t q = signedInteger(format, code);
  if (q == (up ? format.maxInteger() : format.minInteger())) return std::nullopt;
  return static_cast<std::uint64_t>(up ? q + 1 : q - 1) & format.codeMask();
}

double codeBookGap(const NumberFormat& format, std::uint64_t code) {
  const SortedCodeBook book(format.codeBook);
  const std::size_t index = book.indexOf(format.codeBook[code]);
  const bool awayIsUp = book.value(index) >= 0;
  const bool atEnd = awayIsUp ? index + 1 == book.size() : index == 0;
  const bool useUpper = awayIsUp != atEnd;
  return useUpper ? book.value(index + 1) - book.value(index) : book.value(index) - book.value(index - 1);
}

}  // namespace

const char* toString(NumberClass numberClass) {
  switch (numberClass) {
    case NumberClass::Zero:
      return "zero";
    case NumberClass::Subnormal:
      return "subnormal";
    case NumberClass::Normal:
      return "normal";
    case NumberClass::Infinite:
      return "infinity";
    case NumberClass::NotANumber:
      break;
  }
  return "nan";
}

const char* toString(Rounding rounding) { return kRoundings[static_cast<std::size_t>(rounding)]; }

std::optional<Rounding> findRounding(std::string_view name) {
  const std::string plain = lowerTrimmed(name);
  for (std::size_t i = 0; i < kRoundings.size(); ++i)
    if (plain == kRoundings[i]) return static_cast<Rounding>(i);
  return std::nullopt;
}

CodeScale CodeScale::exactly(const ExactNumber& scale, std::int64_t zeroPoint) {
  CodeScale result{nearestDouble(scale), zeroPoint};
  const bool isDouble = scale.isFinite() && ExactNumber::fromDouble(result.scale).compare(scale) == 0;
  if (!isDouble) result.exactScale = scale;
  return result;
}

void requireUsable(const CodeScale& scale) {
  if (!std::isfinite(scale.scale) || scale.scale == 0)
    throw Error(ErrorCode::InvalidArgument, "A scale must be a finite number other than zero.");
  if (scale.zeroPoint > CodeScale::kMaxZeroPoint || scale.zeroPoint < -CodeScale::kMaxZeroPoint)
    throw Error(ErrorCode::InvalidArgument,
                "A zero-point must lie within ±2^32, but found " + std::to_string(scale.zeroPoint) + ".");
}

double decode(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  code &= format.codeMask();
  if (scale.exactScale && format.isScaled()) return nearestDouble(decodeExact(format, code, scale));
  switch (format.kind) {
    case FormatKind::Float:
      return decodeFloat(format, code);
    case FormatKind::PowerOfTwo:
      return code > format.maxFiniteCode() ? kNan : std::ldexp(1.0, static_cast<int>(code) - format.bias);
    case FormatKind::CodeBook:
      return scale.scale * static_cast<double>(format.codeBook[code]);
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      break;
  }
  const double q = static_cast<double>(signedInteger(format, code));
  return scale.scale * (q - static_cast<double>(scale.zeroPoint));
}

ExactNumber decodeExact(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  if (!format.isScaled()) return ExactNumber::fromDouble(decode(format, code));
  code &= format.codeMask();
  if (format.kind == FormatKind::CodeBook)
    return scale.factor() * ExactNumber::fromDouble(static_cast<double>(format.codeBook[code]));
  const std::int64_t steps = signedInteger(format, code) - scale.zeroPoint;
  return scale.factor() * ExactNumber::fromInteger(steps);
}

std::uint64_t encode(const NumberFormat& format, double value, RoundingRule rule, Overflow overflow,
                     const CodeScale& scale) {
  return decideRounding(format, value, rule, overflow, scale).code;
}

NumberClass classify(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  const double value = decode(format, code, {1.0, scale.zeroPoint});  // a product with a tiny scale may vanish
  if (std::isnan(value)) return NumberClass::NotANumber;
  if (std::isinf(value)) return NumberClass::Infinite;
  if (value == 0.0) return NumberClass::Zero;
  const std::uint64_t magnitude = code & ~format.signMask();
  const bool subnormal = format.kind == FormatKind::Float && (magnitude >> format.mantissaBits) == 0;
  return subnormal ? NumberClass::Subnormal : NumberClass::Normal;
}

std::optional<std::uint64_t> previous(const NumberFormat& format, std::uint64_t code) {
  return step(format, code, false);
}

std::optional<std::uint64_t> next(const NumberFormat& format, std::uint64_t code) { return step(format, code, true); }

double ulp(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  return nearestDouble(ulpExact(format, code, scale));
}

ExactNumber ulpExact(const NumberFormat& format, std::uint64_t code, const CodeScale& scale) {
  code &= format.codeMask();
  const ExactNumber factor = scale.factor().magnitude();
  if (format.isInteger()) return factor;
  if (format.kind == FormatKind::CodeBook) return factor * ExactNumber::fromDouble(codeBookGap(format, code));
  if (!std::isfinite(decode(format, code))) return ExactNumber::nan();
  if (format.kind == FormatKind::PowerOfTwo) return decodeExact(format, code);
  const int field = static_cast<int>((code & ~format.signMask()) >> format.mantissaBits);
  if (field == 0 && !format.hasSubnormals) return ExactNumber::powerOfTwo(1 - format.bias);
  return ExactNumber::powerOfTwo(std::max(field, 1) - format.bias - static_cast<int>(format.mantissaBits));
}

std::vector<double> enumerate(const NumberFormat& format, const CodeScale& scale) {
  if (format.bits > 16)
    throw Error(ErrorCode::InvalidArgument, "Only formats of up to 16 bits can be enumerated, but " + format.title +
                                                " has " + std::to_string(format.bits) + ".");
  std::vector<double> values(std::size_t{1} << format.bits);
  for (std::size_t code = 0; code < values.size(); ++code) values[code] = decode(format, code, scale);
  return values;
}

}  // namespace core::numeric
