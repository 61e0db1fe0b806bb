#include "core/model/ops/map_columns.h"

#include "core/base/parallel.h"
#include "core/model/ops/map.h"

namespace core::model::ops {

namespace {
constexpr std::size_t kColumnsGrain = 8192;  // below this a thread costs more than it brings
}

void mapColumns(const Map& map, std::span<const float> weight, std::span<const float> bias, const float* in,
                std::size_t tokens, std::size_t width, float* out) {
  const std::size_t ofWeight = weight.empty() ? 1 : width / weight.size();
  const std::size_t ofBias = bias.empty() ? 1 : width / bias.size();
  parallelFor(tokens * width, kColumnsGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t column = i % width;
      float x = in[i];
      if (!weight.empty()) x *= weight[column / ofWeight];
      if (!bias.empty()) x += bias[column / ofBias];
      out[i] = x;
    }
  });
  ops::map(map, out, tokens * width, out);
}

}  // namespace core::model::ops
