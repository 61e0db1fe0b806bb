#pragma once
#include "core/train/ops/batch.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

/// out[t][c] = Σ_j weight[c · taps + j] · in[t − (taps − 1) + j][c] (+ bias[c]), in being 0 before each sequence
/// (model::ShortConv). @param bias null: none
template <typename Real>
void shortConv(const PassWeight& weight, const PassWeight* bias, const Batch& batch, std::size_t width, const Real* in,
               Real* out);

/// What is added to; null: not wanted.
template <typename Real>
struct ShortConvGradients {
  Real *in, *weight, *bias;  ///< [rows, width], [width · taps], [width]
};
/// ∂in[t − (taps − 1) + j] += weight[j] · gradient[t],  ∂weight[j] += gradient[t] · in[t − (taps − 1) + j],
/// ∂bias += gradient[t]
template <typename Real>
void shortConvReverse(const PassWeight& weight, const Batch& batch, std::size_t width, const Real* in,
                      const Real* gradient, const ShortConvGradients<Real>& gradients);

}  // namespace core::train::ops
