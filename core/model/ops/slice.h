#pragma once
#include <cstddef>

#include "core/model/op.h"

namespace core::model::ops {

/// out[t][i] = in[t][first + (i / block) · step + i mod block]
/// @param in rows `stride` apart  @param out [tokens, width]
void slice(const Slice& slice, const float* in, std::size_t stride, std::size_t tokens, std::size_t width, float* out);

}  // namespace core::model::ops
