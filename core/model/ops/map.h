#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::model::ops {

/// out[i] = f(in[i]); they may be the same.
void map(const Map& map, const float* in, std::size_t count, float* out);

}  // namespace core::model::ops
