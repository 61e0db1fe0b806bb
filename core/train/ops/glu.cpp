#include "core/train/ops/glu.h"

#include "core/base/parallel.h"
#include "core/train/ops/activation.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kGrain = 8192;  // below this a thread costs more than it brings

}  // namespace

template <typename Real>
void glu(model::Activation activation, const Real* gate, const Real* up, std::size_t count, Real* out) {
  parallelFor(count, kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      out[i] = activated(activation, gate[i]).value * gated(activation, up[i]).value;
  });
}

template <typename Real>
void gluReverse(model::Activation activation, const Real* gate, const Real* up, const Real* gradient, std::size_t count,
                Real* gateGradient, Real* upGradient) {
  parallelFor(count, kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const Activated<Real> made = activated(activation, gate[i]), other = gated(activation, up[i]);
      if (gateGradient != nullptr) gateGradient[i] += gradient[i] * other.value * made.slope;
      if (upGradient != nullptr) upGradient[i] += gradient[i] * made.value * other.slope;
    }
  });
}

template void glu(model::Activation, const float*, const float*, std::size_t, float*);
template void glu(model::Activation, const double*, const double*, std::size_t, double*);
template void gluReverse(model::Activation, const float*, const float*, const float*, std::size_t, float*, float*);
template void gluReverse(model::Activation, const double*, const double*, const double*, std::size_t, double*, double*);

}  // namespace core::train::ops
