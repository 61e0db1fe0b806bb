#pragma once
#include <cstddef>

namespace core::model::ops {

/// out[i] = a[i] + b[i]; out may be a or b.
void add(const float* a, const float* b, std::size_t count, float* out);

}  // namespace core::model::ops
