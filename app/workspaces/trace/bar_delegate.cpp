#include "app/workspaces/trace/bar_delegate.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/widgets/theme.h"

namespace app {

void BarDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const double share = std::clamp(index.data(m_shareRole).toDouble(), -1.0, 1.0);
  if (share != 0 && !(option.state & QStyle::State_Selected)) {
    const QRectF room = QRectF(option.rect).adjusted(2, 3, -2, -3);
    const double middle = room.center().x(), length = share * room.width() / 2;
    const ThemeColors& c = Theme::instance().colors();
    painter->fillRect(QRectF(length > 0 ? middle : middle + length, room.top(), std::abs(length), room.height()),
                      mix(c.surface, QColor(share > 0 ? 0xD55E00 : 0x0072B2), c.dark ? 0.6 : 0.4));
    painter->fillRect(QRectF(middle - 0.5, room.top(), 1, room.height()), c.border);
  }
  QStyledItemDelegate::paint(painter, option, index);
}

}  // namespace app
