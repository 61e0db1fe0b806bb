#include "app/session/scheme_totals.h"

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
  if (m_measured++ == 0 || core::metrics::isWorse(error.stats, m_worst, m_metric)) {
    m_worst = error.stats;
    m_worstTensor = tensor;
  }
  m_bytes += error.bytes;
  m_weights += weights;
  m_sum += core::metrics::value(error.stats, m_metric);
}

double SchemeTotals::bitsPerWeight() const {
  return m_measured == 0 ? kNone : 8 * static_cast<double>(m_bytes) / static_cast<double>(m_weights);
}

double SchemeTotals::mean() const { return m_measured == 0 ? kNone : m_sum / static_cast<double>(m_measured); }

double SchemeTotals::worst() const { return m_measured == 0 ? kNone : core::metrics::value(m_worst, m_metric); }

}  // namespace app
