#include "core/calibrate/expert_statistics.h"

#include "core/model/ops/route.h"

namespace core::calibrate {

ExpertStatistics::ExpertStatistics(const ExpertInput& input)
    : m_input(input), m_squares(input.experts * input.width), m_rows(input.experts) {}

void ExpertStatistics::look(model::ValueId value, std::span<const float> data) {
  if (value == m_input.value) m_values.assign(data.begin(), data.end());
  if (value == m_input.routes) m_routes.assign(data.begin(), data.end());
  if (!m_values.empty() && !m_routes.empty()) add();
}

void ExpertStatistics::add() {
  const std::size_t used = m_input.used, tokens = m_routes.size() / (2 * used), each = m_values.size() / tokens;
  const std::size_t stride = each == m_input.width ? 0 : model::slotStride(m_input.width);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t expert = model::ops::expertOf(m_routes.data() + t * 2 * used, k);
      const float* const x = m_values.data() + t * each + k * stride;
      double* const sums = m_squares.data() + expert * m_input.width;
      for (std::size_t i = 0; i < m_input.width; ++i) sums[i] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
      ++m_rows[expert];
    }
  m_values.clear();
  m_routes.clear();
}

quant::TensorCalibration ExpertStatistics::calibration() const {
  quant::TensorCalibration result;
  for (std::size_t expert = 0; expert < m_rows.size(); ++expert) {
    result.samples += m_rows[expert];
    const auto count = static_cast<double>(m_rows[expert]);
    for (std::size_t i = 0; i < m_input.width; ++i)
      result.importance.push_back(
          m_rows[expert] == 0 ? 1.0F : static_cast<float>(m_squares[expert * m_input.width + i] / count));
  }
  return result;
}

}  // namespace core::calibrate
