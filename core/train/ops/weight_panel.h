#pragma once
#include <cstddef>
#include <vector>

#include "core/train/pass_weight.h"

namespace core::train::ops {

/// Some rows of a weight, decoded.
template <typename Real>
class WeightPanel {
 public:
  /// Makes room for so many rows from firstRow on; readRows() fills it.
  void begin(const PassWeight& weight, std::uint64_t firstRow, std::size_t rows);
  /// Decodes rows [first, first + count) of the panel. Several threads may read rows of their own.
  void readRows(std::size_t first, std::size_t count);
  void read(const PassWeight& weight, std::uint64_t firstRow, std::size_t rows);

  bool hasChange() const { return m_weight->target != nullptr; }
  std::uint64_t firstRow() const { return m_firstRow; }
  std::size_t rows() const { return m_rows; }
  const Real* base() const { return m_base.data(); }
  /// [rows, width] target − base, or null
  const Real* change() const { return hasChange() ? m_change.data() : nullptr; }
  /// Columns [column, column + count) of the panel at α as `count` wide rows: where they lie or in scratch.
  /// @param stride what rows are apart there
  const Real* at(double along, std::size_t column, std::size_t count, std::vector<Real>& scratch,
                 std::size_t& stride) const;

 private:
  const PassWeight* m_weight = nullptr;
  std::uint64_t m_firstRow = 0;
  std::size_t m_rows = 0;
  std::vector<Real> m_base, m_change;
};

/// A vector (a norm's weight, a bias) at each sequence's α.
template <typename Real>
class WeightVector {
 public:
  explicit WeightVector(const PassWeight& weight) { m_panel.read(weight, 0, 1); }

  /// [width], until the next call
  const Real* at(double along, std::size_t width) {
    std::size_t stride = 0;
    return m_panel.at(along, 0, width, m_scratch, stride);
  }
  const WeightPanel<Real>& panel() const { return m_panel; }

 private:
  WeightPanel<Real> m_panel;
  std::vector<Real> m_scratch;
};

}  // namespace core::train::ops
