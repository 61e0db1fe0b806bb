#include "app/widgets/flow_layout.h"

#include <QWidget>
#include <algorithm>
#include <utility>

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

QSize FlowLayout::minimumSize() const {
  QSize size(Theme::instance().px(m_leastWidth), 0);
  for (const QLayoutItem* item : m_items)
    if (!item->isEmpty()) size = size.expandedTo({item->minimumSize().width(), item->sizeHint().height()});
  size = size.grownBy(contentsMargins());
  if (m_width == 0) return size;
  return size.expandedTo({0, place({0, 0, std::max(m_width, size.width()), 0}, Placing::Measure)});
}

void FlowLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  place(rect, Placing::Move);
  if (std::exchange(m_width, rect.width()) != rect.width()) update();
}

int FlowLayout::place(const QRect& rect, Placing placing) const {
  const QRect room = rect.marginsRemoved(contentsMargins());
  int x = room.left(), y = room.top(), lineHeight = 0;
  std::vector<std::pair<QLayoutItem*, QRect>> line;
  const auto expands = [](const QLayoutItem* item) { return item->expandingDirections().testFlag(Qt::Horizontal); };
  const auto finishLine = [&] {
    if (placing == Placing::Measure) return line.clear();
    auto open = static_cast<int>(
        std::count_if(line.begin(), line.end(), [&](const auto& placed) { return expands(placed.first); }));
    int left = room.right() + 1 - (x - spacing()), moved = 0;
    for (const auto& [item, place] : line) {
      const int more = expands(item) ? std::max(0, left) / open : 0;
      item->setGeometry(place.adjusted(moved, 0, moved + more, 0).translated(0, (lineHeight - place.height()) / 2));
      moved += more;
      left -= more;
      open -= expands(item) ? 1 : 0;
    }
    line.clear();
  };
  for (QLayoutItem* item : m_items) {
    if (item->isEmpty()) continue;
    const int wanted = expands(item) ? item->minimumSize().width() : item->sizeHint().width();
    const QSize size(std::min(wanted, room.width()), item->sizeHint().height());
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
