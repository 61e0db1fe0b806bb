#include "core/model/ops/rms_norm.h"

#include <cmath>

namespace core::model::ops {

void rmsNorm(std::span<const float> weight, float epsilon, const float* in, std::size_t tokens, float* out) {
  const std::size_t width = weight.size();
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* x = in + t * width;
    float* y = out + t * width;
    double squares = 0.0;
    for (std::size_t i = 0; i < width; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    const double mean = squares / static_cast<double>(width);
    const auto scale = static_cast<float>(1.0 / std::sqrt(mean + static_cast<double>(epsilon)));
    for (std::size_t i = 0; i < width; ++i) y[i] = x[i] * scale * weight[i];
  }
}

}  // namespace core::model::ops
