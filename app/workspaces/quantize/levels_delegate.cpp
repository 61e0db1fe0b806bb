#include "app/workspaces/quantize/levels_delegate.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/widgets/theme.h"
#include "app/workspaces/quantize/rivals_model.h"

namespace app {

void LevelsDelegate::setWeights(std::vector<double> weights) {
  m_weights = std::move(weights);
  m_low = m_high = 0;
  for (const double weight : m_weights)
    if (std::isfinite(weight)) m_low = std::min(m_low, weight), m_high = std::max(m_high, weight);
  const double room = std::max(m_high - m_low, 1e-30) * 0.05;
  m_low -= room;
  m_high += room;
}

void LevelsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const ThemeColors& c = Theme::instance().colors();
  const QRectF room = QRectF(option.rect).adjusted(6, 3, -6, -3);
  const auto x = [&](double value) { return room.left() + (value - m_low) / (m_high - m_low) * room.width(); };
  painter->save();
  painter->setClipRect(option.rect);
  QColor rug = c.reference;
  rug.setAlphaF(0.45F);
  painter->setPen(QPen(rug, 1));
  for (const double weight : m_weights)
    if (std::isfinite(weight))
      painter->drawLine(QPointF(x(weight), room.center().y()), QPointF(x(weight), room.bottom()));
  painter->setPen(QPen(c.accent, 1.6));
  double before = -1e9;
  for (const double level : index.data(RivalsModel::kLevelsRole).value<QList<double>>()) {
    if (x(level) - before < 2) continue;  // finer than can be seen
    before = x(level);
    painter->drawLine(QPointF(before, room.top()), QPointF(before, room.center().y()));
  }
  painter->restore();
}

}  // namespace app
