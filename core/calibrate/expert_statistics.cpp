#include "core/calibrate/expert_statistics.h"

#include "core/model/ops/route.h"
#include "core/quant/methods/hessian.h"

namespace core::calibrate {

bool ExpertReader::look(model::ValueId value, std::span<const float> data, const Visit& visit) {
  if (m_isComplete) {
    m_values.clear();
    m_routes.clear();
    m_isComplete = false;
  }
  if (value == m_input.value) m_values.assign(data.begin(), data.end());
  if (value == m_input.routes) m_routes.assign(data.begin(), data.end());
  if (m_values.empty() || m_routes.empty()) return false;
  m_isComplete = true;
  const std::size_t each = m_values.size() / tokens(), step = each == m_input.width ? 0 : stride();
  for (std::size_t t = 0; t < tokens(); ++t)
    for (std::size_t k = 0; k < m_input.used; ++k)
      visit(model::ops::expertOf(m_routes.data() + t * 2 * m_input.used, k),
            std::span(m_values).subspan(t * each + k * step, m_input.width));
  return true;
}

std::size_t ExpertReader::stride() const {
  const std::size_t each = m_values.size() / tokens();
  return each == m_input.width ? each : each / m_input.used;
}

std::vector<float> ExpertReader::rows() const {
  std::vector<float> rows;
  for (std::size_t at = 0; at < m_values.size(); at += stride()) {
    const auto first = m_values.begin() + static_cast<std::ptrdiff_t>(at);
    rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(m_input.width));
  }
  return rows;
}

ExpertStatistics::ExpertStatistics(const ExpertInput& input)
    : m_reader(input), m_all(input.width), m_squares(input.experts * input.width), m_rows(input.experts) {}

void ExpertStatistics::look(model::ValueId value, std::span<const float> data) {
  const bool isComplete = m_reader.look(value, data, [this](std::size_t expert, std::span<const float> row) {
    double* const sums = m_squares.data() + expert * row.size();
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] += static_cast<double>(row[i]) * static_cast<double>(row[i]);
    ++m_rows[expert];
  });
  if (isComplete) m_all.addRows(m_reader.rows());
}

quant::TensorCalibration ExpertStatistics::calibration() const {
  quant::TensorCalibration result = m_all.calibration();
  result.samples = 0;
  result.importance.clear();
  for (std::size_t expert = 0; expert < m_rows.size(); ++expert) {
    const std::vector<float> own = importanceOf(expert);
    result.importance.insert(result.importance.end(), own.begin(), own.end());
    result.samples += m_rows[expert];
  }
  return result;
}

quant::TensorCalibration ExpertStatistics::calibrationOf(std::size_t expert) const {
  quant::TensorCalibration result = m_all.calibration();
  result.samples = m_rows[expert];
  result.importance = importanceOf(expert);
  return result;
}

std::vector<float> ExpertStatistics::importanceOf(std::size_t expert) const {
  std::vector<float> importance(m_all.width(), 1.0F);
  if (m_rows[expert] == 0) return importance;
  const double* const sums = m_squares.data() + expert * importance.size();
  for (std::size_t i = 0; i < importance.size(); ++i)
    importance[i] = static_cast<float>(sums[i] / static_cast<double>(m_rows[expert]));
  return importance;
}

void ExpertRows::look(model::ValueId value, std::span<const float> data) {
  m_reader.look(value, data, [this](std::size_t expert, std::span<const float> row) {
    if (has(expert)) m_rows[expert - m_first].insert(m_rows[expert - m_first].end(), row.begin(), row.end());
  });
}

std::vector<float> ExpertRows::hessianOf(std::size_t expert) const {
  quant::HessianSum sum(m_reader.input().width);
  sum.addRows(m_rows[expert - m_first]);
  return sum.mean();
}

}  // namespace core::calibrate
