#include "core/model/ops/slice.h"

#include <algorithm>

namespace core::model::ops {

void slice(const Slice& slice, const float* in, std::size_t stride, std::size_t tokens, std::size_t width, float* out) {
  // Neighbours that stay neighbours are copied together.
  const bool isWhole = slice.step == slice.block && slice.spread() == slice.block;
  const std::size_t block = isWhole ? width : slice.block, room = isWhole ? width : slice.spread();
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* from = in + t * stride + slice.first;
    float* const to = out + t * width;
    for (std::size_t i = 0; i < width; i += room, from += slice.step) {
      const std::size_t count = std::min(block, width - i);
      std::copy_n(from, count, to + i);
      std::fill_n(to + i + count, std::min(room, width - i) - count, 0.0F);
    }
  }
}

}  // namespace core::model::ops
