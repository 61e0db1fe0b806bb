#include "core/model/ops/add.h"

namespace core::model::ops {

void add(const float* a, const float* b, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

}  // namespace core::model::ops
