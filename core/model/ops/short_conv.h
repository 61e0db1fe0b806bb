#pragma once
#include <cstddef>
#include <span>

namespace core::model::ops {

/// out[t][c] = Σ_j weight[c][j] · x[t − (taps − 1) + j][c] (+ bias[c]), j < taps; x is what came before (`from`), then
/// `in`.
/// @param weight [width, taps]  @param bias [width] or empty  @param in, out [tokens, width], not the same
/// @param from [taps − 1, width] the last rows before these; null: 0  @param to the last rows when these are through
void shortConv(std::span<const float> weight, std::span<const float> bias, std::size_t taps, const float* in,
               std::size_t tokens, std::size_t width, const float* from, float* to, float* out);

}  // namespace core::model::ops
