#pragma once
#include <cstdint>

#include "core/numeric/codec.h"

namespace core::numeric {

enum class RoundingDirection : std::uint8_t { Exact, TowardZero, AwayFromZero };

/// Why an encoder chose the code it chose.
struct RoundingDecision {
  std::uint64_t code = 0;           ///< what encode() gives
  std::uint64_t truncatedCode = 0;  ///< before the decision: cut off toward zero, at most the largest finite code
  RoundingDirection direction = RoundingDirection::Exact;
  /// How far the value lies from truncatedCode's toward the next one away from zero, in [0, 1): the probability that
  /// stochastic rounding goes away from zero. Exact where a double holds it, never rounded to 0 or 1. Beyond the
  /// largest value of a float in units of its last bit, as if the exponent had no end, and of an integer format in
  /// steps (0 from 2^52 steps on); 0 where code books saturate; 1 below the smallest value of E8M0, which has no zero
  /// to go to.
  double fraction = 0;
  bool hasBits = false;  ///< guard, round, sticky mean something: finite values in Float, PowerOfTwo, integer formats
                         ///< (below 2^52 steps)
  bool guard = false;    ///< first bit cut off: half a unit
  bool round = false;    ///< second bit cut off
  bool sticky = false;   ///< any bit below
  bool tie = false;      ///< exactly half way
  bool lastBitOdd = false;   ///< of truncatedCode: ties go to even
  bool overflow = false;     ///< finite, but beyond the largest value after rounding
  bool underflow = false;    ///< not zero, but became zero
  bool noSuchValue = false;  ///< NaN, Inf, zero or negative where the format has none
};

/// The same of a number that need not be a double.
struct ExactRoundingDecision : RoundingDecision {
  ExactNumber exactFraction;  ///< `fraction` without rounding
};

/// As encode(), with the reasons. One rounding from the value to the code, in every format and mode.
/// @throws Error (InvalidArgument) for a scale that requireUsable refuses
RoundingDecision decideRounding(const NumberFormat& format, double value, RoundingRule rule = {},
                                Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});
ExactRoundingDecision decideRounding(const NumberFormat& format, const ExactNumber& value, RoundingRule rule = {},
                                     Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});

/// The nearest double; a tie goes to the even one, beyond the range ±Inf.
double nearestDouble(const ExactNumber& value);

}  // namespace core::numeric
