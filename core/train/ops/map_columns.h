#pragma once
#include "core/model/op.h"
#include "core/train/ops/batch.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

/// out[t][c] = map(weight[e] · in[t][c] + bias[e]), e being c · (length of the vector) / width (model::MapColumns).
/// @param weight, bias null: none
template <typename Real>
void mapColumns(const model::Map& map, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                std::size_t width, const Real* in, Real* out);

/// What is added to; null: not wanted.
template <typename Real>
struct MapColumnsGradients {
  Real *in, *weight, *bias;  ///< [rows, width], and as long as the vectors
};
/// With s = gradient · map′(weight · in + bias):  ∂in = s · weight,  ∂weight = Σ s · in,  ∂bias = Σ s
template <typename Real>
void mapColumnsReverse(const model::Map& map, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                       std::size_t width, const Real* in, const Real* gradient,
                       const MapColumnsGradients<Real>& gradients);

}  // namespace core::train::ops
