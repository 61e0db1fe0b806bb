#include "core/evaluate/estimate.h"

#include <cassert>
#include <cmath>
#include <numeric>

namespace core::evaluate {

Estimate BlockRatio::ratio() const {
  Estimate estimate;
  const double all = std::accumulate(m_b.begin(), m_b.end(), 0.0);
  if (!(all > 0.0)) return estimate;
  estimate.value = std::accumulate(m_a.begin(), m_a.end(), 0.0) / all;
  const auto count = static_cast<double>(m_a.size());
  if (m_a.size() < 2) return estimate;
  double squares = 0.0;
  for (std::size_t i = 0; i < m_a.size(); ++i) squares += std::pow(m_a[i] - estimate.value * m_b[i], 2);
  estimate.error = std::sqrt(count / (count - 1.0) * squares) / all;
  return estimate;
}

Estimate BlockRatio::root() const {
  Estimate estimate = ratio();
  if (estimate.value <= 0.0) return {estimate.value, estimate.error};
  estimate.value = std::sqrt(estimate.value);
  estimate.error /= 2.0 * estimate.value;
  return estimate;
}

Estimate pairedDifference(const BlockRatio& a, const BlockRatio& b) {
  assert(a.denominators() == b.denominators());
  BlockRatio difference;
  for (std::size_t i = 0; i < a.blocks(); ++i)
    difference.add(a.numerators()[i] - b.numerators()[i], a.denominators()[i]);
  return difference.ratio();
}

}  // namespace core::evaluate
