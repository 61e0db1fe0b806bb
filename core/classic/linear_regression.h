#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/classic/affine_grid.h"
#include "core/classic/table.h"

namespace core::classic {

/// y = intercept + Σ weights[c] · x[c].
struct LinearRegression {
  std::vector<float> weights;  ///< one per column, in units of the target per unit of the column
  float intercept = 0.0F;

  /// Least squares: minimises Σ (y − ŷ)², by a QR factorisation with column pivoting in float64 (Eigen; Golub and Van
  /// Loan, Matrix Computations, 5.5). Parameters are rounded to float32.
  /// @throws Error (InvalidArgument) when the columns depend on each other or there are too few rows
  static LinearRegression fit(const Table& table);
  /// @param row one value per column. The sum is made in float64.
  double predict(std::span<const float> row) const;
};

/// The same in integers: q = input code, Z its zero-point, k = code of what one step of the input is worth,
///
///   v[c] = weights[c] · S[c]        (S[c]: scale of column c, its range from the data it was fitted on)
///   k[c] = round(v[c] / S), S = max |v| / (2^(bits−1) − 1), b = round(intercept / S)
///   ŷ    = S · (b + Σ k[c] · (q[c] − Z[c]))
///
/// One scale for all products makes their sum an integer (64 bits); it is multiplied by S once, at the end.
class QuantizedRegression {
 public:
  /// @param calibration data that give the columns their ranges  @param bits of parameters and inputs, 2 … 16
  QuantizedRegression(const LinearRegression& model, const Table& calibration, std::uint32_t bits, ColumnScale sharing);

  double predict(std::span<const float> row) const;
  const std::vector<AffineGrid>& columns() const { return m_columns; }
  const std::vector<std::int32_t>& weights() const { return m_weights; }
  std::int64_t intercept() const { return m_intercept; }
  float scale() const { return m_scale; }

 private:
  std::vector<AffineGrid> m_columns;
  std::vector<std::int32_t> m_weights;
  std::int64_t m_intercept = 0;
  float m_scale = 0.0F;
};

}  // namespace core::classic
