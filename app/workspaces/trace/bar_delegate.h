#pragma once
#include <QStyledItemDelegate>

namespace app {

/// A number behind its bar, which begins in the middle of its room: to the right above zero, to the left below.
class BarDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  /// @param shareRole what the bar is long, −1 … 1
  BarDelegate(int shareRole, QObject* parent) : QStyledItemDelegate(parent), m_shareRole(shareRole) {}
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  int m_shareRole;
};

}  // namespace app
