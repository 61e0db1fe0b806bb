#pragma once
#include <QAbstractListModel>
#include <vector>

#include "app/shell/command_palette.h"

namespace app {

/// The items of the command palette that match what was typed, best first; at most a hundred.
class PaletteModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { DetailRole = Qt::UserRole + 1, IconRole };
  using QAbstractListModel::QAbstractListModel;

  void setItems(std::vector<PaletteItem> items);
  void setFilter(const QString& letters);
  const PaletteItem& item(int row) const { return m_items[m_shown[static_cast<std::size_t>(row)]]; }
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::vector<PaletteItem> m_items;
  std::vector<std::size_t> m_shown;
};

}  // namespace app
