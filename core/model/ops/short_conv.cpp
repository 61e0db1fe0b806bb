#include "core/model/ops/short_conv.h"

#include <algorithm>

#include "core/base/parallel.h"

namespace core::model::ops {

namespace {
constexpr std::size_t kConvGrain = 64;  // rows
}

void shortConv(std::span<const float> weight, std::span<const float> bias, std::size_t taps, const float* in,
               std::size_t tokens, std::size_t width, const float* from, float* to, float* out) {
  const std::size_t past = taps - 1;
  // Row r of what came before and then of these; null: 0.
  const auto row = [&](std::size_t r) -> const float* {
    if (r >= past) return in + (r - past) * width;
    return from == nullptr ? nullptr : from + r * width;
  };
  parallelFor(tokens, kConvGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) {
      float* const sums = out + t * width;
      std::fill_n(sums, width, 0.0F);
      for (std::size_t j = 0; j < taps; ++j) {
        const float* const x = row(t + j);
        for (std::size_t c = 0; x != nullptr && c < width; ++c) sums[c] += weight[c * taps + j] * x[c];
      }
      for (std::size_t c = 0; !bias.empty() && c < width; ++c) sums[c] += bias[c];
    }
  });
  for (std::size_t r = 0; r < past; ++r) {
    const float* const x = row(tokens + r);
    if (x == nullptr)
      std::fill_n(to + r * width, width, 0.0F);
    else
      std::copy_n(x, width, to + r * width);
  }
}

}  // namespace core::model::ops
