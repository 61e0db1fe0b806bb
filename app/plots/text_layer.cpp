#include "app/plots/text_layer.h"

#include <cmath>

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kFontStep = -2.5, kGap = 5;
}  // namespace

TextLayer::TextLayer(QCustomPlot* plot, QCPAxis* x, QCPAxis* y, Qt::AlignmentFlag alignment)
    : QCPAbstractItem(plot), m_x(x), m_y(y), m_alignment(alignment) {
  setClipAxisRect(x->axisRect());
  setSelectable(false);
}

QFont TextLayer::font() { return Theme::instance().textFont(kFontStep); }

QColor TextLayer::inkOn(const QColor& ground) {
  const QColor dark(0x11, 0x11, 0x11), light(Qt::white);
  return contrastRatio(ground, light) > contrastRatio(ground, dark) ? light : dark;
}

void TextLayer::draw(QCPPainter* painter) {
  const QFontMetricsF metrics(font());
  const double rowPixels = std::abs(m_y->coordToPixel(1) - m_y->coordToPixel(0));
  const double roomPixels = std::abs(m_x->coordToPixel(m_room) - m_x->coordToPixel(0));
  if (rowPixels < metrics.ascent()) return;
  painter->setFont(font());
  for (const Entry& entry : m_entries) {
    const QPointF at(m_x->coordToPixel(entry.at.x()), m_y->coordToPixel(entry.at.y()));
    const double wide = metrics.horizontalAdvance(entry.text);
    if (m_room > 0 && wide + 2 * kGap > roomPixels) continue;
    double left = m_alignment == Qt::AlignRight  ? at.x() - kGap - wide
                  : m_alignment == Qt::AlignLeft ? at.x() + 2 * kGap
                                                 : at.x() - wide / 2;
    const bool fits = m_alignment != Qt::AlignRight || left > m_x->axisRect()->left();
    if (!fits) left = at.x() + kGap;
    painter->setPen(fits ? entry.color : Theme::instance().colors().text);
    painter->drawText(QPointF(left, at.y() + (metrics.ascent() - metrics.descent()) / 2), entry.text);
  }
}

}  // namespace app
