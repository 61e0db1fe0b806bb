#pragma once
#include <cmath>

#include "core/model/op.h"
#include "core/model/ops/activation.h"

namespace core::train::ops {

/// What an activation makes of a number, and its derivative there.
template <typename Real>
struct Activated {
  Real value, slope;
};

/// silu′(x) = σ(x) · (1 + x · (1 − σ(x)))
template <typename Real>
Activated<Real> silu(Real x) {
  const Real sigmoid = 1 / (1 + std::exp(-x));
  return {x * sigmoid, sigmoid * (1 + x * (1 - sigmoid))};
}

/// With u = √(2/π) · (x + 0.044715 x³) and t = tanh u:  gelu′(x) = (1 + t) / 2 + x / 2 · (1 − t²) · u′
template <typename Real>
Activated<Real> geluTanh(Real x) {
  constexpr auto kCube = static_cast<Real>(0.044715);
  const Real tanh = std::tanh(model::ops::geluArgument(x));
  const Real argumentSlope = model::ops::geluArgument(Real{1}) / (1 + kCube) * (1 + 3 * kCube * x * x);
  return {x / 2 * (1 + tanh), (1 + tanh) / 2 + x / 2 * (1 - tanh * tanh) * argumentSlope};
}

template <typename Real>
Activated<Real> activated(model::Activation activation, Real x) {
  switch (activation) {
    case model::Activation::Silu:
      break;
    case model::Activation::GeluTanh:
      return geluTanh(x);
  }
  return silu(x);
}

}  // namespace core::train::ops
