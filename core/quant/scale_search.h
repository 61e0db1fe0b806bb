#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/multiversion.h"

namespace core::quant {

/// Searches for the scale of a group of weights, for 16 groups side by side: the sums of one group stay in one lane and
/// in order, so that every result is the same on every CPU and, bit for bit, ggml's (0.25.1, ggml-quants.c: the
/// searches make_qx_quants, make_q3_quants, make_qkx2_quants, make_qkx3_quants, make_qp_quants). Where ggml would
/// return NaN or infinity (weights that overflow) the plain scale of the extreme value is returned.

constexpr std::size_t kLanes = 16;
constexpr std::size_t kMaxGroupValues = 32;

/// One number of each of 16 groups.
struct alignas(64) Lanes {
  float at[kLanes];
};

/// Values (finite, |x| ≤ 2^31) and their weights (≥ 0): [element of the group][lane]. A lane of zeros is a valid group.
struct LaneGroups {
  std::size_t groupValues = 0;  ///< at most kMaxGroupValues
  std::array<Lanes, kMaxGroupValues> values;
  std::array<Lanes, kMaxGroupValues> weights;
};

/// Nearest integer, ties to even, of |x| ≤ 2^22; beyond, some number that is as large.
QS_FORCE_INLINE float roundEven(float x) {
  constexpr float kShift = 12582912.0F;  // 1.5 · 2^23: a sum with it has no bits left for a fraction
  return (x + kShift) - kShift;
}

/// Choices between values that are known already: loops of them become vector code, which a ?: between array elements
/// would not.
QS_FORCE_INLINE float select(bool condition, float yes, float no) { return condition ? yes : no; }
QS_FORCE_INLINE float lesser(float a, float b) { return a < b ? a : b; }
QS_FORCE_INLINE float greater(float a, float b) { return a > b ? a : b; }

/// Clamps to [low, high]; NaN becomes `low`.
QS_FORCE_INLINE float clampCode(float code, float low, float high) { return lesser(greater(code, low), high); }

/// Value ≈ scale · code − minimum with codes 0…maxCode and minimum ≥ 0. The codes that go with it are
/// clampCode(roundEven(codeScale · (value − codeOffset)), 0, maxCode).
struct OffsetFit {
  Lanes scale;
  Lanes minimum;
  Lanes codeScale;
  Lanes codeOffset;
};

enum class FitError { Absolute, Squared };

/// What is tried for a group whose values span `range`: code scales (maxCode + first + step · i)/range for i = 0…last,
/// each refined by weighted least squares; the smallest weighted error wins.
struct OffsetSearch {
  float maxCode;
  float first;
  float step;
  int last;
  FitError error;
};

void fitOffset(const LaneGroups& groups, const OffsetSearch& search, OffsetFit& fit);

/// Value ≈ scale · code with codes −half…half − 1. The codes that go with it are
/// clampCode(roundEven(codeScale · value), −half, half − 1), and −half in a group of zeros (codeScale 0).
struct ScaleFit {
  Lanes scale;
  Lanes codeScale;
};

constexpr int kScaleShifts = 9;
/// Tries the code scales −(half + i/10)/extreme value for i = −9…9; the largest gain in weighted squared error wins.
void fitScale(const LaneGroups& groups, float half, ScaleFit& fit);

constexpr int kDescentRounds = 5;
/// Weighs each value by its square; moves one code at a time where that gains, at most five rounds.
/// `codes` [groupValues] receives the codes plus `half`.
void fitScaleByDescent(const LaneGroups& groups, float half, Lanes& scale, Lanes* codes);

/// Value ≈ scale · code for values ≥ 0 with codes 0…maxCode: the best of nine code scales, then as above.
void fitPositiveScale(const LaneGroups& groups, float maxCode, Lanes& scale, Lanes* codes);

/// How the values of one group become codes: (x + offset)/step to the nearest integer or, where step is 0 and the codes
/// decode to the same in any case, those that the search ended with: codeScale · (x − codeOffset). All `low` where
/// codeScale is 0, too.
struct GroupStep {
  float step;
  float offset;
  float codeScale;
  float codeOffset;
};

/// What encodeGroups rounds.
QS_FORCE_INLINE float inSteps(const GroupStep& group, float x) { return (x + group.offset) / group.step; }
QS_FORCE_INLINE float inSearchSteps(const GroupStep& group, float x) {
  return group.codeScale * (x - group.codeOffset);
}
QS_FORCE_INLINE std::int32_t codeOfSteps(float steps, float low, float high) {
  return static_cast<std::int32_t>(clampCode(roundEven(steps), low, high) - low);
}

/// Codes low…high of consecutive groups, stored less `low`.
void encodeGroups(const float* values, std::size_t groups, std::size_t groupValues, const GroupStep* steps, float low,
                  float high, std::uint8_t* codes);

}  // namespace core::quant
