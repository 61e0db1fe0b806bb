#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/text/tokenizer.h"

namespace core::model {

using text::TokenId;

/// What is to be found out about a row of logits.
struct CandidatesWanted {
  std::uint32_t count = 0;   ///< of the largest, at least 1
  std::uint32_t known = 0;   ///< tokens that can be chosen, the first ones of the vocabulary: no others are looked at
  float temperature = 1.0F;  ///< above 0: of Candidates::weightSum
  bool operator==(const CandidatesWanted&) const = default;
};

struct Candidate {
  float logit;
  TokenId token;
  bool operator==(const Candidate&) const = default;
};

/// The larger logit first; equal ones by lower id, so that the order never depends on the sort.
inline bool isBetter(const Candidate& a, const Candidate& b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

/// What choosing and describing a token take of a row of logits: a kilobyte or a few, where the row may have hundreds.
struct Candidates {
  std::vector<Candidate> best;  ///< the largest as isBetter() has them; fewer than wanted where no more are known
  std::uint32_t known = 0;
  double logSum = 0;       ///< log Σ e^logit
  double entropy = 0;      ///< −Σ p ln p of the softmax, in nats
  double weightSum = 0;    ///< Σ e^((logit − largest) / temperature)
  double error = 0;        ///< of weightSum and of e^logSum, relative: they are no further off
  bool areNumbers = true;  ///< every logit of the whole row is finite

  bool areAll() const { return best.size() == known; }
};

/// What devices find out, by the host and in doubles: the oracle.
/// @param logits the whole row; NaN counts as −∞
Candidates candidatesOf(std::span<const float> logits, const CandidatesWanted& wanted);

}  // namespace core::model
