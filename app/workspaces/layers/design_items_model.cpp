#include "app/workspaces/layers/design_items_model.h"

#include <QBrush>
#include <cmath>
#include <limits>

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_words.h"

namespace app {

void DesignItemsModel::setItems(std::vector<DesignedItem> items, bool isOld) {
  beginResetModel();
  m_items = std::move(items);
  m_isOld = isOld;
  endResetModel();
}

int DesignItemsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}
int DesignItemsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QString DesignItemsModel::textOf(const DesignedItem& item, int column) const {
  switch (column) {
    case Name:
      return QString::fromStdString(item.name);
    case Scheme:
      return schemeTitle(item.scheme);
    case Bytes:
      return text::count(item.bytes);
    default:
      return text::estimate(item.klAlone);
  }
}

QVariant DesignItemsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const DesignedItem& item = m_items[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  const bool isNumber = column == Bytes || column == Kl;
  switch (role) {
    case Qt::DisplayRole:
      return textOf(item, column);
    case kRowRole:
      return index.row();
    case kSortRole:
      if (column == Bytes) return QVariant::fromValue<qulonglong>(item.bytes);
      if (column == Kl)
        return std::isfinite(item.klAlone.value) ? item.klAlone.value : -std::numeric_limits<double>::infinity();
      return column == Name ? QVariant(index.row()) : QVariant(QString::fromStdString(item.scheme));  // as in the model
    case Qt::ToolTipRole:
      return column == Name ? QVariant(textOf(item, column)) : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::FontRole:
      return isNumber ? QVariant(Theme::instance().monoFont(-1)) : QVariant();
    case Qt::ForegroundRole:
      return m_isOld ? QVariant(QBrush(Theme::instance().colors().textFaint)) : QVariant();
    default:
      return {};
  }
}

QVariant DesignItemsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const bool isNumber = section == Bytes || section == Kl;
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  // In the order of the enumeration.
  const QString titles[] = {tr("tensor"), tr("scheme"), tr("bytes"), tr("KL alone")};
  const QString tips[] = {tr("What gets one scheme; sorts as in the model"), tr("What was chosen for it"),
                          tr("Stored, scales included"),
                          tr("Nats per token with nothing else quantized, ± its standard error over blocks of text")};
  if (role == Qt::ToolTipRole) return tips[section];
  return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

}  // namespace app
