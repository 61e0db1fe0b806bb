#include "app/models/scheme_list_model.h"

#include <QColor>
#include <QLocale>

#include "app/shell/selection.h"
#include "app/text/numbers.h"
#include "core/quant/registry.h"

namespace app {

SchemeListModel::SchemeListModel(Selection& selection, QObject* parent)
    : QAbstractListModel(parent), m_selection(selection), m_rows(static_cast<int>(selection.schemes().size())) {
  connect(&selection, &Selection::schemesChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::currentSchemeChanged, this, &SchemeListModel::refresh);
  connect(&selection, &Selection::tensorChanged, this, &SchemeListModel::refresh);
}

void SchemeListModel::refresh() {
  const int rows = static_cast<int>(m_selection.schemes().size());
  if (rows != m_rows) {
    beginResetModel();
    m_rows = rows;
    endResetModel();
  } else if (rows > 0) {
    Q_EMIT dataChanged(index(0), index(rows - 1));
  }
}

int SchemeListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_rows; }

QVariant SchemeListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const SchemeEntry& entry = m_selection.schemes()[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole: return entry.title;
    case Qt::ToolTipRole: return entry.description;
    case Qt::AccessibleDescriptionRole: return entry.description;
    case Qt::CheckStateRole: return entry.checked ? Qt::Checked : Qt::Unchecked;
    case ColorRole: return entry.checked ? m_selection.color(entry.scheme) : QColor();
    case CurrentRole: return m_selection.currentScheme() == entry.scheme;
    case BitsRole: {
      const core::io::TensorInfo* info = m_selection.tensorInfo();
      if (!info || !core::quant::accepts(entry.scheme, info->shape)) return {};
      return QLocale().toString(core::quant::bitsPerWeight(entry.scheme, info->shape), 'f', 2);
    }
    default: return {};
  }
}

bool SchemeListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || role != Qt::CheckStateRole) return false;
  const core::quant::Scheme scheme = m_selection.schemes()[static_cast<std::size_t>(index.row())].scheme;
  m_selection.setChecked(scheme, value.toInt() == Qt::Checked);
  return true;
}

Qt::ItemFlags SchemeListModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable;
}

}  // namespace app
