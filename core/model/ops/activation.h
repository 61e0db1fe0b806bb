#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>

namespace core::model::ops {

template <typename Real>
Real sigmoid(Real x) {
  return 1 / (1 + std::exp(-x));
}

template <typename Real>
Real silu(Real x) {
  return x / (1 + std::exp(-x));
}

/// ln(1 + e^x), which is x where that is large.
template <typename Real>
Real softplus(Real x) {
  return std::max(x, Real{0}) + std::log1p(std::exp(-std::abs(x)));
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

/// x · Φ(x), Φ being the distribution function of the normal distribution.
template <typename Real>
Real geluErf(Real x) {
  return x / 2 * (1 + std::erf(x / std::numbers::sqrt2_v<Real>));
}

/// The limits and the slope of gpt-oss's unit.
template <typename Real>
struct ClampedSwish {
  static constexpr Real kLimit = 7, kSlope = static_cast<Real>(1.702);
};

template <typename Real>
Real clampedSwish(Real gate) {
  const Real x = std::min(gate, ClampedSwish<Real>::kLimit);
  return x / (1 + std::exp(-ClampedSwish<Real>::kSlope * x));
}

template <typename Real>
Real clampedAddend(Real up) {
  return std::clamp(up, -ClampedSwish<Real>::kLimit, ClampedSwish<Real>::kLimit) + 1;
}

}  // namespace core::model::ops
