#include "app/shell/scheme_list_model.h"

#include <QColor>
#include <QLocale>

#include "app/selection/selection.h"
#include "app/text/numbers.h"
#include "core/quant/registry.h"

namespace app {

SchemeListModel::SchemeListModel(Selection& selection, QObject* parent)
    : QAbstractListModel(parent), m_selection(selection), m_order(orderNow()) {
  connect(&selection, &Selection::schemesChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::currentSchemeChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::tensorChanged, this, &SchemeListModel::refresh);
}

std::vector<std::size_t> SchemeListModel::orderNow() const {
  std::vector<std::size_t> order;
  for (const bool checked : {true, false})
    for (std::size_t i = 0; i < m_selection.schemes().size(); ++i)
      if (m_selection.schemes()[i].checked == checked) order.push_back(i);
  return order;
}

void SchemeListModel::refresh() {
  std::vector<std::size_t> order = orderNow();
  if (order != m_order) {
    beginResetModel();
    m_order = std::move(order);
    endResetModel();
  } else if (!m_order.empty()) {
    Q_EMIT dataChanged(index(0), index(rowCount() - 1));
  }
}

const core::quant::Scheme& SchemeListModel::scheme(int row) const {
  return m_selection.schemes()[m_order[static_cast<std::size_t>(row)]].scheme;
}

int SchemeListModel::rowOf(const core::quant::Scheme& wanted) const {
  for (int row = 0; row < rowCount(); ++row)
    if (scheme(row) == wanted) return row;
  return -1;
}

int SchemeListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_order.size());
}

QVariant SchemeListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const SchemeEntry& entry = m_selection.schemes()[m_order[static_cast<std::size_t>(index.row())]];
  switch (role) {
    case Qt::DisplayRole:
      return entry.title;
    case Qt::ToolTipRole:
      return entry.description;
    case Qt::AccessibleDescriptionRole:
      return entry.description;
    case Qt::CheckStateRole:
      return entry.checked ? Qt::Checked : Qt::Unchecked;
    case ColorRole:
      return entry.checked ? m_selection.color(entry.scheme) : QColor();
    case LastCheckedRole:
      return entry.checked && index.row() + 1 < rowCount() && !m_selection.isChecked(scheme(index.row() + 1));
    case CurrentRole:
      return m_selection.currentScheme() == entry.scheme;
    case BitsRole: {
      const core::io::TensorInfo* info = m_selection.tensorInfo();
      if (!info || !core::quant::accepts(entry.scheme, info->shape)) return {};
      return QLocale().toString(core::quant::bitsPerWeight(entry.scheme, info->shape), 'f', 2);
    }
    default:
      return {};
  }
}

bool SchemeListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || role != Qt::CheckStateRole) return false;
  const core::quant::Scheme changed = scheme(index.row());  // a copy: the rows move
  m_selection.setChecked(changed, value.toInt() == Qt::Checked);
  return true;
}

Qt::ItemFlags SchemeListModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable;
}

}  // namespace app
