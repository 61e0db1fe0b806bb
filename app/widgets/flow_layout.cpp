#include "app/widgets/flow_layout.h"

#include <QWidget>
#include <algorithm>

#include "app/widgets/theme.h"

namespace app {

FlowLayout::~FlowLayout() {
  for (QLayoutItem* item : m_items) delete item;
}

QLayoutItem* FlowLayout::itemAt(int index) const {
  return index >= 0 && index < count() ? m_items[static_cast<std::size_t>(index)] : nullptr;
}

QLayoutItem* FlowLayout::takeAt(int index) {
  QLayoutItem* item = itemAt(index);
  if (item != nullptr) m_items.erase(m_items.begin() + index);
  return item;
}

int FlowLayout::heightForWidth(int width) const { return place({0, 0, width, 0}, Placing::Measure); }

QSize FlowLayout::minimumSize() const {
  QSize size(Theme::instance().px(m_leastWidth), 0);
  for (const QLayoutItem* item : m_items)
    if (!item->isEmpty()) size = size.expandedTo(item->sizeHint());
  return size.grownBy(contentsMargins());
}

void FlowLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  place(rect, Placing::Move);
}

int FlowLayout::place(const QRect& rect, Placing placing) const {
  const QRect room = rect.marginsRemoved(contentsMargins());
  int x = room.left(), y = room.top(), lineHeight = 0;
  std::vector<std::pair<QLayoutItem*, QRect>> line;
  const auto finishLine = [&] {
    if (placing == Placing::Move)
      for (const auto& [item, place] : line) item->setGeometry(place.translated(0, (lineHeight - place.height()) / 2));
    line.clear();
  };
  for (QLayoutItem* item : m_items) {
    if (item->isEmpty()) continue;
    const QSize size = item->sizeHint();
    if (!line.empty() && x + size.width() > room.right() + 1) {
      finishLine();
      x = room.left();
      y += lineHeight + spacing();
      lineHeight = 0;
    }
    line.emplace_back(item, QRect(QPoint(x, y), size));
    x += size.width() + spacing();
    lineHeight = std::max(lineHeight, size.height());
  }
  finishLine();
  return y + lineHeight - rect.top() + contentsMargins().bottom();
}

}  // namespace app
