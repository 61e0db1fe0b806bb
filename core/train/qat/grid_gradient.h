#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace core::train {

/// What a scale and a zero-point are told by the weights that share them.
struct GridGradient {
  double scale = 0.0, zeroPoint = 0.0;
};

/// Evenly spaced levels less the zero-point, in steps: lowest ≤ 0 ≤ highest.
struct LevelRange {
  float lowest, highest;
};

/// Which weights lie within the levels, and what becomes of the gradient of those that do not.
enum class Clipping : std::uint8_t {
  /// Inside is lowest < w / s < highest: weights are clipped, then rounded, and those beyond get no gradient (LSQ,
  /// Esser
  /// et al. 2020, equation 3).
  BeforeRounding,
  /// Inside is lowest ≤ round(w / s) ≤ highest: weights are rounded, then clipped (OmniQuant, Shao et al. 2024, where
  /// weights are not trained). The gradient of all weights goes straight through (Bengio et al. 2013): the extremes of
  /// a group whose clip is below 1 are always beyond and could not come back.
  AfterRounding
};

/// Back through ŵ = s · (clamp(round(w / s) + Z) − Z), rounding being the identity. With k = clamp(round(w / s)) in
/// steps less the zero-point and g the gradient of ŵ:
///
///   inside:   ∂ŵ/∂w = 1,                      ∂ŵ/∂s = k − w / s, ∂ŵ/∂Z = 0
///   outside:  ∂ŵ/∂w = 0 (AfterRounding: 1),   ∂ŵ/∂s = k,         ∂ŵ/∂Z = −s     (LSQ+, Bhalgat et al. 2020, for
///                                                                                β = −s · Z)
///
/// Under a scale of 0 the gradient goes straight through to the weights, so that they can leave 0.
/// @param toWeights gradients of w, added to
GridGradient reverseGrid(float scale, LevelRange levels, Clipping clipping, std::span<const float> weights,
                         std::span<const float> gradient, float* toWeights);

}  // namespace core::train
