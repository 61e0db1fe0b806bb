#pragma once
#include <QAbstractListModel>
#include <vector>

#include "core/quant/scheme.h"

namespace app {

class Selection;

/// The selection's schemes as a list with check boxes and colour swatches: the checked ones first, so that what is
/// compared is always in sight, then the others, each in the order of the registry.
class SchemeListModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { ColorRole = Qt::UserRole + 1, CurrentRole, BitsRole, LastCheckedRole };

  explicit SchemeListModel(Selection& selection, QObject* parent = nullptr);
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  const core::quant::Scheme& scheme(int row) const;
  int rowOf(const core::quant::Scheme& scheme) const;  ///< −1 when it is not in the list

 private:
  std::vector<std::size_t> orderNow() const;
  void refresh();

  Selection& m_selection;
  std::vector<std::size_t> m_order;  ///< row → index in Selection::schemes()
};

}  // namespace app
