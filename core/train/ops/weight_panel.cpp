#include "core/train/ops/weight_panel.h"

#include <algorithm>
#include <span>
#include <type_traits>

namespace core::train::ops {

namespace {

void readInto(const WeightSource& source, std::uint64_t firstRow, std::span<float> values) {
  source.rows(firstRow, values);
}

void readInto(const WeightSource& source, std::uint64_t firstRow, std::span<double> values) {
  std::vector<float> floats(values.size());
  source.rows(firstRow, floats);
  std::ranges::copy(floats, values.begin());
}

}  // namespace

template <typename Real>
void WeightPanel<Real>::begin(const PassWeight& weight, std::uint64_t firstRow, std::size_t rows) {
  m_weight = &weight;
  m_firstRow = firstRow;
  m_rows = rows;
  const std::size_t count = rows * weight.width;
  if (m_base.size() < count) m_base.resize(count);
  if (hasChange() && m_change.size() < count) m_change.resize(count);
}

template <typename Real>
void WeightPanel<Real>::readRows(std::size_t first, std::size_t count) {
  const std::size_t at = first * m_weight->width, values = count * m_weight->width;
  readInto(*m_weight->base, m_firstRow + first, std::span(m_base).subspan(at, values));
  if (!hasChange()) return;
  readInto(*m_weight->target, m_firstRow + first, std::span(m_change).subspan(at, values));
  for (std::size_t i = at; i < at + values; ++i) m_change[i] -= m_base[i];
}

template <typename Real>
void WeightPanel<Real>::read(const PassWeight& weight, std::uint64_t firstRow, std::size_t rows) {
  begin(weight, firstRow, rows);
  readRows(0, rows);
}

template <typename Real>
const Real* WeightPanel<Real>::at(double along, std::size_t column, std::size_t count, std::vector<Real>& scratch,
                                  std::size_t& stride) const {
  const std::size_t width = m_weight->width;
  stride = width;
  if (!hasChange() || along == 0.0) return m_base.data() + column;
  stride = count;
  if (scratch.size() < m_rows * count) scratch.resize(m_rows * count);
  const auto factor = static_cast<Real>(along);
  for (std::size_t row = 0; row < m_rows; ++row) {
    const Real* const base = m_base.data() + row * width + column;
    const Real* const change = m_change.data() + row * width + column;
    Real* const out = scratch.data() + row * count;
    for (std::size_t i = 0; i < count; ++i) out[i] = base[i] + factor * change[i];
  }
  return scratch.data();
}

template class WeightPanel<float>;
template class WeightPanel<double>;

}  // namespace core::train::ops
