#include "core/train/ops/map.h"

#include "core/base/parallel.h"
#include "core/train/ops/activation.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kMapGrain = 8192;  // below this a thread costs more than it brings

}  // namespace

template <typename Real>
void map(const model::Map& map, const Real* in, std::size_t count, Real* out) {
  parallelFor(count, kMapGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) out[i] = mapped(map, in[i]).value;
  });
}

template <typename Real>
void mapReverse(const model::Map& map, const Real* in, const Real* gradient, std::size_t count, Real* inGradient) {
  parallelFor(count, kMapGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) inGradient[i] += gradient[i] * mapped(map, in[i]).slope;
  });
}

template void map(const model::Map&, const float*, std::size_t, float*);
template void map(const model::Map&, const double*, std::size_t, double*);
template void mapReverse(const model::Map&, const float*, const float*, std::size_t, float*);
template void mapReverse(const model::Map&, const double*, const double*, std::size_t, double*);

}  // namespace core::train::ops
