#include "core/numeric/rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/numeric/sorted_code_book.h"

namespace core::numeric {

namespace {

/// |value| = significand · 2^exponent, significand < 2^53, exactly.
struct Magnitude {
  std::uint64_t significand;
  int exponent;
  int log2() const { return exponent + static_cast<int>(std::bit_width(significand)) - 1; }
};

Magnitude magnitudeOf(double value) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  const int field = static_cast<int>((bits >> 52) & 0x7ffU);
  if (field == 0) return {fraction, -1074};
  return {fraction | (std::uint64_t{1} << 52), field - 1075};
}

/// Keeps the bits from 2^lowest upwards and says what was cut off. @pre lowest ≥ magnitude.exponent
std::uint64_t cut(const Magnitude& magnitude, int lowest, RoundingDecision& decision) {
  const int shift = lowest - magnitude.exponent;
  const auto bit = [&](int index) { return index >= 0 && index < 64 && ((magnitude.significand >> index) & 1U) != 0; };
  const std::uint64_t kept = shift < 64 ? magnitude.significand >> shift : 0;
  decision.hasBits = true;
  decision.guard = bit(shift - 1);
  decision.round = bit(shift - 2);
  const int below = shift - 2;
  const std::uint64_t rest = below >= 64  ? magnitude.significand
                             : below <= 0 ? 0
                                          : magnitude.significand & ((std::uint64_t{1} << below) - 1);
  decision.sticky = rest != 0;
  decision.tie = decision.guard && !decision.round && !decision.sticky;
  decision.lastBitOdd = (kept & 1U) != 0;
  return kept;
}

/// Whether to add one to what was kept; sets the direction.
bool roundsUp(RoundingDecision& decision, Rounding rounding) {
  const bool exact = !decision.guard && !decision.round && !decision.sticky;
  const bool up =
      rounding == Rounding::NearestEven && decision.guard && (decision.round || decision.sticky || decision.lastBitOdd);
  decision.direction = exact ? RoundingDirection::Exact
                       : up  ? RoundingDirection::AwayFromZero
                             : RoundingDirection::TowardZero;
  return up;
}

std::uint64_t nanCode(const NumberFormat& format) {
  const std::uint64_t allOnes = format.codeMask() >> 1;
  if (!format.hasInfinity) return allOnes;
  return format.maxFiniteCode() + 1 + (std::uint64_t{1} << (format.mantissaBits - 1));
}

/// Code (without sign) for what lies beyond the largest value.
std::uint64_t overflowCode(const NumberFormat& format) {
  if (format.hasInfinity) return format.maxFiniteCode() + 1;
  return format.hasNan ? nanCode(format) : format.maxFiniteCode();
}

RoundingDecision decideFloat(const NumberFormat& format, double value, Rounding rounding, Overflow overflow) {
  RoundingDecision decision;
  const std::uint64_t sign = std::signbit(value) ? std::uint64_t{1} << (format.bits - 1) : 0;
  if (std::isnan(value)) {
    decision.noSuchValue = !format.hasNan;
    decision.code = decision.truncatedCode = format.hasNan ? nanCode(format) | sign : 0;
    return decision;
  }
  if (std::isinf(value)) {
    decision.noSuchValue = !format.hasInfinity;
    decision.code = decision.truncatedCode = overflowCode(format) | sign;
    return decision;
  }
  const Magnitude magnitude = magnitudeOf(value);
  const int smallest = 1 - format.bias;  // exponent of subnormals and of the first normals
  const int exponent = magnitude.significand == 0 ? smallest : std::max(magnitude.log2(), smallest);
  const std::uint64_t kept = cut(magnitude, exponent - static_cast<int>(format.mantissaBits), decision);
  // The implicit bit of a normal number adds one to the exponent field, and so does a carry out of the mantissa.
  const std::uint64_t truncated = (static_cast<std::uint64_t>(exponent - smallest) << format.mantissaBits) + kept;
  std::uint64_t code = truncated + (roundsUp(decision, rounding) ? 1 : 0);
  decision.truncatedCode = truncated | sign;
  if (code > format.maxFiniteCode()) {
    decision.overflow = true;
    const bool clamp = overflow == Overflow::Saturate || rounding == Rounding::TowardZero;
    code = clamp ? format.maxFiniteCode() : overflowCode(format);
    decision.direction =
        code > format.maxFiniteCode() ? RoundingDirection::AwayFromZero : RoundingDirection::TowardZero;
  }
  decision.underflow = code == 0 && magnitude.significand != 0;
  decision.code = code | sign;
  return decision;
}

RoundingDecision decidePowerOfTwo(const NumberFormat& format, double value, Rounding rounding, Overflow overflow) {
  RoundingDecision decision;
  if (!(value > 0) || std::isinf(value)) {
    decision.noSuchValue = !std::isnan(value);
    const bool toSmallest = overflow == Overflow::Saturate && std::isfinite(value);
    decision.code = decision.truncatedCode = toSmallest ? 0 : format.codeMask();
    return decision;
  }
  const Magnitude magnitude = magnitudeOf(value);
  const int exponent = magnitude.log2();
  if (exponent < -format.bias) {  // there is no zero: everything below the smallest becomes the smallest
    decision.direction = RoundingDirection::AwayFromZero;
    return decision;
  }
  cut(magnitude, exponent, decision);
  decision.truncatedCode = static_cast<std::uint64_t>(exponent + format.bias);
  const bool up = rounding == Rounding::NearestEven && decision.guard;  // OCP: ties up
  std::uint64_t code = decision.truncatedCode + (up ? 1 : 0);
  const bool exact = !decision.guard && !decision.round && !decision.sticky;
  decision.direction = exact ? RoundingDirection::Exact
                       : up  ? RoundingDirection::AwayFromZero
                             : RoundingDirection::TowardZero;
  if (code > format.maxFiniteCode()) {
    decision.overflow = true;
    const bool clamp = overflow == Overflow::Saturate || rounding == Rounding::TowardZero;
    code = clamp ? format.maxFiniteCode() : format.maxFiniteCode() + 1;
    decision.direction = clamp ? RoundingDirection::TowardZero : RoundingDirection::AwayFromZero;
  }
  decision.code = code;
  return decision;
}

/// The division by the scale rounds, so what is exact and what is not is asked of the value itself.
void compareWithValue(double stored, double value, RoundingDecision& decision) {
  if (stored == value) {
    decision.guard = decision.round = decision.sticky = decision.tie = false;
    decision.direction = RoundingDirection::Exact;
    return;
  }
  if (!decision.overflow && !decision.guard && !decision.round) decision.sticky = decision.hasBits;
  decision.direction =
      std::abs(stored) < std::abs(value) ? RoundingDirection::TowardZero : RoundingDirection::AwayFromZero;
}

RoundingDecision decideInteger(const NumberFormat& format, double value, Rounding rounding,
                               const IntegerScale& integer) {
  RoundingDecision decision;
  const std::int64_t zeroPoint = integer.zeroPoint;
  const auto toCode = [&](double offset) {
    // All terms are far below 2^53 or saturate anyway, so this sum in double is exact where it matters.
    const double q = std::clamp(offset + static_cast<double>(zeroPoint), static_cast<double>(format.minInteger()),
                                static_cast<double>(format.maxInteger()));
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(q)) & format.codeMask();
  };
  double scaled = value / integer.scale;
  if (scaled == 0 && value != 0)  // too small for a double, but not nothing
    scaled = std::copysign(std::numeric_limits<double>::denorm_min(), scaled);
  if (std::isnan(scaled)) {
    decision.noSuchValue = true;
    decision.code = decision.truncatedCode = toCode(0);
    return decision;
  }
  double offset = std::abs(scaled);
  const double sign = std::signbit(scaled) ? -1.0 : 1.0;
  decision.noSuchValue = std::isinf(value);
  if (offset < 0x1p52) {
    const std::uint64_t kept = cut(magnitudeOf(scaled), 0, decision);
    decision.truncatedCode = toCode(sign * static_cast<double>(kept));
    offset = static_cast<double>(kept + (roundsUp(decision, rounding) ? 1 : 0));
  }
  const double q = sign * offset + static_cast<double>(zeroPoint);
  decision.code = toCode(sign * offset);
  if (offset >= 0x1p52) decision.truncatedCode = decision.code;
  decision.overflow = q < static_cast<double>(format.minInteger()) || q > static_cast<double>(format.maxInteger());
  decision.underflow = offset == 0.0 && scaled != 0.0 && !decision.overflow;
  compareWithValue(decode(format, decision.code, integer), value, decision);
  return decision;
}

RoundingDecision decideCodeBook(const NumberFormat& format, double value, Rounding rounding) {
  RoundingDecision decision;
  const SortedCodeBook book(format.codeBook);
  if (std::isnan(value)) {
    decision.noSuchValue = true;
    value = 0.0;
  }
  decision.noSuchValue = decision.noSuchValue || std::isinf(value);
  const std::size_t towardZero = book.towardZero(value);
  const std::size_t chosen = rounding == Rounding::TowardZero ? towardZero : book.nearest(value);
  decision.truncatedCode = book.code(towardZero);
  decision.code = book.code(chosen);
  decision.tie = book.isMidpoint(value);
  decision.overflow = std::abs(value) > std::abs(book.value(value < 0 ? 0 : book.size() - 1)) && !std::isinf(value);
  decision.underflow = book.value(chosen) == 0.0 && value != 0.0;
  if (book.value(chosen) != value)
    decision.direction = chosen == towardZero ? RoundingDirection::TowardZero : RoundingDirection::AwayFromZero;
  return decision;
}

}  // namespace

RoundingDecision decideRounding(const NumberFormat& format, double value, Rounding rounding, Overflow overflow,
                                const IntegerScale& integer) {
  switch (format.kind) {
    case FormatKind::Float:
      return decideFloat(format, value, rounding, overflow);
    case FormatKind::PowerOfTwo:
      return decidePowerOfTwo(format, value, rounding, overflow);
    case FormatKind::CodeBook:
      return decideCodeBook(format, value, rounding);
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      break;
  }
  return decideInteger(format, value, rounding, integer);
}

}  // namespace core::numeric
