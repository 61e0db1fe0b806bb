#include "core/train/ops/short_conv.h"

#include <optional>
#include <vector>

namespace core::train::ops {

namespace {

/// Calls visit(row of the sum, row that it reads, tap) for all products, and begin(α) before those of each sequence.
template <typename Begin, typename Visit>
void forEachProduct(const Batch& batch, std::size_t taps, const Begin& begin, const Visit& visit) {
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    begin(batch.along[sequence]);
    const std::size_t first = sequence * batch.length;
    for (std::size_t t = 0; t < batch.length; ++t)
      for (std::size_t j = 0; j < taps; ++j)
        if (t + j + 1 >= taps) visit(first + t, first + t + j + 1 - taps, j);
  }
}

}  // namespace

template <typename Real>
void shortConv(const PassWeight& weight, const PassWeight* bias, const Batch& batch, std::size_t width, const Real* in,
               Real* out) {
  const std::size_t taps = weight.width / width;
  WeightVector<Real> values(weight);
  std::optional<WeightVector<Real>> addends;
  if (bias != nullptr) addends.emplace(*bias);
  const Real* w = nullptr;
  std::size_t row = 0;
  const auto begin = [&](double along) {
    w = values.at(along, weight.width);
    const Real* const b = addends ? addends->at(along, width) : nullptr;
    for (std::size_t i = 0; i < batch.length * width; ++i, ++row) out[row] = b == nullptr ? Real{0} : b[i % width];
  };
  forEachProduct(batch, taps, begin, [&](std::size_t to, std::size_t from, std::size_t j) {
    for (std::size_t c = 0; c < width; ++c) out[to * width + c] += w[c * taps + j] * in[from * width + c];
  });
}

template <typename Real>
void shortConvReverse(const PassWeight& weight, const Batch& batch, std::size_t width, const Real* in,
                      const Real* gradient, const ShortConvGradients<Real>& gradients) {
  const std::size_t taps = weight.width / width;
  WeightVector<Real> values(weight);
  const Real* w = nullptr;
  std::vector<double> ofWeight(gradients.weight == nullptr ? 0 : weight.width, 0.0),
      ofBias(gradients.bias == nullptr ? 0 : width, 0.0);
  const auto begin = [&](double along) { w = values.at(along, weight.width); };
  forEachProduct(batch, taps, begin, [&](std::size_t to, std::size_t from, std::size_t j) {
    const Real *const g = gradient + to * width, *const x = in + from * width;
    for (std::size_t c = 0; gradients.in != nullptr && c < width; ++c)
      gradients.in[from * width + c] += w[c * taps + j] * g[c];
    for (std::size_t c = 0; !ofWeight.empty() && c < width; ++c)
      ofWeight[c * taps + j] += static_cast<double>(g[c]) * static_cast<double>(x[c]);
  });
  for (std::size_t i = 0; !ofBias.empty() && i < batch.rows() * width; ++i)
    ofBias[i % width] += static_cast<double>(gradient[i]);
  for (std::size_t i = 0; i < ofWeight.size(); ++i) gradients.weight[i] += static_cast<Real>(ofWeight[i]);
  for (std::size_t i = 0; i < ofBias.size(); ++i) gradients.bias[i] += static_cast<Real>(ofBias[i]);
}

template void shortConv(const PassWeight&, const PassWeight*, const Batch&, std::size_t, const float*, float*);
template void shortConv(const PassWeight&, const PassWeight*, const Batch&, std::size_t, const double*, double*);
template void shortConvReverse(const PassWeight&, const Batch&, std::size_t, const float*, const float*,
                               const ShortConvGradients<float>&);
template void shortConvReverse(const PassWeight&, const Batch&, std::size_t, const double*, const double*,
                               const ShortConvGradients<double>&);

}  // namespace core::train::ops
