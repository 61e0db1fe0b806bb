#include "app/workspaces/chat/word_axis.h"

#include <algorithm>
#include <cmath>

#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kFontStep = -1.5, kAxisGap = 4;
}

WordAxis::WordAxis(QCPAxis* axis) : QCPAbstractItem(axis->parentPlot()), m_axis(axis) {
  setClipToAxisRect(false);
  setSelectable(false);
}

void WordAxis::setWords(QStringList words, std::vector<std::size_t> order) {
  m_words = std::move(words);
  m_order = std::move(order);
  std::vector<bool> named(static_cast<std::size_t>(m_words.size()), false);
  for (const std::size_t index : m_order) named[index] = true;
  for (std::size_t i = 0; i < named.size(); ++i)
    if (!named[i]) m_order.push_back(i);
}

QColor WordAxis::colorOf(std::size_t index) const {
  const ThemeColors& colors = Theme::instance().colors();
  return m_selected == index ? colors.text : colors.textMuted;
}

void WordAxis::draw(QCPPainter* painter) {
  if (m_words.isEmpty()) return;
  const QFont font = Theme::instance().textFont(kFontStep);
  const QFontMetricsF metrics(font);
  painter->setFont(font);
  const double slot = m_axis->coordToPixel(1) - m_axis->coordToPixel(0);
  double widest = 0;
  for (const QString& word : std::as_const(m_words)) widest = std::max(widest, metrics.horizontalAdvance(word));
  if (widest + kAxisGap <= slot)
    drawAcross(*painter, metrics);
  else
    drawUpright(*painter, metrics, slot);
}

void WordAxis::drawAcross(QCPPainter& painter, const QFontMetricsF& metrics) const {
  const double top = m_axis->axisRect()->bottom() + kAxisGap;
  for (std::size_t i = 0; i < m_order.size(); ++i) {
    const QString& word = m_words[static_cast<qsizetype>(i)];
    const double wide = metrics.horizontalAdvance(word), at = m_axis->coordToPixel(static_cast<double>(i));
    if (at < m_axis->axisRect()->left() || at > m_axis->axisRect()->right()) continue;
    painter.setPen(colorOf(i));
    painter.drawText(QRectF(at - wide / 2 - 1, top, wide + 2, metrics.height()), Qt::AlignCenter, word);
  }
}

void WordAxis::drawUpright(QCPPainter& painter, const QFontMetricsF& metrics, double slot) const {
  const double thick = metrics.height() - 2;
  const QRect rect = m_axis->axisRect()->rect();
  std::vector<double> taken;  // middles of the words drawn so far
  for (const std::size_t index : m_order) {
    const double at = m_axis->coordToPixel(static_cast<double>(index));
    if (at < rect.left() || at > rect.right() + 1) continue;
    // With a slot a line high every word has its room; narrower ones are given out by importance.
    const bool free = slot >= thick || std::none_of(taken.begin(), taken.end(),
                                                    [&](double other) { return std::abs(other - at) < thick; });
    if (!free) continue;
    taken.push_back(at);
    const QString word =
        metrics.elidedText(m_words[static_cast<qsizetype>(index)], Qt::ElideRight, kHeight - 2 * kAxisGap);
    painter.setPen(colorOf(index));
    painter.save();
    painter.translate(at, rect.bottom() + kAxisGap);
    painter.rotate(90);
    painter.drawText(QRectF(0, -thick / 2, kHeight - kAxisGap, thick), Qt::AlignLeft | Qt::AlignVCenter, word);
    painter.restore();
  }
}

}  // namespace app
