#include "core/train/ops/layer_norm.h"

#include <cmath>
#include <vector>

namespace core::train::ops {

namespace {

struct Moments {
  double mean, inverseDeviation;

  template <typename Real>
  double normed(Real x) const {
    return (static_cast<double>(x) - mean) * inverseDeviation;
  }
};

template <typename Real>
Moments momentsOf(const Real* x, std::size_t width, float epsilon) {
  const auto count = static_cast<double>(width);
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < width; ++i) sum += static_cast<double>(x[i]);
  for (std::size_t i = 0; i < width; ++i) {
    const double difference = static_cast<double>(x[i]) - sum / count;
    squares += difference * difference;
  }
  return {sum / count, 1.0 / std::sqrt(squares / count + static_cast<double>(epsilon))};
}

}  // namespace

template <typename Real>
void layerNorm(const PassWeight& weight, const PassWeight* bias, float epsilon, const Batch& batch, const Real* in,
               Real* out) {
  const std::size_t width = weight.width;
  WeightVector<Real> weights(weight), biases(bias == nullptr ? weight : *bias);
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    const Real* const w = weights.at(batch.along[sequence], width);
    const Real* const b = bias == nullptr ? nullptr : biases.at(batch.along[sequence], width);
    for (std::size_t row = sequence * batch.length; row < (sequence + 1) * batch.length; ++row) {
      const Moments moments = momentsOf(in + row * width, width, epsilon);
      const auto mean = static_cast<Real>(moments.mean), scale = static_cast<Real>(moments.inverseDeviation);
      for (std::size_t i = row * width, k = 0; k < width; ++i, ++k)
        out[i] = (in[i] - mean) * scale * w[k] + (b == nullptr ? Real{0} : b[k]);
    }
  }
}

template <typename Real>
void layerNormReverse(const PassWeight& weight, float epsilon, const Batch& batch, const Real* in, const Real* gradient,
                      const LayerNormGradients<Real>& gradients) {
  const std::size_t width = weight.width;
  const auto count = static_cast<double>(width);
  WeightVector<Real> weights(weight);
  std::vector<double> ofWeight(width, 0.0), ofBias(width, 0.0);
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    const Real* const w = weights.at(batch.along[sequence], width);
    for (std::size_t row = sequence * batch.length; row < (sequence + 1) * batch.length; ++row) {
      const Real *const x = in + row * width, *const g = gradient + row * width;
      const Moments moments = momentsOf(x, width, epsilon);
      double sum = 0.0, product = 0.0;  // of u, and of u · n
      for (std::size_t i = 0; i < width; ++i) {
        const auto slope = static_cast<double>(g[i]), u = slope * static_cast<double>(w[i]);
        ofWeight[i] += slope * moments.normed(x[i]);
        ofBias[i] += slope;
        sum += u;
        product += u * moments.normed(x[i]);
      }
      for (std::size_t i = 0; gradients.in != nullptr && i < width; ++i) {
        const double u = static_cast<double>(g[i]) * static_cast<double>(w[i]);
        gradients.in[row * width + i] +=
            static_cast<Real>(moments.inverseDeviation * (u - sum / count - moments.normed(x[i]) * product / count));
      }
    }
  }
  for (std::size_t i = 0; i < width; ++i) {
    if (gradients.weight != nullptr) gradients.weight[i] += static_cast<Real>(ofWeight[i]);
    if (gradients.bias != nullptr) gradients.bias[i] += static_cast<Real>(ofBias[i]);
  }
}

template void layerNorm(const PassWeight&, const PassWeight*, float, const Batch&, const float*, float*);
template void layerNorm(const PassWeight&, const PassWeight*, float, const Batch&, const double*, double*);
template void layerNormReverse(const PassWeight&, float, const Batch&, const float*, const float*,
                               const LayerNormGradients<float>&);
template void layerNormReverse(const PassWeight&, float, const Batch&, const double*, const double*,
                               const LayerNormGradients<double>&);

}  // namespace core::train::ops
