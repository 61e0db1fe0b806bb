#pragma once
#include <cstdint>
#include <optional>

#include "core/numeric/codec.h"

namespace core::numeric {

/// The real numbers that one code stands in for.
struct RoundingInterval {
  ExactNumber low, high;  ///< ±Inf where there is no end
  bool lowClosed = false, highClosed = false;

  bool lowUnbounded() const { return low.isInfinite(); }
  bool highUnbounded() const { return high.isInfinite(); }
  /// @pre the number is finite
  bool contains(const ExactNumber& number) const;
};

/// The numbers that decideRounding gives this code, under the same rule, overflow and scale (with Stochastic: for the
/// given draw). Nothing for NaN, and for codes that no number rounds to: a second code of the same value, Inf where
/// the rule stays at the largest value, −0 when rounding down. Zero itself belongs to +0.
/// @throws Error (InvalidArgument) for a scale that requireUsable refuses
std::optional<RoundingInterval> roundingInterval(const NumberFormat& format, std::uint64_t code, RoundingRule rule = {},
                                                 Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});

}  // namespace core::numeric
