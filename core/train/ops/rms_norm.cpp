#include "core/train/ops/rms_norm.h"

#include <cmath>
#include <optional>
#include <vector>

namespace core::train::ops {

namespace {

template <typename Real>
double inverseRoot(const Real* x, std::size_t width, float epsilon) {
  double squares = 0.0;
  for (std::size_t i = 0; i < width; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return 1.0 / std::sqrt(squares / static_cast<double>(width) + static_cast<double>(epsilon));
}

/// Calls visit(row, weight at the row's α) for all rows.
template <typename Real, typename Visit>
void forEachRow(const PassWeight* weight, std::size_t width, const Batch& batch, const Visit& visit) {
  std::optional<WeightVector<Real>> values;
  if (weight != nullptr) values.emplace(*weight);
  const std::vector<Real> ones(weight == nullptr ? width : 0, Real{1});
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    const Real* const w = values ? values->at(batch.along[sequence], width) : ones.data();
    for (std::size_t t = 0; t < batch.length; ++t) visit(sequence * batch.length + t, w);
  }
}

}  // namespace

template <typename Real>
void rmsNorm(const PassWeight* weight, std::size_t width, float epsilon, const Batch& batch, const Real* in,
             Real* out) {
  forEachRow<Real>(weight, width, batch, [&](std::size_t row, const Real* w) {
    const Real* const x = in + row * width;
    const auto scale = static_cast<Real>(inverseRoot(x, width, epsilon));
    for (std::size_t i = 0; i < width; ++i) out[row * width + i] = x[i] * scale * w[i];
  });
}

template <typename Real>
void rmsNormReverse(const PassWeight* weight, std::size_t width, float epsilon, const Batch& batch, const Real* in,
                    const Real* gradient, Real* inGradient, Real* weightGradient) {
  std::vector<double> sums(weightGradient == nullptr ? 0 : width, 0.0);
  forEachRow<Real>(weight, width, batch, [&](std::size_t row, const Real* w) {
    const Real *const x = in + row * width, *const g = gradient + row * width;
    const double scale = inverseRoot(x, width, epsilon);
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += static_cast<double>(g[i]) * static_cast<double>(x[i]) * scale;
    if (inGradient == nullptr) return;
    double product = 0.0;  // Σ u · x
    for (std::size_t i = 0; i < width; ++i) product += static_cast<double>(g[i] * w[i]) * static_cast<double>(x[i]);
    const auto s = static_cast<Real>(scale);
    const auto back = static_cast<Real>(product * scale * scale * scale / static_cast<double>(width));
    for (std::size_t i = 0; i < width; ++i) inGradient[row * width + i] += s * g[i] * w[i] - back * x[i];
  });
  for (std::size_t i = 0; i < sums.size(); ++i) weightGradient[i] += static_cast<Real>(sums[i]);
}

template void rmsNorm(const PassWeight*, std::size_t, float, const Batch&, const float*, float*);
template void rmsNorm(const PassWeight*, std::size_t, float, const Batch&, const double*, double*);
template void rmsNormReverse(const PassWeight*, std::size_t, float, const Batch&, const float*, const float*, float*,
                             float*);
template void rmsNormReverse(const PassWeight*, std::size_t, float, const Batch&, const double*, const double*, double*,
                             double*);

}  // namespace core::train::ops
