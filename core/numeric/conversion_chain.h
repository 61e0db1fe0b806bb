#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/numeric/rounding.h"

namespace core::numeric {

struct ChainLink {
  const NumberFormat* format = nullptr;
  RoundingRule rule = {};
  Overflow overflow = Overflow::AsFormat;
  CodeScale scale = {};
};

/// A number after one conversion of a chain.
struct ChainStep {
  std::uint64_t code = 0;
  ExactNumber value;
  ExactNumber stepError;   ///< value − what was converted; NaN where either is not finite
  ExactNumber totalError;  ///< value − the number at the start; likewise
  ExactRoundingDecision decision;
  ExactRoundingDecision direct;  ///< how the number at the start would be rounded to this format
};

/// Why a chain does not end where one rounding would.
enum class DivergenceCause : std::uint8_t {
  TieMade,        ///< double rounding: an earlier step put the number half way between two values, where it was not
  MovedAcross,    ///< double rounding: an earlier step moved the number across the border between two values
  PrecisionLost,  ///< an earlier format is coarser: nothing was left to round
  /// An earlier format does not reach so far, or has no code for NaN, Inf, zero or a negative number (then the decision
  /// of `madeBy` says noSuchValue).
  Overflow,
  Underflow  ///< an earlier format turned the number into zero
};
const char* toString(DivergenceCause cause);  ///< "tie_made", "moved_across", "precision_lost", "overflow", "underflow"

struct Divergence {
  DivergenceCause cause = DivergenceCause::MovedAcross;
  /// The first whose code is not the direct one, from where it stays so to the end; steps that only keep what an
  /// earlier one left are passed over when a later one rounds it again.
  std::size_t step = 0;
  std::size_t madeBy = 0;  ///< the step before it that changed the number
};

struct ConversionChain {
  std::vector<ChainStep> steps;
  std::optional<Divergence> divergence;  ///< when the last code is not the direct one

  /// The last result differs from one direct rounding for no other reason than that it was rounded twice.
  bool doubleRounding() const {
    return divergence &&
           (divergence->cause == DivergenceCause::TieMade || divergence->cause == DivergenceCause::MovedAcross);
  }
};

/// Converts a number from format to format, each rounding what the one before it left.
/// @throws Error (InvalidArgument) for a scale that requireUsable refuses
ConversionChain convertThrough(const ExactNumber& number, std::span<const ChainLink> links);

}  // namespace core::numeric
