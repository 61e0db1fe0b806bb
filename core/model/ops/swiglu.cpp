#include "core/model/ops/swiglu.h"

#include <cmath>

#include "core/base/parallel.h"

namespace core::model::ops {

namespace {
constexpr std::size_t kGrain = 8192;  // below this a thread costs more than it brings
}

void swiGlu(const float* gate, const float* up, std::size_t count, float* out) {
  parallelFor(count, kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) out[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
  });
}

}  // namespace core::model::ops
