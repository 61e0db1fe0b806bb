#include "core/model/ops/layer_norm.h"

#include <cmath>

namespace core::model::ops {

void layerNorm(std::span<const float> weight, std::span<const float> bias, float epsilon, const float* in,
               std::size_t tokens, float* out) {
  const std::size_t width = weight.size();
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* const x = in + t * width;
    float* const y = out + t * width;
    double sum = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < width; ++i) sum += static_cast<double>(x[i]);
    const double mean = sum / static_cast<double>(width);
    for (std::size_t i = 0; i < width; ++i) {
      const double difference = static_cast<double>(x[i]) - mean;
      squares += difference * difference;
    }
    const double variance = squares / static_cast<double>(width);
    const auto scale = static_cast<float>(1.0 / std::sqrt(variance + static_cast<double>(epsilon)));
    const auto middle = static_cast<float>(mean);
    for (std::size_t i = 0; i < width; ++i)
      y[i] = (x[i] - middle) * scale * weight[i] + (bias.empty() ? 0.0F : bias[i]);
  }
}

}  // namespace core::model::ops
