#pragma once
#include <QAbstractListModel>

namespace app {

class Selection;

/// The selection's schemes as a list with check boxes and colour swatches.
class SchemeListModel : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { ColorRole = Qt::UserRole + 1, CurrentRole, BitsRole };

  explicit SchemeListModel(Selection& selection, QObject* parent = nullptr);
  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 private:
  void refresh();
  Selection& m_selection;
  int m_rows;
};

}  // namespace app
