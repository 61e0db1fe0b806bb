#pragma once
#include <QAbstractTableModel>

#include "app/workspaces/inspect/tensor_facts.h"

namespace app {

/// Every tensor of the open model, one row each; numbers sort as numbers through kSortRole.
class TensorTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Name, ShapeColumn, Type, Bytes, Share, Min, Max, Mean, Sigma, Outliers, Kurtosis, ColumnCount };
  static constexpr int kSortRole = Qt::UserRole;
  static constexpr int kShareRole = Qt::UserRole + 1;  ///< 0…1 of the largest tensor, for the bar

  TensorTableModel(Selection& selection, TensorFacts& facts, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QVariant sortValue(const core::io::TensorInfo& tensor, std::size_t row, int column) const;
  QString displayText(const core::io::TensorInfo& tensor, std::size_t row, int column) const;

  Selection& m_selection;
  TensorFacts& m_facts;
  std::uint64_t m_largest = 1, m_total = 1;
};

/// "256 × 768"
QString shapeText(const core::tensor::Shape& shape);

}  // namespace app
