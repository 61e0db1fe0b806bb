#pragma once
#include <QStyledItemDelegate>

namespace app {

/// For cells whose text wraps: rows get the height that it really takes. Qt asks for it as wide as the cell, and draws
/// it within the padding that the theme gives cells.
class WrappingDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace app
