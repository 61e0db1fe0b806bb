#include "core/model/ops/slice.h"

#include <algorithm>

namespace core::model::ops {

void slice(const Slice& slice, const float* in, std::size_t stride, std::size_t tokens, std::size_t width, float* out) {
  // Neighbours that stay neighbours are copied together.
  const std::size_t block = slice.step == slice.block ? width : slice.block;
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* from = in + t * stride + slice.first;
    float* const to = out + t * width;
    for (std::size_t i = 0; i < width; i += block, from += slice.step)
      std::copy_n(from, std::min(block, width - i), to + i);
  }
}

}  // namespace core::model::ops
