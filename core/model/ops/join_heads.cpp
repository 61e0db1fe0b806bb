#include "core/model/ops/join_heads.h"

#include <algorithm>

namespace core::model::ops {

void joinHeads(std::size_t heads, std::size_t second, const float* x, std::size_t xWidth, const float* y,
               std::size_t yWidth, std::size_t tokens, float* out) {
  const std::size_t first = xWidth / heads, other = yWidth / second;
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t head = 0; head < heads; ++head) {
      out = std::copy_n(x + t * xWidth + head * first, first, out);
      out = std::copy_n(y + t * yWidth + head % second * other, other, out);
    }
}

}  // namespace core::model::ops
