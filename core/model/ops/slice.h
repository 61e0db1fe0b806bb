#pragma once
#include <cstddef>

namespace core::model::ops {

/// out[t][i] = in[t][i · step]. @param in rows `stride` apart, from the first column wanted  @param out [tokens, width]
void slice(const float* in, std::size_t stride, std::size_t step, std::size_t tokens, std::size_t width, float* out);

}  // namespace core::model::ops
