#include "app/workspaces/inspect/value_table_model.h"

#include <QLocale>
#include <algorithm>

#include "app/selection/tensor_text.h"
#include "app/text/numbers.h"
#include "core/quant/quantizer.h"

namespace app {

void ValueTableModel::setTensor(core::quant::QuantizedTensorPtr tensor) {
  beginResetModel();
  m_tensor = std::move(tensor);
  m_cachedRow = -1;
  endResetModel();
}

void ValueTableModel::clear() { setTensor(nullptr); }

int ValueTableModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || m_tensor == nullptr) return 0;
  return static_cast<int>(std::min<std::uint64_t>(m_tensor->shape.rows(), kMostRows));
}

int ValueTableModel::columnCount(const QModelIndex& parent) const {
  if (parent.isValid() || m_tensor == nullptr) return 0;
  return static_cast<int>(std::min<std::uint64_t>(m_tensor->shape.rowValues(), kMostColumns));
}

const std::vector<float>& ValueTableModel::row(int index) const {
  if (index != m_cachedRow) {
    m_cache.resize(static_cast<std::size_t>(columnCount()));
    core::quant::decode(*m_tensor, static_cast<std::uint64_t>(index) * m_tensor->shape.rowValues(), m_cache.size(),
                        m_cache.data());
    m_cachedRow = index;
  }
  return m_cache;
}

QString ValueTableModel::hex(int row, int column) const {
  const std::uint64_t flat =
      static_cast<std::uint64_t>(row) * m_tensor->shape.rowValues() + static_cast<std::uint64_t>(column);
  return storedBitsText(*m_tensor, flat);
}

QVariant ValueTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) return {};
  if (role == Qt::TextAlignmentRole) return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != kPlainRole) return {};
  const double value = static_cast<double>(row(index.row())[static_cast<std::size_t>(index.column())]);
  if (role == Qt::DisplayRole) return text::number(value, 4);
  if (role == kPlainRole) return QString::number(value, 'g', QLocale::FloatingPointShortest);
  return tr("[%1, %2] = %3  %4")
      .arg(index.row())
      .arg(index.column())
      .arg(value, 0, 'g', 9)
      .arg(hex(index.row(), index.column()));
}

QVariant ValueTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  const int count = orientation == Qt::Horizontal ? columnCount() : rowCount();
  return role == Qt::DisplayRole && section >= 0 && section < count ? QVariant(section) : QVariant();
}

}  // namespace app
