#pragma once
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace core::classic {

/// The operations of a small image network, on float32 with float32 sums, or on integers with integer sums: images are
/// [channels, side, side], row by row. What an integer stands for is the caller's matter; 0 has to stand for 0.

/// out[o, y, x] = bias[o] + Σ_c Σ_dy Σ_dx weight[o, c, dy, dx] · in[c, y + dy − 1, x + dx − 1], beyond the rim 0: a
/// cross-correlation, as every framework's convolution (Goodfellow, Bengio, Courville: Deep Learning, 9.1).
/// @param weight [out channels, channels, 3, 3]  @param bias one per out channel
/// @return [out channels, side, side]
template <class Sum, class Value, class Weight>
std::vector<Sum> convolve3x3(std::span<const Value> in, std::span<const Weight> weight, std::span<const Sum> bias,
                             std::size_t side) {
  const std::size_t area = side * side, channels = in.size() / area;
  std::vector<Sum> out(bias.size() * area);
  const Weight* w = weight.data();
  for (std::size_t o = 0; o < bias.size(); ++o) {
    Sum* sums = out.data() + o * area;
    std::fill_n(sums, area, bias[o]);
    for (std::size_t tap = 0; tap < channels * 9; ++tap, ++w) {
      const Value* plane = in.data() + tap / 9 * area;
      const std::size_t dy = tap % 9 / 3, dx = tap % 3;
      const std::size_t left = dx == 0 ? 1 : 0, right = dx == 2 ? side - 1 : side;
      for (std::size_t y = dy == 0 ? 1 : 0; y < (dy == 2 ? side - 1 : side); ++y) {
        const Value* row = plane + (y + dy - 1) * side;
        for (std::size_t x = left; x < right; ++x)
          sums[y * side + x] += static_cast<Sum>(*w) * static_cast<Sum>(row[x + dx - 1]);
      }
    }
  }
  return out;
}

/// The largest of each 2 × 2 values, but at least 0: ReLU and max pooling, which may change places. An odd rim is left
/// out. @return [channels, side / 2, side / 2]
template <class Value>
std::vector<Value> poolRelu2x2(std::span<const Value> in, std::size_t side) {
  const std::size_t half = side / 2, channels = in.size() / (side * side);
  std::vector<Value> out(channels * half * half);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t x = i % half * 2, y = i / half % half * 2;
    const Value* corner = in.data() + i / (half * half) * side * side + y * side + x;
    out[i] = std::max({Value{0}, corner[0], corner[1], corner[side], corner[side + 1]});
  }
  return out;
}

/// out[o] = bias[o] + Σ_i weight[o, i] · in[i].
template <class Sum, class Value, class Weight>
std::vector<Sum> multiply(std::span<const Value> in, std::span<const Weight> weight, std::span<const Sum> bias) {
  std::vector<Sum> out(bias.begin(), bias.end());
  for (std::size_t o = 0; o < out.size(); ++o)
    for (std::size_t i = 0; i < in.size(); ++i)
      out[o] += static_cast<Sum>(weight[o * in.size() + i]) * static_cast<Sum>(in[i]);
  return out;
}

}  // namespace core::classic
