#include "core/train/ops/glu.h"

#include <cmath>

#include "core/base/parallel.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kGrain = 8192;  // below this a thread costs more than it brings

template <typename Real>
struct Silu {
  Real value, slope;

  explicit Silu(Real x) {
    const Real sigmoid = 1 / (1 + std::exp(-x));
    value = x * sigmoid;
    slope = sigmoid * (1 + x * (1 - sigmoid));
  }
};

template <typename Real>
Silu<Real> activated(model::Activation activation, Real x) {
  switch (activation) {
    case model::Activation::Silu:
      break;
  }
  return Silu<Real>(x);
}

}  // namespace

template <typename Real>
void glu(model::Activation activation, const Real* gate, const Real* up, std::size_t count, Real* out) {
  parallelFor(count, kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) out[i] = activated(activation, gate[i]).value * up[i];
  });
}

template <typename Real>
void gluReverse(model::Activation activation, const Real* gate, const Real* up, const Real* gradient, std::size_t count,
                Real* gateGradient, Real* upGradient) {
  parallelFor(count, kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const Silu<Real> made = activated(activation, gate[i]);
      if (gateGradient != nullptr) gateGradient[i] += gradient[i] * up[i] * made.slope;
      if (upGradient != nullptr) upGradient[i] += gradient[i] * made.value;
    }
  });
}

template void glu(model::Activation, const float*, const float*, std::size_t, float*);
template void glu(model::Activation, const double*, const double*, std::size_t, double*);
template void gluReverse(model::Activation, const float*, const float*, const float*, std::size_t, float*, float*);
template void gluReverse(model::Activation, const double*, const double*, const double*, std::size_t, double*, double*);

}  // namespace core::train::ops
