#include "core/train/ops/experts.h"

#include <algorithm>
#include <vector>

#include "core/model/ops/route_choice.h"
#include "core/train/ops/expert_rows.h"
#include "core/train/ops/rounding.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

namespace {

/// Calls visit(choice of a row, the row, each expert's factor or null) for all, with both vectors at the α of their
/// sequence.
template <typename Real, typename Visit>
void forEachRoute(const model::Route& route, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                  std::size_t experts, const Real* logits, const Visit& visit) {
  std::optional<WeightVector<Real>> factors, addends;
  if (weight != nullptr) factors.emplace(*weight);
  if (bias != nullptr) addends.emplace(*bias);
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    const double along = batch.along[sequence];
    const Real* const ofExperts = factors ? factors->at(along, experts) : nullptr;
    const std::span<const Real> added(addends ? addends->at(along, experts) : nullptr, addends ? experts : 0);
    model::ops::RouteChoice<Real> choice(route, added, experts);
    for (std::size_t row = sequence * batch.length; row < (sequence + 1) * batch.length; ++row) {
      choice.choose(logits + row * experts);
      visit(choice, row, ofExperts);
    }
  }
}

}  // namespace

template <typename Real>
void route(const model::Route& route, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
           std::size_t experts, const Real* logits, Real* out) {
  const std::size_t used = route.used;
  if (route.isAll) {
    for (std::size_t i = 0; i < batch.rows() * 2 * used; ++i) {
      const std::size_t at = i % (2 * used);
      out[i] = at < used ? static_cast<Real>(at) : Real{1};
    }
    return;
  }
  forEachRoute(route, weight, bias, batch, experts, logits, [&](const auto& choice, std::size_t row, const Real* of) {
    Real* const routes = out + row * 2 * used;
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t expert = choice.chosen()[k];
      const double factor = static_cast<double>(route.scale) * (of == nullptr ? 1.0 : static_cast<double>(of[expert]));
      routes[k] = static_cast<Real>(expert);
      routes[used + k] = static_cast<Real>(factor * choice.scores()[expert] / choice.divisor());
    }
  });
}

template <typename Real>
void routeReverse(const model::Route& route, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                  std::size_t experts, const Real* logits, const Real* gradient,
                  const RouteGradients<Real>& gradients) {
  if (route.isAll) return;
  std::vector<double> ofScores(experts), ofWeight(gradients.weight == nullptr ? 0 : experts, 0.0);
  forEachRoute(route, weight, bias, batch, experts, logits, [&](const auto& choice, std::size_t row, const Real* of) {
    const std::vector<double>& scores = choice.scores();
    const double divisor = choice.divisor();
    const Real* const ofRoutes = gradient + (row * 2 + 1) * route.used;
    std::ranges::fill(ofScores, 0.0);
    double common = 0.0;  // what the sum of scores takes from each
    for (std::size_t k = 0; k < route.used; ++k) {
      const std::size_t expert = choice.chosen()[k];
      const double slope = static_cast<double>(route.scale) * static_cast<double>(ofRoutes[k]);
      if (!ofWeight.empty()) ofWeight[expert] += slope * scores[expert] / divisor;
      ofScores[expert] = slope * (of == nullptr ? 1.0 : static_cast<double>(of[expert])) / divisor;
      if (route.isNormed) common += ofScores[expert] * scores[expert] / divisor;
    }
    for (const std::size_t expert : choice.chosen()) ofScores[expert] -= common;
    if (gradients.in == nullptr) return;
    double sum = 0.0;
    for (std::size_t i = 0; i < experts && !route.isSigmoid; ++i) sum += ofScores[i] * scores[i];
    for (std::size_t i = 0; i < experts; ++i) {
      const double slope = route.isSigmoid ? ofScores[i] * (1.0 - scores[i]) : ofScores[i] - sum;
      gradients.in[row * experts + i] += static_cast<Real>(scores[i] * slope);
    }
  });
  for (std::size_t i = 0; i < ofWeight.size(); ++i) gradients.weight[i] += static_cast<Real>(ofWeight[i]);
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
  template void route(const model::Route&, const PassWeight*, const PassWeight*, const Batch&, std::size_t,        \
                      const REAL*, REAL*);                                                                         \
  template void routeReverse(const model::Route&, const PassWeight*, const PassWeight*, const Batch&, std::size_t, \
                             const REAL*, const REAL*, const RouteGradients<REAL>&);                               \
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
