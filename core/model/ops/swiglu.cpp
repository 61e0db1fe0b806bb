#include "core/model/ops/swiglu.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <cmath>

namespace core::model::ops {

namespace {
constexpr std::size_t kGrain = 8192;  // below this a thread costs more than it brings
}

void swiGlu(const float* gate, const float* up, std::size_t count, float* out) {
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, kGrain),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t i = range.begin(); i < range.end(); ++i)
                        out[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
                    });
}

}  // namespace core::model::ops
