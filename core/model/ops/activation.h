#pragma once
#include <cmath>
#include <numbers>

namespace core::model::ops {

template <typename Real>
Real silu(Real x) {
  return x / (1 + std::exp(-x));
}

/// √(2/π) · (x + 0.044715 x³)
template <typename Real>
Real geluArgument(Real x) {
  constexpr auto kRoot = static_cast<Real>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  return kRoot * x * (1 + static_cast<Real>(0.044715) * x * x);
}

template <typename Real>
Real geluTanh(Real x) {
  return x / 2 * (1 + std::tanh(geluArgument(x)));
}

}  // namespace core::model::ops
