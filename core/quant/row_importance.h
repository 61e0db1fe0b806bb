#pragma once
#include <cstdint>
#include <span>

#include "core/quant/calibration.h"

namespace core::quant {

/// The importance of a tensor's columns, row by row: the same for all rows, or for those of each matrix of a stack.
class RowImportance {
 public:
  /// @param calibration null: none  @throws Error (InvalidArgument) as importanceRows()
  RowImportance(const TensorCalibration* calibration, const tensor::Shape& shape)
      : m_values(importanceRows(calibration, shape)), m_rowValues(shape.rowValues()) {
    if (!m_values.empty()) m_rowsSharing = shape.rows() / (m_values.size() / m_rowValues);
  }

  bool isEmpty() const { return m_values.empty(); }
  /// Whether matrices of a stack have their own.
  bool isOfMatrices() const { return m_values.size() > m_rowValues; }
  /// One value per column, ≥ 0; empty without importance. @param row of the tensor
  std::span<const float> of(std::uint64_t row) const {
    return isEmpty() ? m_values : m_values.subspan(row / m_rowsSharing * m_rowValues, m_rowValues);
  }
  /// From a column of a row on; null without importance.
  const float* at(std::uint64_t row, std::uint64_t column) const {
    return isEmpty() ? nullptr : of(row).data() + column;
  }

 private:
  std::span<const float> m_values;  ///< [matrices that have their own, columns]
  std::uint64_t m_rowValues, m_rowsSharing = 1;
};

}  // namespace core::quant
