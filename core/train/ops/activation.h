#pragma once
#include <cmath>
#include <numbers>

#include "core/model/op.h"
#include "core/model/ops/activation.h"

namespace core::train::ops {

/// What an activation makes of a number, and its derivative there.
template <typename Real>
struct Activated {
  Real value, slope;
};

/// σ′(x) = σ(x) · (1 − σ(x))
template <typename Real>
Activated<Real> sigmoid(Real x) {
  const Real value = model::ops::sigmoid(x);
  return {value, value * (1 - value)};
}

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

/// gelu′(x) = Φ(x) + x · φ(x), φ being the density of the normal distribution.
template <typename Real>
Activated<Real> geluErf(Real x) {
  constexpr Real kPeak = std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>;
  const Real share = (1 + std::erf(x / std::numbers::sqrt2_v<Real>)) / 2;
  return {x * share, share + x * kPeak * std::exp(-x * x / 2)};
}

/// With σ = 1 / (1 + e^(−s x)):  σ · (1 + s · x · (1 − σ)), and 0 beyond the limit
template <typename Real>
Activated<Real> clampedSwish(Real x) {
  using Unit = model::ops::ClampedSwish<Real>;
  const Real held = std::min(x, Unit::kLimit), sigmoid = 1 / (1 + std::exp(-Unit::kSlope * held));
  return {held * sigmoid, x > Unit::kLimit ? 0 : sigmoid * (1 + Unit::kSlope * held * (1 - sigmoid))};
}

/// Of c · tanh(x / c) the slope is 1 − tanh²(x / c), of ln(1 + e^x) it is σ(x).
template <typename Real>
Activated<Real> mapped(const model::Map& map, Real x) {
  const auto parameter = static_cast<Real>(map.parameter);
  switch (map.function) {
    case model::Map::Function::Scale:
      break;
    case model::Map::Function::SoftCap: {
      const Real tanh = std::tanh(x / parameter);
      return {parameter * tanh, 1 - tanh * tanh};
    }
    case model::Map::Function::GeluTanh:
      return geluTanh(x);
    case model::Map::Function::GeluErf:
      return geluErf(x);
    case model::Map::Function::Silu:
      return silu(x);
    case model::Map::Function::Sigmoid:
      return sigmoid(x);
    case model::Map::Function::Softplus:
      return {model::ops::softplus(x), model::ops::sigmoid(x)};
    case model::Map::Function::Exp:
      return {std::exp(x), std::exp(x)};
  }
  return {x * parameter, parameter};
}

/// The factor of a gated unit that the gate makes.
template <typename Real>
Activated<Real> activated(model::Activation activation, Real x) {
  switch (activation) {
    case model::Activation::None:
      return {x, 1};
    case model::Activation::Sigmoid:
      return sigmoid(x);
    case model::Activation::Silu:
      break;
    case model::Activation::GeluTanh:
      return geluTanh(x);
    case model::Activation::ClampedSwish:
      return clampedSwish(x);
  }
  return silu(x);
}

/// The other factor, of what is gated.
template <typename Real>
Activated<Real> gated(model::Activation activation, Real y) {
  if (activation != model::Activation::ClampedSwish) return {y, 1};
  return {model::ops::clampedAddend(y), std::abs(y) > model::ops::ClampedSwish<Real>::kLimit ? Real{0} : Real{1}};
}

}  // namespace core::train::ops
