#include "app/workspaces/trace/rotated_words.h"

#include <cmath>

#include "app/widgets/theme.h"

namespace app {

RotatedWords::RotatedWords(QCustomPlot* plot) : QCPAbstractItem(plot) { setSelectable(false); }

QFont RotatedWords::font() { return Theme::instance().monoFont(-1.5); }

void RotatedWords::draw(QCPPainter* painter) {
  const QRect room = parentPlot()->axisRect()->rect();
  painter->setClipRect(room);
  const QFont used = font();
  const QFontMetricsF metrics(used);
  painter->setFont(used);
  const double line = metrics.height();
  std::vector<bool> shown(m_words.size(), false);
  const auto isFree = [&](std::size_t i) {
    for (std::size_t j = 0; j < m_words.size(); ++j) {
      const double apart =
          std::abs(parentPlot()->xAxis->coordToPixel(m_words[i].x) - parentPlot()->xAxis->coordToPixel(m_words[j].x));
      if (shown[j] && apart < line) return false;
    }
    return true;
  };
  for (const bool isNews : {true, false})
    for (std::size_t i = m_words.size(); i-- > 0;)
      if (m_words[i].isNews == isNews && isFree(i)) shown[i] = true;
  for (std::size_t i = 0; i < m_words.size(); ++i) {
    if (!shown[i]) continue;
    const double x = parentPlot()->xAxis->coordToPixel(m_words[i].x);
    const double bottom = parentPlot()->yAxis->coordToPixel(m_words[i].above) - 5;
    const double length = std::max(0.0, bottom - room.top());
    painter->save();
    painter->translate(x, bottom);
    painter->rotate(-90);
    painter->setPen(m_words[i].color);
    painter->drawText(QRectF(0, -line / 2, length, line), Qt::AlignLeft | Qt::AlignVCenter,
                      metrics.elidedText(m_words[i].text, Qt::ElideRight, length));
    painter->restore();
  }
}

}  // namespace app
