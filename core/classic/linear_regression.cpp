#include "core/classic/linear_regression.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace core::classic {

LinearRegression LinearRegression::fit(const Table& table) {
  const auto rows = static_cast<Eigen::Index>(table.rows()), columns = static_cast<Eigen::Index>(table.columns.size());
  Eigen::MatrixXd inputs(rows, columns + 1);
  Eigen::VectorXd targets(rows);
  for (Eigen::Index r = 0; r < rows; ++r) {
    const auto row = table.row(static_cast<std::size_t>(r));
    for (Eigen::Index c = 0; c < columns; ++c) inputs(r, c) = static_cast<double>(row[static_cast<std::size_t>(c)]);
    inputs(r, columns) = 1.0;
    targets(r) = static_cast<double>(table.targets[static_cast<std::size_t>(r)]);
  }
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> factors(inputs);
  if (rows <= columns || factors.rank() <= columns)
    throw Error(ErrorCode::InvalidArgument,
                "A regression needs more rows than columns, and columns that do not follow from each other.");
  const Eigen::VectorXd solution = factors.solve(targets);
  LinearRegression model;
  for (Eigen::Index c = 0; c < columns; ++c) model.weights.push_back(static_cast<float>(solution(c)));
  model.intercept = static_cast<float>(solution(columns));
  return model;
}

double LinearRegression::predict(std::span<const float> row) const {
  double sum = static_cast<double>(intercept);
  for (std::size_t c = 0; c < weights.size(); ++c) sum += static_cast<double>(weights[c]) * static_cast<double>(row[c]);
  return sum;
}

QuantizedRegression::QuantizedRegression(const LinearRegression& model, const Table& calibration, std::uint32_t bits,
                                         ColumnScale sharing)
    : m_columns(columnGrids(calibration, bits, sharing)) {
  std::vector<float> steps;
  for (std::size_t c = 0; c < m_columns.size(); ++c) steps.push_back(model.weights[c] * m_columns[c].scale);
  const AffineGrid grid = AffineGrid::spanning(bits, quant::ZeroPoint::Off, rangeOf(steps));
  for (const float step : steps) m_weights.push_back(grid.level(step));
  // A model that is constant has no scale of its own.
  m_scale = grid.scale == 0.0F ? 1.0F : grid.scale;
  constexpr double kLargest = 0x1p62;
  const double units = std::nearbyint(static_cast<double>(model.intercept) / static_cast<double>(m_scale));
  m_intercept = static_cast<std::int64_t>(std::clamp(units, -kLargest, kLargest));
}

double QuantizedRegression::predict(std::span<const float> row) const {
  std::int64_t sum = m_intercept;
  for (std::size_t c = 0; c < m_columns.size(); ++c)
    sum += std::int64_t{m_weights[c]} * std::int64_t{m_columns[c].level(row[c])};
  return static_cast<double>(m_scale) * static_cast<double>(sum);
}

}  // namespace core::classic
