#include <cmath>
#include <limits>

#include "core/quant/scale_search.h"

namespace core::quant {

namespace {

/// Range of the values, from 0 down where all are positive, and the sums that no candidate changes.
struct OffsetSums {
  Lanes minimum;
  Lanes maximum;
  Lanes weight{};
  Lanes x{};
};

QS_FORCE_INLINE void sumUp(const LaneGroups& groups, OffsetSums& sums) {
  sums.minimum = groups.values[0];
  sums.maximum = groups.values[0];
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    const Lanes& w = groups.weights[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float value = x.at[k];
      sums.minimum.at[k] = lesser(value, sums.minimum.at[k]);
      sums.maximum.at[k] = greater(value, sums.maximum.at[k]);
      sums.weight.at[k] += w.at[k];
      sums.x.at[k] += w.at[k] * x.at[k];
    }
  }
  for (float& minimum : sums.minimum.at) minimum = lesser(0.0F, minimum);
}

/// Codes of a code scale and offset, and their sums.
struct OffsetCodes {
  std::array<Lanes, kMaxGroupValues> codes;
  Lanes sum;      ///< Σ w·code
  Lanes squares;  ///< Σ w·code²
  Lanes x;        ///< Σ w·code·x
};

QS_FORCE_INLINE void encode(const LaneGroups& groups, float maxCode, const Lanes& codeScale, const Lanes& codeOffset,
                            OffsetCodes& out) {
  const Lanes scale = codeScale;
  const Lanes offset = codeOffset;
  Lanes sum{};
  Lanes squares{};
  Lanes products{};
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    const Lanes& w = groups.weights[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float code = clampCode(roundEven(scale.at[k] * (x.at[k] - offset.at[k])), 0.0F, maxCode);
      const float weighted = w.at[k] * code;
      out.codes[i].at[k] = code;
      sum.at[k] += weighted;
      squares.at[k] += weighted * code;
      products.at[k] += weighted * x.at[k];
    }
  }
  out.sum = sum;
  out.squares = squares;
  out.x = products;
}

template <FitError Kind>
QS_FORCE_INLINE void weightedError(const LaneGroups& groups, const OffsetCodes& codes, const Lanes& scale,
                                   const Lanes& offset, Lanes& error) {
  const Lanes a = scale;
  const Lanes b = offset;
  Lanes sum{};
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    const Lanes& w = groups.weights[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float difference = a.at[k] * codes.codes[i].at[k] + b.at[k] - x.at[k];
      sum.at[k] += w.at[k] * (Kind == FitError::Absolute ? std::abs(difference) : difference * difference);
    }
  }
  error = sum;
}

/// Least squares for scale and offset of given codes; an offset above 0 becomes 0. `isSolved` is 0 where the codes do
/// not determine them.
QS_FORCE_INLINE void solve(const OffsetSums& sums, const OffsetCodes& codes, Lanes& scale, Lanes& offset,
                           Lanes& isSolved) {
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float determinant = sums.weight.at[k] * codes.squares.at[k] - codes.sum.at[k] * codes.sum.at[k];
    const float both = (sums.weight.at[k] * codes.x.at[k] - sums.x.at[k] * codes.sum.at[k]) / determinant;
    const float rest = (codes.squares.at[k] * sums.x.at[k] - codes.sum.at[k] * codes.x.at[k]) / determinant;
    const float alone = codes.x.at[k] / codes.squares.at[k];
    scale.at[k] = select(rest > 0.0F, alone, both);
    offset.at[k] = select(rest > 0.0F, 0.0F, rest);
    isSolved.at[k] = select(determinant > 0.0F, 1.0F, 0.0F);
  }
}

template <FitError Kind>
QS_FORCE_INLINE void searchOffset(const LaneGroups& groups, const OffsetSearch& search, OffsetFit& fit) {
  OffsetSums sums;
  sumUp(groups, sums);
  Lanes scale, offset, codeScale, codeOffset, best, isFlat;
  for (std::size_t k = 0; k < kLanes; ++k) {
    offset.at[k] = sums.minimum.at[k];
    codeOffset.at[k] = offset.at[k];
    codeScale.at[k] = search.maxCode / (sums.maximum.at[k] - offset.at[k]);
    scale.at[k] = 1.0F / codeScale.at[k];
    isFlat.at[k] = select(codeScale.at[k] <= std::numeric_limits<float>::max(), 0.0F, 1.0F);
  }
  OffsetCodes codes;
  encode(groups, search.maxCode, codeScale, codeOffset, codes);
  weightedError<Kind>(groups, codes, scale, offset, best);
  for (int i = 0; i <= search.last; ++i) {
    const float numerator = search.first + search.step * static_cast<float>(i) + search.maxCode;
    Lanes candidate, base, newScale, newOffset, isSolved, error;
    for (std::size_t k = 0; k < kLanes; ++k) candidate.at[k] = numerator / (sums.maximum.at[k] - offset.at[k]);
    base = offset;  // the best offset so far, as in ggml: candidates build on each other
    encode(groups, search.maxCode, candidate, base, codes);
    solve(sums, codes, newScale, newOffset, isSolved);
    weightedError<Kind>(groups, codes, newScale, newOffset, error);
    for (std::size_t k = 0; k < kLanes; ++k) {
      const bool better = (isSolved.at[k] > 0.0F) & (error.at[k] < best.at[k]);
      best.at[k] = select(better, error.at[k], best.at[k]);
      scale.at[k] = select(better, newScale.at[k], scale.at[k]);
      offset.at[k] = select(better, newOffset.at[k], offset.at[k]);
      codeScale.at[k] = select(better, candidate.at[k], codeScale.at[k]);
      codeOffset.at[k] = select(better, base.at[k], codeOffset.at[k]);
    }
  }
  for (std::size_t k = 0; k < kLanes; ++k) {
    fit.scale.at[k] = select(isFlat.at[k] > 0.0F, 0.0F, scale.at[k]);
    fit.minimum.at[k] = -offset.at[k];
    fit.codeScale.at[k] = select(isFlat.at[k] > 0.0F, 0.0F, codeScale.at[k]);
    fit.codeOffset.at[k] = codeOffset.at[k];
  }
}

}  // namespace

QS_MULTIVERSION void fitOffset(const LaneGroups& groups, const OffsetSearch& search, OffsetFit& fit) {
  if (search.error == FitError::Absolute)
    searchOffset<FitError::Absolute>(groups, search, fit);
  else
    searchOffset<FitError::Squared>(groups, search, fit);
}

}  // namespace core::quant
