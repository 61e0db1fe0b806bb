#include "app/widgets/reflow_row.h"

#include <QWidget>
#include <algorithm>

#include "app/widgets/theme.h"

namespace app {

ReflowRow::ReflowRow(double rowWidth, QWidget* parent) : QBoxLayout(LeftToRight, parent), m_rowWidth(rowWidth) {
  setContentsMargins(0, 0, 0, 0);
}

void ReflowRow::addSide(QWidget* widget, double width) {
  m_sides.emplace_back(widget, width);
  addWidget(widget);
  fitSides();
}

void ReflowRow::fitSides() {
  for (const auto& [widget, width] : m_sides) {
    const int fixed = Theme::instance().px(width);
    widget->setMinimumWidth(direction() == LeftToRight ? fixed : 0);
    widget->setMaximumWidth(direction() == LeftToRight ? fixed : QWIDGETSIZE_MAX);
  }
}

QSize ReflowRow::minimumSize() const {
  int widest = 0;
  for (int i = 0; i < count(); ++i)
    if (!itemAt(i)->isEmpty()) widest = std::max(widest, itemAt(i)->minimumSize().width());
  const QMargins margins = contentsMargins();
  return {widest + margins.left() + margins.right(), QBoxLayout::minimumSize().height()};
}

void ReflowRow::setGeometry(const QRect& rect) {
  setDirection(rect.width() >= Theme::instance().px(m_rowWidth) ? LeftToRight : TopToBottom);
  fitSides();
  QBoxLayout::setGeometry(rect);
}

}  // namespace app
