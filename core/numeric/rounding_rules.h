#pragma once
// The rules of rounding, once for doubles and once for exact numbers. Only for rounding*.cpp.
#include <algorithm>
#include <cstdint>

#include "core/numeric/rounding.h"

namespace core::numeric::rules {

/// What is left of a magnitude in units of the last place, and what is cut off.
struct CutBits {
  std::uint64_t kept = 0;
  bool guard = false, round = false, sticky = false;
  bool isExact() const { return !guard && !round && !sticky; }
  bool isTie() const { return guard && !round && !sticky; }
};

// A Magnitude M is a number ≥ 0 with
//   bool isZero() const;
//   int log2() const;                                // floor; only of what is not zero
//   M::Cut cut(int lowest) const;                    // at 2^lowest; only where `kept` fits into 64 bits
//   M::Cut: CutBits with int compareFraction(double) const, void store(M::Decision&) const and
//           static void storeCertain(M::Decision&)
//   M::Decision: RoundingDecision or a class of its own that adds to it

/// A rounding mode within one gap between two values: away from zero beyond this part of it.
struct Threshold {
  double fraction;       ///< of the gap, 0 … 1
  bool awayAtThreshold;  ///< what happens exactly there
};
/// @param negative the number to round, not its code
/// @param evenTieGoesAway what ties of Rounding::NearestEven do in this gap
Threshold thresholdOf(const RoundingRule& rule, bool negative, bool evenTieGoesAway);

template <typename Cut>
bool goesAway(const Cut& cut, const RoundingRule& rule, bool negative, bool evenTieGoesAway) {
  if (cut.isExact()) return false;
  const Threshold threshold = thresholdOf(rule, negative, evenTieGoesAway);
  const int order = cut.compareFraction(threshold.fraction);
  return order > 0 || (order == 0 && threshold.awayAtThreshold);
}

template <typename Cut, typename Decision>
void describe(const Cut& cut, bool away, Decision& decision) {
  decision.hasBits = true;
  decision.guard = cut.guard;
  decision.round = cut.round;
  decision.sticky = cut.sticky;
  decision.tie = cut.isTie();
  decision.direction = cut.isExact() ? RoundingDirection::Exact
                       : away        ? RoundingDirection::AwayFromZero
                                     : RoundingDirection::TowardZero;
  cut.store(decision);
}

/// Whether what is beyond the largest value stays at it (IEEE 754-2019, 7.4).
bool staysAtLargest(const RoundingRule& rule, bool negative, Overflow overflow);
std::uint64_t nanCode(const NumberFormat& format, bool negative);
/// Code for what lies beyond the largest value.
std::uint64_t overflowCode(const NumberFormat& format, bool negative);
/// Of a Float; a zero has no sign where there is no −0.
std::uint64_t withSign(const NumberFormat& format, std::uint64_t magnitudeCode, bool negative);
/// NaN and ±Inf in every format, zero and negative numbers in E8M0.
RoundingDecision decideSpecial(const NumberFormat& format, bool isNan, bool negative, const CodeScale& scale);
RoundingDecision decideNotPositive(const NumberFormat& format, Overflow overflow);

template <typename M>
typename M::Decision decideFloat(const NumberFormat& format, const M& magnitude, bool negative,
                                 const RoundingRule& rule, Overflow overflow) {
  typename M::Decision decision;
  const int mantissaBits = static_cast<int>(format.mantissaBits);
  const int smallest = 1 - format.bias;  // exponent of subnormals and of the first normals
  const bool belowNormal = magnitude.isZero() || magnitude.log2() < smallest;
  const bool inGap = belowNormal && !format.hasSubnormals;  // one step from zero to the smallest normal number
  const int exponent = belowNormal ? smallest : magnitude.log2();
  const auto cut = magnitude.cut(inGap ? smallest : exponent - mantissaBits);
  const std::uint64_t largest = format.maxFiniteCode();
  const bool beyondFields = exponent - smallest > static_cast<int>(largest >> mantissaBits);
  // The implicit bit of a normal number adds one to the exponent field, and so does a carry out of the mantissa.
  const std::uint64_t truncated =
      beyondFields ? largest + 1 : (static_cast<std::uint64_t>(exponent - smallest) << mantissaBits) + cut.kept;
  decision.lastBitOdd = (truncated & 1U) != 0;
  const bool away = goesAway(cut, rule, negative, decision.lastBitOdd);
  describe(cut, away, decision);
  decision.truncatedCode = withSign(format, std::min(truncated, largest), negative);
  const std::uint64_t code = truncated + (away ? (inGap ? format.minPositiveCode() : 1) : 0);
  decision.code = withSign(format, std::min(code, largest), negative);
  if (code > largest) {
    decision.overflow = true;
    const bool stays = staysAtLargest(rule, negative, overflow) || format.specials == Specials::None;
    if (!stays) decision.code = overflowCode(format, negative);
    decision.direction = stays ? RoundingDirection::TowardZero : RoundingDirection::AwayFromZero;
  }
  decision.underflow = code == 0 && !magnitude.isZero();
  return decision;
}

/// @pre the magnitude is that of a positive number
template <typename M>
typename M::Decision decidePowerOfTwo(const NumberFormat& format, const M& magnitude, const RoundingRule& rule,
                                      Overflow overflow) {
  typename M::Decision decision;
  const int exponent = magnitude.log2();
  if (exponent < -format.bias) {  // there is no zero: everything below the smallest becomes the smallest
    decision.direction = RoundingDirection::AwayFromZero;
    M::Cut::storeCertain(decision);
    return decision;
  }
  const auto cut = magnitude.cut(exponent);
  constexpr bool kTiesUp = true;  // OCP
  const bool away = goesAway(cut, rule, false, kTiesUp);
  describe(cut, away, decision);
  const int largest = static_cast<int>(format.maxFiniteCode());
  const int truncated = exponent + format.bias;
  decision.truncatedCode = static_cast<std::uint64_t>(std::min(truncated, largest));
  decision.lastBitOdd = (decision.truncatedCode & 1U) != 0;
  const int code = truncated + (away ? 1 : 0);
  decision.code = static_cast<std::uint64_t>(std::min(code, largest));
  if (code > largest) {
    decision.overflow = true;
    const bool stays = staysAtLargest(rule, false, overflow);
    if (!stays) decision.code = format.maxFiniteCode() + 1;
    decision.direction = stays ? RoundingDirection::TowardZero : RoundingDirection::AwayFromZero;
  }
  return decision;
}

/// @param magnitude |value / scale|
template <typename M>
typename M::Decision decideInteger(const NumberFormat& format, const M& magnitude, bool negative,
                                   const RoundingRule& rule, const CodeScale& scale) {
  typename M::Decision decision;
  const bool negativeSteps = negative != (scale.scale < 0);
  const auto toInteger = [&](std::int64_t steps) { return (negativeSteps ? -steps : steps) + scale.zeroPoint; };
  const auto clamped = [&](std::int64_t q) { return std::clamp(q, format.minInteger(), format.maxInteger()); };
  constexpr int kBeyondAll = 52;
  std::int64_t truncated = std::int64_t{1} << kBeyondAll, steps = truncated;
  if (magnitude.isZero() || magnitude.log2() < kBeyondAll) {
    const auto cut = magnitude.cut(0);
    decision.lastBitOdd = (cut.kept & 1U) != 0;
    const bool away = goesAway(cut, rule, negative, decision.lastBitOdd);
    describe(cut, away, decision);
    truncated = static_cast<std::int64_t>(cut.kept);
    steps = truncated + (away ? 1 : 0);
  }
  const std::int64_t wanted = toInteger(steps), q = clamped(wanted);
  decision.code = static_cast<std::uint64_t>(q) & format.codeMask();
  decision.truncatedCode = static_cast<std::uint64_t>(clamped(toInteger(truncated))) & format.codeMask();
  decision.overflow = q != wanted;
  decision.underflow = steps == 0 && !magnitude.isZero() && !decision.overflow;
  if (decision.overflow) {
    const std::int64_t stored = q - scale.zeroPoint;
    decision.direction =
        (stored < 0 ? -stored : stored) > truncated ? RoundingDirection::AwayFromZero : RoundingDirection::TowardZero;
  }
  return decision;
}

}  // namespace core::numeric::rules
