#include "core/quant/scale_search.h"

#include <cmath>
#include <limits>

namespace core::quant {

namespace {

/// A group whose largest magnitude is below this counts as zeros.
constexpr float kZeroGroup = 1e-15F;
constexpr int kDescentRounds = 5;

QS_FORCE_INLINE bool isFinite(float x) { return std::abs(x) <= std::numeric_limits<float>::max(); }

/// The value of largest magnitude of each group with its sign (the first of equals) and that magnitude.
QS_FORCE_INLINE void extremes(const LaneGroups& groups, Lanes& extreme, Lanes& magnitude) {
  extreme = {};
  magnitude = {};
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float size = std::abs(x.at[k]);
      extreme.at[k] = size > magnitude.at[k] ? x.at[k] : extreme.at[k];
      magnitude.at[k] = size > magnitude.at[k] ? size : magnitude.at[k];
    }
  }
}

/// Σ w·x·code and Σ w·code² of the codes that a code scale gives.
struct Moments {
  Lanes xCode;
  Lanes codeCode;
};

QS_FORCE_INLINE void measure(const LaneGroups& groups, float half, const Lanes& codeScale, Moments& moments) {
  Lanes xCode{};
  Lanes codeCode{};
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    const Lanes& w = groups.weights[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float code = clampCode(roundEven(codeScale.at[k] * x.at[k]), -half, half - 1.0F);
      xCode.at[k] += w.at[k] * x.at[k] * code;
      codeCode.at[k] += w.at[k] * code * code;
    }
  }
  moments.xCode = xCode;
  moments.codeCode = codeCode;
}

/// Moves single codes while that raises (Σ w·x·code)²/Σ w·code², the squared error that the best scale takes away.
QS_FORCE_INLINE void descend(const LaneGroups& groups, float low, float high, Lanes* codes, Lanes& xCode,
                             Lanes& codeCode) {
  for (int round = 0; round < kDescentRounds; ++round) {
    Lanes changes{};
    for (std::size_t i = 0; i < groups.groupValues; ++i) {
      const Lanes& x = groups.values[i];
      const Lanes& w = groups.weights[i];
      for (std::size_t k = 0; k < kLanes; ++k) {
        const float code = codes[i].at[k];
        const float xRest = xCode.at[k] - w.at[k] * x.at[k] * code;
        const float codeRest = codeCode.at[k] - w.at[k] * code * code;
        const float moved = clampCode(roundEven(x.at[k] * codeRest / xRest), low, high);
        const float xMoved = xRest + w.at[k] * x.at[k] * moved;
        const float codeMoved = codeRest + w.at[k] * moved * moved;
        const bool gains = (xRest > 0.0F) & (codeRest > 0.0F) & (moved != code) &
                           (xMoved * xMoved * codeCode.at[k] > xCode.at[k] * xCode.at[k] * codeMoved);
        codes[i].at[k] = gains ? moved : code;
        xCode.at[k] = gains ? xMoved : xCode.at[k];
        codeCode.at[k] = gains ? codeMoved : codeCode.at[k];
        changes.at[k] = gains ? 1.0F : changes.at[k];
      }
    }
    float changed = 0.0F;
    for (const float change : changes.at) changed += change;
    if (changed == 0.0F) return;
  }
}

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
      sums.minimum.at[k] = x.at[k] < sums.minimum.at[k] ? x.at[k] : sums.minimum.at[k];
      sums.maximum.at[k] = x.at[k] > sums.maximum.at[k] ? x.at[k] : sums.maximum.at[k];
      sums.weight.at[k] += w.at[k];
      sums.x.at[k] += w.at[k] * x.at[k];
    }
  }
  for (float& minimum : sums.minimum.at) minimum = minimum > 0.0F ? 0.0F : minimum;
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
    scale.at[k] = rest > 0.0F ? alone : both;
    offset.at[k] = rest > 0.0F ? 0.0F : rest;
    isSolved.at[k] = determinant > 0.0F ? 1.0F : 0.0F;
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
    isFlat.at[k] = codeScale.at[k] <= std::numeric_limits<float>::max() ? 0.0F : 1.0F;
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
      best.at[k] = better ? error.at[k] : best.at[k];
      scale.at[k] = better ? newScale.at[k] : scale.at[k];
      offset.at[k] = better ? newOffset.at[k] : offset.at[k];
      codeScale.at[k] = better ? candidate.at[k] : codeScale.at[k];
      codeOffset.at[k] = better ? base.at[k] : codeOffset.at[k];
    }
  }
  for (std::size_t k = 0; k < kLanes; ++k) {
    fit.scale.at[k] = isFlat.at[k] > 0.0F ? 0.0F : scale.at[k];
    fit.minimum.at[k] = -offset.at[k];
    fit.codeScale.at[k] = isFlat.at[k] > 0.0F ? 0.0F : codeScale.at[k];
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

QS_MULTIVERSION void fitScale(const LaneGroups& groups, float half, ScaleFit& fit) {
  Lanes extreme, magnitude, first, scale, codeScale, best;
  Moments moments;
  extremes(groups, extreme, magnitude);
  for (std::size_t k = 0; k < kLanes; ++k) first.at[k] = -half / extreme.at[k];
  codeScale = first;
  measure(groups, half, codeScale, moments);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float ratio = moments.xCode.at[k] / moments.codeCode.at[k];
    scale.at[k] = moments.codeCode.at[k] != 0.0F ? ratio : 0.0F;
    best.at[k] = scale.at[k] * moments.xCode.at[k];
  }
  for (int i = -9; i <= 9; ++i) {
    if (i == 0) continue;
    const float numerator = -(half + 0.1F * static_cast<float>(i));
    Lanes candidate;
    for (std::size_t k = 0; k < kLanes; ++k) candidate.at[k] = numerator / extreme.at[k];
    measure(groups, half, candidate, moments);
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float x = moments.xCode.at[k];
      const float ratio = x / moments.codeCode.at[k];
      const bool better = (moments.codeCode.at[k] > 0.0F) & (x * x > best.at[k] * moments.codeCode.at[k]);
      scale.at[k] = better ? ratio : scale.at[k];
      best.at[k] = better ? ratio * x : best.at[k];
      codeScale.at[k] = better ? candidate.at[k] : codeScale.at[k];
    }
  }
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float plain = 1.0F / first.at[k];
    const float kept = isFinite(scale.at[k]) ? scale.at[k] : plain;
    fit.scale.at[k] = magnitude.at[k] < kZeroGroup ? 0.0F : kept;
    fit.codeScale.at[k] = magnitude.at[k] < kZeroGroup ? 0.0F : codeScale.at[k];
  }
}

QS_MULTIVERSION void fitScaleByDescent(const LaneGroups& groups, float half, Lanes& scale, Lanes* codes) {
  Lanes extreme, magnitude, codeScale;
  Lanes xCode{};
  Lanes codeCode{};
  extremes(groups, extreme, magnitude);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float plain = -half / extreme.at[k];
    codeScale.at[k] = magnitude.at[k] < kZeroGroup ? 0.0F : plain;
  }
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    const Lanes& w = groups.weights[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float code = clampCode(roundEven(codeScale.at[k] * x.at[k]), -half, half - 1.0F);
      codes[i].at[k] = code;
      xCode.at[k] += w.at[k] * x.at[k] * code;
      codeCode.at[k] += w.at[k] * code * code;
    }
  }
  descend(groups, -half, half - 1.0F, codes, xCode, codeCode);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float ratio = xCode.at[k] / codeCode.at[k];
    const float kept = isFinite(ratio) ? ratio : 1.0F / codeScale.at[k];
    scale.at[k] = (magnitude.at[k] < kZeroGroup) | !(codeCode.at[k] != 0.0F) ? 0.0F : kept;
  }
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k)
      codes[i].at[k] = magnitude.at[k] < kZeroGroup ? 0.0F : codes[i].at[k] + half;
}

QS_MULTIVERSION void fitPositiveScale(const LaneGroups& groups, float maxCode, Lanes& scale, Lanes* codes) {
  Lanes maximum{};
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float x = groups.values[i].at[k];
      maximum.at[k] = maximum.at[k] > x ? maximum.at[k] : x;
    }
  Lanes codeScale{};
  Lanes best{};
  const std::array<int, 9> tenths = {0, -4, -3, -2, -1, 1, 2, 3, 4};
  for (const int i : tenths) {
    Lanes candidate, step;
    Lanes error{};
    for (std::size_t k = 0; k < kLanes; ++k) {
      candidate.at[k] = (0.1F * static_cast<float>(i) + maxCode) / maximum.at[k];
      step.at[k] = 1.0F / candidate.at[k];
    }
    for (std::size_t j = 0; j < groups.groupValues; ++j) {
      const Lanes& x = groups.values[j];
      const Lanes& w = groups.weights[j];
      for (std::size_t k = 0; k < kLanes; ++k) {
        const float code = clampCode(roundEven(candidate.at[k] * x.at[k]), 0.0F, maxCode);
        const float difference = x.at[k] - step.at[k] * code;
        error.at[k] += w.at[k] * difference * difference;
      }
    }
    for (std::size_t k = 0; k < kLanes; ++k) {
      const bool better = (i == 0) | (error.at[k] < best.at[k]);
      best.at[k] = better ? error.at[k] : best.at[k];
      codeScale.at[k] = better ? candidate.at[k] : codeScale.at[k];
    }
  }
  Lanes xCode{};
  Lanes codeCode{};
  for (std::size_t j = 0; j < groups.groupValues; ++j) {
    const Lanes& x = groups.values[j];
    const Lanes& w = groups.weights[j];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float rounded = clampCode(roundEven(codeScale.at[k] * x.at[k]), 0.0F, maxCode);
      const float code = maximum.at[k] < kZeroGroup ? 0.0F : rounded;
      codes[j].at[k] = code;
      xCode.at[k] += w.at[k] * x.at[k] * code;
      codeCode.at[k] += w.at[k] * code * code;
    }
  }
  descend(groups, 0.0F, maxCode, codes, xCode, codeCode);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float ratio = xCode.at[k] / codeCode.at[k];
    const float kept = isFinite(ratio) ? ratio : maximum.at[k] / maxCode;
    scale.at[k] = (maximum.at[k] < kZeroGroup) | !(codeCode.at[k] != 0.0F) ? 0.0F : kept;
  }
}

QS_MULTIVERSION void loadLanes(const float* values, std::size_t groupValues, Lanes* lanes) {
  for (std::size_t i = 0; i < groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) lanes[i].at[k] = values[k * groupValues + i];
}

}  // namespace core::quant
