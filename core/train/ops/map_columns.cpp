#include "core/train/ops/map_columns.h"

#include <functional>
#include <optional>
#include <vector>

#include "core/train/ops/activation.h"

namespace core::train::ops {

/// A vector whose elements stand for neighbours, or what stands for none.
template <typename Real>
class ColumnFactors {
 public:
  ColumnFactors(const PassWeight* weight, std::size_t width, Real none) : m_none(none) {
    if (weight == nullptr) return;
    m_values.emplace(*weight);
    m_size = weight->width;
    m_together = width / weight->width;
  }
  void moveTo(double along) {
    if (m_values) m_now = m_values->at(along, m_size);
  }
  std::size_t element(std::size_t column) const { return column / m_together; }
  Real at(std::size_t column) const { return m_now == nullptr ? m_none : m_now[element(column)]; }
  std::size_t size() const { return m_size; }

 private:
  Real m_none;
  std::optional<WeightVector<Real>> m_values;
  const Real* m_now = nullptr;
  std::size_t m_size = 0, m_together = 1;
};

namespace {

/// Calls visit(index of an element, its column) for all, with both vectors at the α of their sequence.
template <typename Real>
void forEachElement(const Batch& batch, std::size_t width, ColumnFactors<Real>& weight, ColumnFactors<Real>& bias,
                    const std::function<void(std::size_t, std::size_t)>& visit) {
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    weight.moveTo(batch.along[sequence]);
    bias.moveTo(batch.along[sequence]);
    const std::size_t first = sequence * batch.length * width;
    for (std::size_t i = 0; i < batch.length * width; ++i) visit(first + i, i % width);
  }
}

}  // namespace

template <typename Real>
void mapColumns(const model::Map& map, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                std::size_t width, const Real* in, Real* out) {
  ColumnFactors<Real> factors(weight, width, Real{1}), addends(bias, width, Real{0});
  forEachElement(batch, width, factors, addends, [&](std::size_t i, std::size_t column) {
    out[i] = mapped(map, factors.at(column) * in[i] + addends.at(column)).value;
  });
}

template <typename Real>
void mapColumnsReverse(const model::Map& map, const PassWeight* weight, const PassWeight* bias, const Batch& batch,
                       std::size_t width, const Real* in, const Real* gradient,
                       const MapColumnsGradients<Real>& gradients) {
  ColumnFactors<Real> factors(weight, width, Real{1}), addends(bias, width, Real{0});
  std::vector<double> ofWeight(gradients.weight == nullptr ? 0 : factors.size(), 0.0),
      ofBias(gradients.bias == nullptr ? 0 : addends.size(), 0.0);
  forEachElement(batch, width, factors, addends, [&](std::size_t i, std::size_t column) {
    const Real slope = gradient[i] * mapped(map, factors.at(column) * in[i] + addends.at(column)).slope;
    if (gradients.in != nullptr) gradients.in[i] += slope * factors.at(column);
    if (!ofWeight.empty()) ofWeight[factors.element(column)] += static_cast<double>(slope) * static_cast<double>(in[i]);
    if (!ofBias.empty()) ofBias[addends.element(column)] += static_cast<double>(slope);
  });
  for (std::size_t i = 0; i < ofWeight.size(); ++i) gradients.weight[i] += static_cast<Real>(ofWeight[i]);
  for (std::size_t i = 0; i < ofBias.size(); ++i) gradients.bias[i] += static_cast<Real>(ofBias[i]);
}

template void mapColumns(const model::Map&, const PassWeight*, const PassWeight*, const Batch&, std::size_t,
                         const float*, float*);
template void mapColumns(const model::Map&, const PassWeight*, const PassWeight*, const Batch&, std::size_t,
                         const double*, double*);
template void mapColumnsReverse(const model::Map&, const PassWeight*, const PassWeight*, const Batch&, std::size_t,
                                const float*, const float*, const MapColumnsGradients<float>&);
template void mapColumnsReverse(const model::Map&, const PassWeight*, const PassWeight*, const Batch&, std::size_t,
                                const double*, const double*, const MapColumnsGradients<double>&);

}  // namespace core::train::ops
