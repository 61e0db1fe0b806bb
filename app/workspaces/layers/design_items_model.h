#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "app/session/design_recipe.h"

namespace app {

/// What every tensor or group became: scheme, bytes, and its KL alone.
class DesignItemsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Name, Scheme, Bytes, Kl, Columns };
  static constexpr int kSortRole = Qt::UserRole + 1, kRowRole = Qt::UserRole + 2;

  explicit DesignItemsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  void setItems(std::vector<DesignedItem> items, bool isOld);
  const std::vector<DesignedItem>& items() const { return m_items; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString textOf(const DesignedItem& item, int column) const;

  std::vector<DesignedItem> m_items;
  bool m_isOld = false;
};

}  // namespace app
