#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::model::ops {

/// out[t][k] = in[t][order[k]] · factors[k]; an empty order leaves columns in place, empty factors are 1.
/// @param in, out [tokens, width], not the same
void arrangeColumns(const Arrangement& arrangement, const float* in, std::size_t tokens, std::size_t width, float* out);

}  // namespace core::model::ops
