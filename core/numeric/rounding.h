#pragma once
#include <cstdint>

#include "core/numeric/codec.h"

namespace core::numeric {

enum class RoundingDirection : std::uint8_t { Exact, TowardZero, AwayFromZero };

/// Why an encoder chose the code it chose.
struct RoundingDecision {
  std::uint64_t code = 0;           ///< what encode() gives
  std::uint64_t truncatedCode = 0;  ///< before the decision: cut off toward zero (not clamped to the largest code)
  RoundingDirection direction = RoundingDirection::Exact;
  bool hasBits = false;  ///< guard, round, sticky mean something: finite values in Float, PowerOfTwo, integer formats
  bool guard = false;    ///< first bit cut off: half a unit
  bool round = false;    ///< second bit cut off
  bool sticky = false;   ///< any bit below
  bool tie = false;      ///< exactly half way
  bool lastBitOdd = false;   ///< of truncatedCode: ties go to even
  bool overflow = false;     ///< finite, but beyond the largest value after rounding
  bool underflow = false;    ///< not zero, but became zero
  bool noSuchValue = false;  ///< NaN, Inf, zero or negative where the format has none
};

/// As encode(), with the reasons.
RoundingDecision decideRounding(const NumberFormat& format, double value, Rounding rounding = Rounding::NearestEven,
                                Overflow overflow = Overflow::AsFormat, const IntegerScale& integer = {});

}  // namespace core::numeric
