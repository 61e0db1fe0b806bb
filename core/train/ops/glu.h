#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::train::ops {

/// out[i] = activation(gate[i]) · up[i]
template <typename Real>
void glu(model::Activation activation, const Real* gate, const Real* up, std::size_t count, Real* out);

/// Both are added to; null: not wanted. silu′(x) = σ(x) · (1 + x · (1 − σ(x))).
template <typename Real>
void gluReverse(model::Activation activation, const Real* gate, const Real* up, const Real* gradient, std::size_t count,
                Real* gateGradient, Real* upGradient);

}  // namespace core::train::ops
