#include "core/model/ops/rms_norm.h"

#include <cmath>

namespace core::model::ops {

void rmsNorm(std::span<const float> weight, std::size_t width, float epsilon, const float* in, std::size_t tokens,
             float* out) {
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* x = in + t * width;
    float* y = out + t * width;
    double squares = 0.0;
    for (std::size_t i = 0; i < width; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    const double mean = squares / static_cast<double>(width);
    const auto scale = static_cast<float>(1.0 / std::sqrt(mean + static_cast<double>(epsilon)));
    for (std::size_t i = 0; i < width; ++i) y[i] = weight.empty() ? x[i] * scale : x[i] * scale * weight[i];
  }
}

}  // namespace core::model::ops
