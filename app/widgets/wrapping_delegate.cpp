#include "app/widgets/wrapping_delegate.h"

namespace app {

namespace {
constexpr int kPadding = 2 * (5 + 1);  // left and right of a cell, its border included (quantscope.qss)
}  // namespace

QSize WrappingDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem inside = option;
  inside.rect.setWidth(qMax(1, option.rect.width() - kPadding));
  return QStyledItemDelegate::sizeHint(inside, index);
}

}  // namespace app
