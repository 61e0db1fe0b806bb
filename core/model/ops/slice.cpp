#include "core/model/ops/slice.h"

#include <algorithm>

namespace core::model::ops {

void slice(const float* in, std::size_t stride, std::size_t step, std::size_t tokens, std::size_t width, float* out) {
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* const from = in + t * stride;
    float* const to = out + t * width;
    if (step == 1) std::copy_n(from, width, to);
    for (std::size_t i = 0; step != 1 && i < width; ++i) to[i] = from[i * step];
  }
}

}  // namespace core::model::ops
