#pragma once
#include <cstddef>
#include <span>

namespace core::model::ops {

/// out[t] = (in[t] − mean) / sqrt(variance + epsilon) · weight + bias (Ba et al. 2016); the variance is the mean square
/// of the differences from the mean.
/// @param weight [width]  @param bias [width] or empty  @param tokens or heads of them
/// @param in, out [tokens, width]; they may be the same
void layerNorm(std::span<const float> weight, std::span<const float> bias, float epsilon, const float* in,
               std::size_t tokens, float* out);

}  // namespace core::model::ops
