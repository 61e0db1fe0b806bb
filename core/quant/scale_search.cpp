#include "core/quant/scale_search.h"

#include <cmath>
#include <limits>

namespace core::quant {

namespace {

/// A group whose largest magnitude is below this counts as zeros.
constexpr float kZeroGroup = 1e-15F;

QS_FORCE_INLINE bool isFinite(float x) { return std::abs(x) <= std::numeric_limits<float>::max(); }

/// The value of largest magnitude of each group with its sign (the first of equals) and that magnitude.
QS_FORCE_INLINE void extremes(const LaneGroups& groups, Lanes& extreme, Lanes& magnitude) {
  extreme = {};
  magnitude = {};
  for (std::size_t i = 0; i < groups.groupValues; ++i) {
    const Lanes& x = groups.values[i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float value = x.at[k];
      const float size = std::abs(value);
      const bool isLarger = size > magnitude.at[k];
      extreme.at[k] = select(isLarger, value, extreme.at[k]);
      magnitude.at[k] = select(isLarger, size, magnitude.at[k]);
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
        codes[i].at[k] = select(gains, moved, code);
        xCode.at[k] = select(gains, xMoved, xCode.at[k]);
        codeCode.at[k] = select(gains, codeMoved, codeCode.at[k]);
        changes.at[k] = select(gains, 1.0F, changes.at[k]);
      }
    }
    float changed = 0.0F;
    for (const float change : changes.at) changed += change;
    if (changed == 0.0F) return;
  }
}

}  // namespace

QS_MULTIVERSION void fitScale(const LaneGroups& groups, float half, ScaleFit& fit) {
  Lanes extreme, magnitude, first, scale, codeScale, best;
  Moments moments;
  extremes(groups, extreme, magnitude);
  for (std::size_t k = 0; k < kLanes; ++k) first.at[k] = -half / extreme.at[k];
  codeScale = first;
  measure(groups, half, codeScale, moments);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float ratio = moments.xCode.at[k] / moments.codeCode.at[k];
    scale.at[k] = select(moments.codeCode.at[k] != 0.0F, ratio, 0.0F);
    best.at[k] = scale.at[k] * moments.xCode.at[k];
  }
  for (int i = -kScaleShifts; i <= kScaleShifts; ++i) {
    if (i == 0) continue;
    const float numerator = -(half + 0.1F * static_cast<float>(i));
    Lanes candidate;
    for (std::size_t k = 0; k < kLanes; ++k) candidate.at[k] = numerator / extreme.at[k];
    measure(groups, half, candidate, moments);
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float x = moments.xCode.at[k];
      const float ratio = x / moments.codeCode.at[k];
      const bool better = (moments.codeCode.at[k] > 0.0F) & (x * x > best.at[k] * moments.codeCode.at[k]);
      scale.at[k] = select(better, ratio, scale.at[k]);
      best.at[k] = select(better, ratio * x, best.at[k]);
      codeScale.at[k] = select(better, candidate.at[k], codeScale.at[k]);
    }
  }
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float plain = 1.0F / first.at[k];
    const float kept = select(isFinite(scale.at[k]), scale.at[k], plain);
    fit.scale.at[k] = select(magnitude.at[k] < kZeroGroup, 0.0F, kept);
    fit.codeScale.at[k] = select(magnitude.at[k] < kZeroGroup, 0.0F, codeScale.at[k]);
  }
}

QS_MULTIVERSION void fitScaleByDescent(const LaneGroups& groups, float half, Lanes& scale, Lanes* codes) {
  Lanes extreme, magnitude, codeScale;
  Lanes xCode{};
  Lanes codeCode{};
  extremes(groups, extreme, magnitude);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float plain = -half / extreme.at[k];
    codeScale.at[k] = select(magnitude.at[k] < kZeroGroup, 0.0F, plain);
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
    const float kept = select(isFinite(ratio), ratio, 1.0F / codeScale.at[k]);
    scale.at[k] = select((magnitude.at[k] < kZeroGroup) | !(codeCode.at[k] != 0.0F), 0.0F, kept);
  }
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k)
      codes[i].at[k] = select(magnitude.at[k] < kZeroGroup, 0.0F, codes[i].at[k] + half);
}

QS_MULTIVERSION void fitPositiveScale(const LaneGroups& groups, float maxCode, Lanes& scale, Lanes* codes) {
  Lanes maximum{};
  for (std::size_t i = 0; i < groups.groupValues; ++i)
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float x = groups.values[i].at[k];
      maximum.at[k] = greater(maximum.at[k], x);
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
      best.at[k] = select(better, error.at[k], best.at[k]);
      codeScale.at[k] = select(better, candidate.at[k], codeScale.at[k]);
    }
  }
  Lanes xCode{};
  Lanes codeCode{};
  for (std::size_t j = 0; j < groups.groupValues; ++j) {
    const Lanes& x = groups.values[j];
    const Lanes& w = groups.weights[j];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float rounded = clampCode(roundEven(codeScale.at[k] * x.at[k]), 0.0F, maxCode);
      const float code = select(maximum.at[k] < kZeroGroup, 0.0F, rounded);
      codes[j].at[k] = code;
      xCode.at[k] += w.at[k] * x.at[k] * code;
      codeCode.at[k] += w.at[k] * code * code;
    }
  }
  descend(groups, 0.0F, maxCode, codes, xCode, codeCode);
  for (std::size_t k = 0; k < kLanes; ++k) {
    const float ratio = xCode.at[k] / codeCode.at[k];
    const float kept = select(isFinite(ratio), ratio, maximum.at[k] / maxCode);
    scale.at[k] = select((maximum.at[k] < kZeroGroup) | !(codeCode.at[k] != 0.0F), 0.0F, kept);
  }
}

QS_MULTIVERSION void encodeGroups(const float* values, std::size_t groups, std::size_t groupValues,
                                  const GroupStep* steps, float low, float high, std::uint8_t* codes) {
  constexpr std::size_t kPart = 16;  // a divisor of every group
  for (std::size_t part = 0; part < groups * groupValues / kPart; ++part, values += kPart, codes += kPart) {
    const GroupStep& group = steps[part * kPart / groupValues];
    std::array<std::int32_t, kPart> found{};
    if (group.step != 0.0F) {
      for (std::size_t i = 0; i < kPart; ++i) found[i] = codeOfSteps(inSteps(group, values[i]), low, high);
    } else if (group.codeScale != 0.0F) {
      for (std::size_t i = 0; i < kPart; ++i) found[i] = codeOfSteps(inSearchSteps(group, values[i]), low, high);
    }
    for (std::size_t i = 0; i < kPart; ++i) codes[i] = static_cast<std::uint8_t>(found[i]);
  }
}

}  // namespace core::quant
