#include "core/train/ops/experts.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/train/ops/expert_rows.h"
#include "core/train/ops/rounding.h"

namespace core::train::ops {

namespace {

/// A softmax over the logits that take part.
template <typename Real>
std::vector<double> shares(const model::Route& route, const Real* logits, const Real* routes, std::size_t experts) {
  const auto largest = static_cast<double>(logits[static_cast<std::size_t>(routes[0])]);
  std::vector<double> share(experts, 0.0);
  double sum = 0.0;
  const auto add = [&](std::size_t expert) {
    share[expert] = std::exp(static_cast<double>(logits[expert]) - largest);
    sum += share[expert];
  };
  for (std::size_t k = 0; route.isNormed && k < route.used; ++k) add(static_cast<std::size_t>(routes[k]));
  for (std::size_t expert = 0; !route.isNormed && expert < experts; ++expert) add(expert);
  for (double& value : share) value /= sum;
  return share;
}

}  // namespace

template <typename Real>
void route(const model::Route& route, const Real* logits, std::size_t experts, std::size_t rows, Real* out) {
  if (route.isAll) {
    for (std::size_t i = 0; i < rows * 2 * route.used; ++i) {
      const std::size_t at = i % (2 * route.used);
      out[i] = at < route.used ? static_cast<Real>(at) : Real{1};
    }
    return;
  }
  std::vector<std::size_t> order(experts);
  for (std::size_t t = 0; t < rows; ++t, logits += experts, out += 2 * route.used) {
    for (std::size_t i = 0; i < experts; ++i) order[i] = i;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
    for (std::size_t k = 0; k < route.used; ++k) out[k] = static_cast<Real>(order[k]);
    const std::vector<double> share = shares(route, logits, out, experts);
    for (std::size_t k = 0; k < route.used; ++k) out[route.used + k] = static_cast<Real>(share[order[k]]);
  }
}

template <typename Real>
void routeReverse(const model::Route& route, const Real* logits, const Real* routes, const Real* gradient,
                  std::size_t experts, std::size_t rows, Real* logitGradient) {
  if (route.isAll) return;
  const std::size_t used = route.used;
  std::vector<double> slopes(experts);
  for (std::size_t t = 0; t < rows; ++t) {
    const std::vector<double> share = shares(route, logits, routes, experts);
    std::ranges::fill(slopes, 0.0);
    for (std::size_t k = 0; k < used; ++k)
      slopes[static_cast<std::size_t>(routes[k])] = static_cast<double>(gradient[used + k]);
    double sum = 0.0;
    for (std::size_t i = 0; i < experts; ++i) sum += share[i] * slopes[i];
    for (std::size_t i = 0; i < experts; ++i) logitGradient[i] += static_cast<Real>(share[i] * (slopes[i] - sum));
    logits += experts;
    routes += 2 * used;
    gradient += 2 * used;
    logitGradient += experts;
  }
}

template <typename Real>
void roundExpertInputs(const quant::InputQuantizer& quantizer, std::optional<std::uint32_t> rowsTogether,
                       const ExpertShape& shape, const Batch& batch, const Real* in, Real* out) {
  const std::size_t slots = shape.inStride() == 0 ? 1 : shape.used, stride = shape.inWidth / slots;
  Batch ofSlots = batch;
  ofSlots.length *= slots;
  if (rowsTogether) *rowsTogether *= static_cast<std::uint32_t>(slots);
  std::vector<Real> rows(ofSlots.rows() * shape.width);
  for (std::size_t row = 0; row < ofSlots.rows(); ++row)
    std::copy_n(in + row * stride, shape.width, rows.data() + row * shape.width);
  roundInputs(quantizer, rowsTogether, ofSlots, shape.width, rows.data(), rows.data());
  std::fill_n(out, batch.rows() * shape.inWidth, Real{0});
  for (std::size_t row = 0; row < ofSlots.rows(); ++row)
    std::copy_n(rows.data() + row * shape.width, shape.width, out + row * stride);
}

template <typename Real>
void expertMatMul(const PassWeight& weight, const PassWeight* bias, const ExpertShape& shape, const Batch& batch,
                  const Real* in, const Real* routes, Real* out, const JobContext& job) {
  std::fill_n(out, batch.rows() * shape.outWidth(), Real{0});
  std::vector<Real> made;
  forEachExpert<Real>(shape, batch, routes, [&](ExpertRows<Real>& own) {
    const PassWeight ofExpert = own.weightOf(weight, shape.rows);
    made.assign(own.count() * shape.rows, Real{0});
    multiply(ofExpert, own.batch(), own.gather(in, shape.inWidth, shape.inStride(), shape.width), made.data(), job);
    if (bias != nullptr) addBias(own.vectorOf(*bias, shape.rows), own.batch(), made.data());
    own.scatter(made.data(), shape.rows, out, shape.outWidth(), shape.outStride());
  });
}

template <typename Real>
void expertMatMulReverse(const PassWeight& weight, const ExpertShape& shape, const Batch& batch, const Real* in,
                         const Real* routes, const Real* gradient, const ExpertGradients<Real>& gradients,
                         const JobContext& job) {
  std::vector<Real> ofInputs, slopes;
  forEachExpert<Real>(shape, batch, routes, [&](ExpertRows<Real>& own) {
    const PassWeight ofExpert = own.weightOf(weight, shape.rows);
    const std::size_t count = own.count();
    const Real* const gathered = own.gather(in, shape.inWidth, shape.inStride(), shape.width);
    const std::vector<Real> inputs(gathered, gathered + count * shape.width);
    const Real* const outputs = own.gather(gradient, shape.outWidth(), shape.outStride(), shape.rows);
    if (gradients.bias != nullptr) addRowSums(outputs, count, shape.rows, gradients.bias + own.expert() * shape.rows);
    if (gradients.slopes != nullptr && weight.target != nullptr) {
      slopes.resize(count);
      rowSlopes(ofExpert, count, inputs.data(), outputs, slopes.data(), job);
      own.add(slopes.data(), 1, gradients.slopes, 1, 0);
    }
    MatrixReverse<Real> wanted{.batch = own.batch(), .gradient = outputs};
    if (gradients.in != nullptr) {
      ofInputs.assign(count * shape.width, Real{0});
      wanted.inGradient = ofInputs.data();
    }
    if (gradients.visit) {
      wanted.uses.push_back({inputs.data(), outputs, count});
      wanted.visit = [&](const WeightPanel<Real>& panel, std::span<const Real> panelGradient) {
        gradients.visit(panel, panelGradient, own.expert() * shape.rows + panel.firstRow());
      };
    }
    reverse(ofExpert, wanted, job);
    if (gradients.in != nullptr) own.add(ofInputs.data(), shape.width, gradients.in, shape.inWidth, shape.inStride());
  });
}

template <typename Real>
void mixExperts(std::size_t used, std::size_t stride, const Real* in, const Real* routes, std::size_t rows,
                std::size_t width, Real* out) {
  for (std::size_t t = 0; t < rows; ++t)
    for (std::size_t i = 0; i < width; ++i) {
      Real sum = 0;
      for (std::size_t k = 0; k < used; ++k) sum += routes[(2 * t + 1) * used + k] * in[(t * used + k) * stride + i];
      out[t * width + i] = sum;
    }
}

template <typename Real>
void mixExpertsReverse(std::size_t used, std::size_t stride, const Real* in, const Real* routes, const Real* gradient,
                       std::size_t rows, std::size_t width, Real* inGradient, Real* routeGradient) {
  for (std::size_t t = 0; t < rows; ++t)
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t slot = (t * used + k) * stride, weight = (2 * t + 1) * used + k;
      double sum = 0.0;
      for (std::size_t i = 0; i < width; ++i) {
        const Real g = gradient[t * width + i];
        sum += static_cast<double>(g) * static_cast<double>(in[slot + i]);
        if (inGradient != nullptr) inGradient[slot + i] += routes[weight] * g;
      }
      if (routeGradient != nullptr) routeGradient[weight] += static_cast<Real>(sum);
    }
}

#define QS_INSTANTIATE(REAL)                                                                                       \
  template void route(const model::Route&, const REAL*, std::size_t, std::size_t, REAL*);                          \
  template void routeReverse(const model::Route&, const REAL*, const REAL*, const REAL*, std::size_t, std::size_t, \
                             REAL*);                                                                               \
  template void roundExpertInputs(const quant::InputQuantizer&, std::optional<std::uint32_t>, const ExpertShape&,  \
                                  const Batch&, const REAL*, REAL*);                                               \
  template void expertMatMul(const PassWeight&, const PassWeight*, const ExpertShape&, const Batch&, const REAL*,  \
                             const REAL*, REAL*, const JobContext&);                                               \
  template void expertMatMulReverse(const PassWeight&, const ExpertShape&, const Batch&, const REAL*, const REAL*, \
                                    const REAL*, const ExpertGradients<REAL>&, const JobContext&);                 \
  template void mixExperts(std::size_t, std::size_t, const REAL*, const REAL*, std::size_t, std::size_t, REAL*);   \
  template void mixExpertsReverse(std::size_t, std::size_t, const REAL*, const REAL*, const REAL*, std::size_t,    \
                                  std::size_t, REAL*, REAL*);
QS_INSTANTIATE(float)
QS_INSTANTIATE(double)
#undef QS_INSTANTIATE

}  // namespace core::train::ops
