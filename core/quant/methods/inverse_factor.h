#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/methods/strip_product.h"

namespace core::quant {

/// A symmetric matrix [n, n] whose rows and columns are taken in an order, with another diagonal.
struct SymmetricMatrix {
  std::span<const float> values;         ///< row-major; the diagonal is not looked at
  std::span<const double> diagonal;      ///< n values
  std::span<const std::uint32_t> order;  ///< row i of what is meant is row order[i] of `values`
};

/// The upper triangle U with H⁻¹ = Uᵀ U that GPTQ pushes errors with.
class InverseFactor {
 public:
  /// Computed in double, two triangles in place of three: with the rows in reverse, H' = L Lᵀ, and U is L⁻¹ in reverse.
  /// 2/3 n³ operations on all cores, 12 n² bytes. The result is the same with any number of threads and on every CPU.
  /// @return nothing when the matrix is not positive definite. @throws Cancelled
  static std::optional<InverseFactor> of(const SymmetricMatrix& matrix, const JobContext& job);

  /// Row `row` of the strip of columns [32 · strip, 32 · strip + 32); the rows after it follow it.
  const float* strip(std::size_t strip, std::size_t row) const {
    return m_strips.data() + (strip * m_rows + row) * kStrip;
  }
  /// U[row][column], row ≤ column.
  float at(std::size_t row, std::size_t column) const { return strip(column / kStrip, row)[column % kStrip]; }

 private:
  std::size_t m_rows = 0;       ///< n, filled up to whole strips
  std::vector<float> m_strips;  ///< [strip][row][32]
};

}  // namespace core::quant
