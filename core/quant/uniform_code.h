#pragma once
#include "core/base/multiversion.h"

namespace core::quant {

/// Nearest even for |x| < 2^22: in the binade of 1.5 · 2^23 the ulp is 1, so the addition rounds. Beyond, some number
/// that is as large.
QS_FORCE_INLINE float roundToEven(float x) { return (x + 12582912.0F) - 12582912.0F; }

/// A value on its way to a code of evenly spaced levels.
struct UniformCode {
  float divided;  ///< x / S; 0 for NaN
  float rounded;
  float clamped;  ///< q − Z
};

/// @param lowest, highest the outermost levels less the zero-point; whole numbers, so that clamping after rounding is
/// rounding after clamping
QS_FORCE_INLINE UniformCode uniformCode(float value, float scale, float lowest, float highest) {
  float divided = value / scale;
  divided = divided != divided ? 0.0F : divided;
  const float rounded = roundToEven(divided);
  float clamped = rounded < lowest ? lowest : rounded;
  clamped = clamped > highest ? highest : clamped;
  return {divided, rounded, clamped};
}

/// Where it ends: the level of x on an even grid. The code is level + zero-point. @pre scale ≠ 0, levels below 2^22
QS_FORCE_INLINE float levelOf(float x, float scale, float lowest, float highest) {
  return uniformCode(x, scale, lowest, highest).clamped;
}

}  // namespace core::quant
