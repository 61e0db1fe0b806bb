#include "core/model/ops/arrange_columns.h"

#include "core/base/parallel.h"

namespace core::model::ops {

namespace {
constexpr std::size_t kGrainValues = 65536;  // below this a thread costs more than it brings
}

void arrangeColumns(const Arrangement& arrangement, const float* in, std::size_t tokens, std::size_t width,
                    float* out) {
  parallelFor(tokens, kGrainValues / (width + 1) + 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) {
      const float* from = in + t * width;
      float* to = out + t * width;
      for (std::size_t k = 0; k < width; ++k) to[k] = from[arrangement.order.empty() ? k : arrangement.order[k]];
      if (arrangement.factors.empty()) continue;
      for (std::size_t k = 0; k < width; ++k) to[k] *= arrangement.factors[k];
    }
  });
}

}  // namespace core::model::ops
