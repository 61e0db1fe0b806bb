#include "app/workspaces/trace/bar_delegate.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr Length kBarRoom{48};
}

QSize BarDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  return QStyledItemDelegate::sizeHint(option, index) + QSize(kBarRoom, 0);
}

void BarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const double share = std::clamp(index.data(m_shareRole).toDouble(), -1.0, 1.0);
  if (share == 0) return;
  const QRectF room(option.rect.left() + 4, option.rect.top() + 5, kBarRoom - 8, option.rect.height() - 10);
  const double middle = room.center().x(), length = share * room.width() / 2;
  const ThemeColors& c = Theme::instance().colors();
  painter->fillRect(QRectF(std::min(middle, middle + length), room.top(), std::abs(length), room.height()),
                    mix(c.surface, QColor(share > 0 ? 0xD55E00 : 0x0072B2), 0.75));
  painter->fillRect(QRectF(middle - 0.5, room.top() - 2, 1, room.height() + 4), c.borderStrong);
}

}  // namespace app
