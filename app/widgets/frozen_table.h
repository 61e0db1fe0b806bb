#pragma once
#include <QTableView>

namespace app {

/// A table whose first column stays in sight while the others scroll sideways.
class FrozenTable : public QTableView {
  Q_OBJECT
 public:
  explicit FrozenTable(QWidget* parent = nullptr);

  void setModel(QAbstractItemModel* model) override;
  void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
  /// The part that stays.
  QTableView* frozen() const { return m_frozen; }

 protected:
  void resizeEvent(QResizeEvent* event) override;
  QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
  void updateGeometries() override;

 private:
  void place();

  QTableView* m_frozen;
};

}  // namespace app
