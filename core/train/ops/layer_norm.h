#pragma once
#include "core/train/ops/batch.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

/// out[t] = (x[t] − mean) / sqrt(variance + epsilon) · weight (+ bias), sums in double.
/// @param bias null: none
template <typename Real>
void layerNorm(const PassWeight& weight, const PassWeight* bias, float epsilon, const Batch& batch, const Real* in,
               Real* out);

/// What is added to; null: not wanted.
template <typename Real>
struct LayerNormGradients {
  Real *in, *weight, *bias;  ///< [rows, width], [width], [width]
};
/// With n = (x − mean) · s, s = 1 / sqrt(variance + epsilon) and u = gradient · weight:
///   ∂x = s · (u − mean(u) − n · mean(u · n)),   ∂weight = Σ_t gradient · n,   ∂bias = Σ_t gradient
template <typename Real>
void layerNormReverse(const PassWeight& weight, float epsilon, const Batch& batch, const Real* in, const Real* gradient,
                      const LayerNormGradients<Real>& gradients);

}  // namespace core::train::ops
