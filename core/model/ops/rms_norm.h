#pragma once
#include <cstddef>
#include <span>

namespace core::model::ops {

/// out[t] = in[t] / sqrt(mean(in[t]²) + epsilon) · weight (Zhang and Sennrich 2019).
/// @param weight [width], or empty: 1  @param tokens or heads of them  @param in, out [tokens, width]; they may be the
/// same
void rmsNorm(std::span<const float> weight, std::size_t width, float epsilon, const float* in, std::size_t tokens,
             float* out);

}  // namespace core::model::ops
