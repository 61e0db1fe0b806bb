#include "app/workspaces/quantize/column_table_model.h"

#include <cmath>

#include "app/text/numbers.h"

namespace app {

void ColumnTableModel::setTable(ColumnTable table) {
  beginResetModel();
  m_table = std::move(table);
  endResetModel();
}

int ColumnTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_table.lines.size());
}

int ColumnTableModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_table.fields.size());
}

QVariant ColumnTableModel::data(const QModelIndex& index, int role) const {
  if (role == Qt::TextAlignmentRole) return int{Qt::AlignRight | Qt::AlignVCenter};
  if (role != Qt::DisplayRole) return {};
  const double value = m_table.lines[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(index.column())];
  if (std::isnan(value)) return QStringLiteral("–");
  const int digits = m_table.fields[static_cast<std::size_t>(index.column())].digits;
  return digits == 0 ? QString::number(static_cast<qulonglong>(value)) : text::number(value, digits);
}

QVariant ColumnTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section >= columnCount()) return {};
  const ColumnTable::Field& field = m_table.fields[static_cast<std::size_t>(section)];
  if (role == Qt::DisplayRole) return field.title;
  if (role == Qt::TextAlignmentRole) return int{Qt::AlignRight | Qt::AlignVCenter};
  return role == Qt::ToolTipRole ? QVariant(field.meaning) : QVariant();
}

}  // namespace app
