#pragma once
#include <QString>
#include <cstddef>
#include <vector>

#include "core/evaluate/proportions.h"

namespace app {

/// A share of pairs of answers that agree, and how sure it is.
struct AgreementRate {
  double share = 0;
  std::size_t pairs = 0;
  std::size_t independent = 0;  ///< pairs that have no answer in common, at most: the interval is that of so many
  core::evaluate::Proportion interval;
};

/// One pane's answers to one question under several seeds.
struct SeedAgreement {
  std::size_t distinct = 0;     ///< different texts among them
  AgreementRate withItself;     ///< pairs of its own answers
  AgreementRate withReference;  ///< pairs of one of its own and one of the reference's, under different seeds
};

/// How often answers agree (see Likeness) when only the seed differs. What a pane's agreement with the reference is to
/// be held against is the reference's own: two answers of the same model differ, too.
///
/// Pairs share answers, so they are no independent samples. The variance of a mean over all pairs is at most that over
/// disjoint ones (Hoeffding, A class of statistics with asymptotically normal distribution, 1948), of which n seeds
/// have ⌊n/2⌋: the interval is Wilson's for so many, wider than need be. Pairs under the same seed are left out of a
/// comparison between panes, for equal random numbers make answers alike.
/// @param answers of every pane, the reference first, one a seed; of a failed one the text is null (QString())
std::vector<SeedAgreement> studySeeds(const std::vector<std::vector<QString>>& answers);

/// Whether a pane agrees with the reference as often as the reference does with itself, as far as this can tell.
bool isWithinOwnSpread(const AgreementRate& withReference, const AgreementRate& ofReference);

}  // namespace app
