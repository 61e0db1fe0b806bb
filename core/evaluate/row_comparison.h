#pragma once
#include <cstdint>
#include <span>

#include "core/text/tokenizer.h"

namespace core::evaluate {

/// What one row of logits says about itself.
struct RowSummary {
  double logSum = 0;      ///< ln Σ e^logit
  std::uint32_t top = 0;  ///< the largest logit's column; the first of equal ones
};

/// A token that one of two models expects most, and the probability either gives it, 0 … 1.
struct Favourite {
  text::TokenId token = 0;
  double inReference = 0, inCompared = 0;

  bool operator==(const Favourite&) const = default;
};

/// How two models judge the same next token.
struct TokenComparison {
  double nllReference = 0, nllCompared = 0;            ///< −ln p of the text's token
  double kl = 0;                                       ///< KL(reference ‖ compared), nats, ≥ 0
  bool sameTop = false;                                ///< both have the same favourite
  bool referenceRight = false, comparedRight = false;  ///< the favourite is the text's token
  Favourite referenceTop = {}, comparedTop = {};

  /// Change of the probability of the text's token, compared − reference.
  double deltaP() const;
};

/// Sums in double of single precision exponentials (relative error ≤ 2e-7 each), vectorised; the same bits on every
/// processor.
RowSummary summarizeRow(std::span<const float> logits);

/// Both rows are of the same tokens; −∞ in both rules a column out.
///
/// KL(p ‖ q) = Σ p (q/p − 1 − ln(q/p)), which is Σ p ln(p/q) because p and q sum to 1, but has no negative terms and
/// no cancellation, and to which an error δ of the logarithms of the sums adds only δ²/2: distributions that differ in
/// the last bits have a KL near 1e-13, not near 1e-8. (The Bregman form of KL: Banerjee et al. 2005, "Clustering with
/// Bregman divergences", table 1.)
TokenComparison compareRows(std::span<const float> reference, const RowSummary& ofReference,
                            std::span<const float> compared, const RowSummary& ofCompared, text::TokenId token);

}  // namespace core::evaluate
