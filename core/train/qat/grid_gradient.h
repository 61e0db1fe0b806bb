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

/// Which weights lie within the levels.
enum class Inside : std::uint8_t {
  BeforeRounding,  ///< lowest < w / s < highest: they are clipped, then rounded (LSQ, Esser et al. 2020, equation 3)
  AfterRounding    ///< lowest ≤ round(w / s) ≤ highest: rounded, then clipped (OmniQuant, Shao et al. 2024)
};

/// Back through ŵ = s · (clamp(round(w / s) + Z) − Z), rounding being the identity. With k = clamp(round(w / s)) in
/// steps less the zero-point and g the gradient of ŵ:
///
///   inside:   ∂ŵ/∂w = 1, ∂ŵ/∂s = k − w / s, ∂ŵ/∂Z = 0
///   outside:  ∂ŵ/∂w = 0, ∂ŵ/∂s = k,         ∂ŵ/∂Z = −s     (LSQ+, Bhalgat et al. 2020, for β = −s · Z)
///
/// Under a scale of 0 the gradient goes straight through to the weights, so that they can leave 0.
/// @param toWeights gradients of w, added to
GridGradient reverseGrid(float scale, LevelRange levels, Inside inside, std::span<const float> weights,
                         std::span<const float> gradient, float* toWeights);

}  // namespace core::train
