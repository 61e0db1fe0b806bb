#include "core/model/ops/slice.h"

#include <algorithm>

namespace core::model::ops {

void slice(const float* in, std::size_t stride, std::size_t tokens, std::size_t width, float* out) {
  for (std::size_t t = 0; t < tokens; ++t) std::copy_n(in + t * stride, width, out + t * width);
}

}  // namespace core::model::ops
