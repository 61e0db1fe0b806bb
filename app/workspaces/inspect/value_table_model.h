#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace app {

/// The values of a tensor as a matrix, decoded a row at a time when they come into view. Shows up to kMostColumns
/// columns of a row and kMostRows rows; the selection can still reach the others.
class ValueTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  static constexpr int kPlainRole = Qt::UserRole;  ///< all digits, as programs write numbers: what is copied
  static constexpr int kMostRows = 1 << 20, kMostColumns = 4096;
  using QAbstractTableModel::QAbstractTableModel;

  void setTensor(core::quant::QuantizedTensorPtr tensor);
  void clear();
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const std::vector<float>& row(int index) const;
  /// The stored bits of a plain element as hex; empty for block types.
  QString hex(int row, int column) const;

  core::quant::QuantizedTensorPtr m_tensor;  ///< null: the table is empty
  mutable int m_cachedRow = -1;
  mutable std::vector<float> m_cache;
};

}  // namespace app
