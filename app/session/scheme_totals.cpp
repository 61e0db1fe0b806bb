#include "app/session/scheme_totals.h"

#include <cmath>
#include <limits>

namespace app {

namespace {
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
}

void SchemeTotals::add(const SchemeError& error, const std::string& tensor, std::uint64_t weights) {
  if (!error.refused.empty()) {
    ++m_refused;
    return;
  }
  const double figure = value(error, m_metric);
  if (m_metric == core::metrics::Metric::OutputError && std::isnan(figure)) {
    ++m_unmeasured;
    return;
  }
  if (m_measured++ == 0 || isWorse(error, m_worst, m_metric)) {
    m_worst = error;
    m_worstTensor = tensor;
  }
  m_bytes += error.bytes;
  m_weights += weights;
  m_sum += figure;
}

double SchemeTotals::bitsPerWeight() const {
  return m_measured == 0 ? kNone : 8 * static_cast<double>(m_bytes) / static_cast<double>(m_weights);
}

double SchemeTotals::mean() const { return m_measured == 0 ? kNone : m_sum / static_cast<double>(m_measured); }

double SchemeTotals::worst() const { return m_measured == 0 ? kNone : value(m_worst, m_metric); }

}  // namespace app
