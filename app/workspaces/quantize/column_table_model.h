#pragma once
#include <QAbstractTableModel>

#include "app/workspaces/quantize/column_table.h"

namespace app {

/// The columns of a row under a method as lines of a table.
class ColumnTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  using QAbstractTableModel::QAbstractTableModel;

  void setTable(ColumnTable table);
  const ColumnTable& table() const { return m_table; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  ColumnTable m_table;
};

}  // namespace app
