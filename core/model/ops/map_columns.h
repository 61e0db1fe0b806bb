#pragma once
#include <cstddef>
#include <span>

#include "core/model/op.h"

namespace core::model::ops {

/// out[t][c] = map(weight[e] · in[t][c] + bias[e]), e being c · (length of the vector) / width. They may be the same.
/// @param weight, bias [width] or a divisor of it; empty: 1 and 0  @param in, out [tokens, width]
void mapColumns(const Map& map, std::span<const float> weight, std::span<const float> bias, const float* in,
                std::size_t tokens, std::size_t width, float* out);

}  // namespace core::model::ops
