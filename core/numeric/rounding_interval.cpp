#include "core/numeric/rounding_interval.h"

#include <cmath>
#include <utility>

#include "core/numeric/rounding_rules.h"
#include "core/numeric/sorted_code_book.h"

namespace core::numeric {

namespace {

/// Where the numbers between two neighbouring values part.
struct Border {
  ExactNumber at;
  bool belongsToNear = false;  ///< to the value nearer to zero
};

Border borderOf(const ExactNumber& near, const ExactNumber& far, const rules::Threshold& threshold) {
  return {near + ExactNumber::fromDouble(threshold.fraction) * (far - near), !threshold.awayAtThreshold};
}

RoundingInterval negated(const RoundingInterval& one) {
  const auto opposite = [](const ExactNumber& end) { return end.isZero() ? ExactNumber() : end.negated(); };
  return {opposite(one.high), opposite(one.low), one.highClosed, one.lowClosed};
}

bool isEmpty(const RoundingInterval& one) {
  const int order = one.low.compare(one.high);
  return order > 0 || (order == 0 && !(one.lowClosed && one.highClosed));
}

std::optional<RoundingInterval> unlessEmpty(const RoundingInterval& one) {
  return isEmpty(one) ? std::nullopt : std::optional(one);
}

/// Magnitudes that a Float's code (without sign) gets on one side of zero.
struct FloatSide {
  const NumberFormat& format;
  const RoundingRule& rule;
  Overflow overflow;
  bool negative;

  ExactNumber value(std::uint64_t code) const {
    // One step beyond the largest value, if there were no end.
    const std::uint64_t largest = format.maxFiniteCode();
    const ExactNumber step = code > largest ? ulpExact(format, largest) : ExactNumber();
    return ExactNumber::fromDouble(decode(format, std::min(code, largest))) + step;
  }
  std::uint64_t nextCode(std::uint64_t code) const { return code == 0 ? format.minPositiveCode() : code + 1; }
  std::uint64_t codeBefore(std::uint64_t code) const { return code == format.minPositiveCode() ? 0 : code - 1; }
  Border above(std::uint64_t code) const {
    return borderOf(value(code), value(nextCode(code)), rules::thresholdOf(rule, negative, (code & 1U) != 0));
  }
  bool hasEnd() const { return format.specials != Specials::None && !rules::staysAtLargest(rule, negative, overflow); }

  RoundingInterval interval(std::uint64_t code) const {
    RoundingInterval result;
    const bool isZero = code == 0;
    if (isZero) {
      result.lowClosed = !negative || !format.hasNegativeZero();
    } else {
      const Border low = above(codeBefore(code));
      result.low = low.at;
      result.lowClosed = !low.belongsToNear;
    }
    const bool unbounded = code > format.maxFiniteCode() || (code == format.maxFiniteCode() && !hasEnd());
    const Border high = unbounded ? Border{ExactNumber::infinity(false), false} : above(code);
    result.high = high.at;
    result.highClosed = high.belongsToNear;
    return result;
  }
};

std::optional<RoundingInterval> ofFloat(const NumberFormat& format, std::uint64_t code, const RoundingRule& rule,
                                        Overflow overflow) {
  const double value = decode(format, code);
  const bool negative = (code & format.signMask()) != 0;
  const std::uint64_t magnitude = code & ~format.signMask();
  const FloatSide side{format, rule, overflow, negative};
  if (std::isnan(value) || (std::isinf(value) && !side.hasEnd())) return std::nullopt;
  if (value == 0 && magnitude != 0) return std::nullopt;
  if (value == 0 && !format.hasNegativeZero()) {
    if (negative) return std::nullopt;
    const RoundingInterval below = negated(FloatSide{format, rule, overflow, true}.interval(0));
    const RoundingInterval above = side.interval(0);
    return RoundingInterval{below.low, above.high, below.lowClosed, above.highClosed};
  }
  const RoundingInterval interval = side.interval(magnitude);
  return unlessEmpty(negative ? negated(interval) : interval);
}

std::optional<RoundingInterval> ofPowerOfTwo(const NumberFormat& format, std::uint64_t code, const RoundingRule& rule,
                                             Overflow overflow) {
  if (code > format.maxFiniteCode()) return std::nullopt;
  constexpr bool kTiesUp = true;
  const auto above = [&](int exponent) {
    return borderOf(ExactNumber::powerOfTwo(exponent), ExactNumber::powerOfTwo(exponent + 1),
                    rules::thresholdOf(rule, false, kTiesUp));
  };
  const int exponent = static_cast<int>(code) - format.bias;
  RoundingInterval result;  // from 0, which has no code
  if (code == 0 && overflow == Overflow::Saturate) {
    result.low = ExactNumber::infinity(true);
  } else if (code > 0) {
    const Border low = above(exponent - 1);
    result.low = low.at;
    result.lowClosed = !low.belongsToNear;
  }
  const bool unbounded = code == format.maxFiniteCode() && rules::staysAtLargest(rule, false, overflow);
  const Border high = unbounded ? Border{ExactNumber::infinity(false), false} : above(exponent);
  result.high = high.at;
  result.highClosed = high.belongsToNear;
  return unlessEmpty(result);
}

/// Of values in order, under a scale: integers and code books. `lower` and `upper` are the neighbours, if any.
struct Level {
  std::optional<ExactNumber> lower, upper;
  ExactNumber value;
  bool lowerTieAway = false, upperTieAway = false;  ///< nearest even, in the gaps below and above
};

std::optional<RoundingInterval> ofLevel(const Level& level, const RoundingRule& rule, const CodeScale& scale) {
  const ExactNumber factor = scale.factor();
  const ExactNumber zero;
  const auto border = [&](const ExactNumber& a, const ExactNumber& b, bool tieAway) {  // a < b
    const bool negative = b.compare(zero) <= 0;
    const rules::Threshold threshold = rules::thresholdOf(rule, negative != factor.isNegative(), tieAway);
    return negative ? borderOf(b, a, threshold) : borderOf(a, b, threshold);
  };
  RoundingInterval result{ExactNumber::infinity(true), ExactNumber::infinity(false), false, false};
  if (level.lower) {
    const Border low = border(*level.lower, level.value, level.lowerTieAway);
    const bool valueIsNear = level.value.compare(zero) <= 0;
    result.low = low.at * factor.magnitude();
    result.lowClosed = low.belongsToNear == valueIsNear;
  }
  if (level.upper) {
    const Border high = border(level.value, *level.upper, level.upperTieAway);
    const bool valueIsNear = level.value.compare(zero) >= 0;
    result.high = high.at * factor.magnitude();
    result.highClosed = high.belongsToNear == valueIsNear;
  }
  return unlessEmpty(factor.isNegative() ? negated(result) : result);
}

Level integerLevel(const NumberFormat& format, std::uint64_t code, std::int64_t zeroPoint) {
  const std::int64_t steps = static_cast<std::int64_t>(decode(format, code)) - zeroPoint;
  const std::int64_t q = steps + zeroPoint;
  const auto isOdd = [](std::int64_t n) { return n % 2 != 0; };
  Level level;
  level.value = ExactNumber::fromInteger(steps);
  if (q > format.minInteger()) level.lower = ExactNumber::fromInteger(steps - 1);
  if (q < format.maxInteger()) level.upper = ExactNumber::fromInteger(steps + 1);
  // A tie goes away from an odd integer that is the nearer to zero.
  level.lowerTieAway = isOdd(steps > 0 ? steps - 1 : steps);
  level.upperTieAway = isOdd(steps < 0 ? steps + 1 : steps);
  return level;
}

std::optional<Level> codeBookLevel(const NumberFormat& format, std::uint64_t code) {
  const SortedCodeBook book(format.codeBook);
  const std::size_t index = book.indexOf(format.codeBook[code]);
  if (book.code(index) != code) return std::nullopt;
  Level level;
  level.value = ExactNumber::fromDouble(book.value(index));
  if (index > 0) level.lower = ExactNumber::fromDouble(book.value(index - 1));
  if (index + 1 < book.size()) level.upper = ExactNumber::fromDouble(book.value(index + 1));
  // Ties go to the lower value (bitsandbytes): away from zero below it.
  level.lowerTieAway = book.value(index) <= 0;
  level.upperTieAway = book.value(index) < 0;
  return level;
}

}  // namespace

bool RoundingInterval::contains(const ExactNumber& number) const {
  const int below = low.compare(number), above = number.compare(high);
  return (below < 0 || (below == 0 && lowClosed)) && (above < 0 || (above == 0 && highClosed));
}

std::optional<RoundingInterval> roundingInterval(const NumberFormat& format, std::uint64_t code, RoundingRule rule,
                                                 Overflow overflow, const CodeScale& scale) {
  code &= format.codeMask();
  if (format.isScaled()) requireUsable(scale);
  switch (format.kind) {
    case FormatKind::Float:
      return ofFloat(format, code, rule, overflow);
    case FormatKind::PowerOfTwo:
      return ofPowerOfTwo(format, code, rule, overflow);
    case FormatKind::CodeBook: {
      const std::optional<Level> level = codeBookLevel(format, code);
      return level ? ofLevel(*level, rule, scale) : std::nullopt;
    }
    case FormatKind::SignedInteger:
    case FormatKind::UnsignedInteger:
      break;
  }
  return ofLevel(integerLevel(format, code, scale.zeroPoint), rule, scale);
}

}  // namespace core::numeric
