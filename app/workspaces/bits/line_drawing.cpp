#include "app/workspaces/bits/line_drawing.h"

#include <algorithm>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
double shadeHeight() { return Theme::instance().px(26); }
double bandHeight() { return Theme::instance().px(12); }
}  // namespace

LineDrawing::LineDrawing(NumberLine& line) : QCPAbstractItem(&line), m_line(line) {
  setClipToAxisRect(false);
  setSelectable(false);
}

double LineDrawing::toX(double value) const {
  // Far outside is as good as at the edge, and no overflow of the painter.
  return m_line.xAxis->coordToPixel(std::clamp(m_line.toAxis(value), -3.0, 3.0));
}

void LineDrawing::draw(QCPPainter* painter) {
  const FormatRow& row = m_line.m_state.selected();
  if (!std::isfinite(row.value)) return;
  const ThemeColors& c = Theme::instance().colors();
  const QRectF area = m_line.axisRect()->outerRect();
  m_y = area.center().y() + 8;
  painter->setAntialiasing(true);
  drawInterval(painter);
  painter->setPen(QPen(c.borderStrong, 1));
  painter->drawLine(QPointF(area.left() + 8, m_y), QPointF(area.right() - 8, m_y));
  drawShades(painter);
  for (std::size_t i = 0; i < m_line.m_ticks.size(); ++i)
    drawTick(painter, m_line.m_ticks[i], static_cast<int>(i) == m_line.m_hover);
  if (m_line.m_view.contains(0)) drawChosen(painter, toX(row.value));
  drawLabels(painter, area);
  drawNumber(painter, area);
}

void LineDrawing::drawInterval(QCPPainter* painter) const {
  const auto& interval = m_line.m_state.interval();
  if (!interval) return;
  const QRectF area = m_line.axisRect()->outerRect();
  // Half way between two FP64 there is no double: their distance from the value is one.
  const FormatRow& row = m_line.m_state.selected();
  const auto value = core::numeric::decodeExact(*row.format, row.code, row.scale);
  const auto placeOf = [&](const core::numeric::ExactNumber& end) {
    const double difference = core::numeric::nearestDouble(end - value);
    return m_line.m_view.toAxis(m_line.m_places->distanceOfDifference(difference));
  };
  const double low = placeOf(interval->low), high = placeOf(interval->high);
  const auto toPixel = [&](double place) { return m_line.xAxis->coordToPixel(std::clamp(place, -3.0, 3.0)); };
  const double left = std::max(area.left() + 8, toPixel(low)), right = std::min(area.right() - 8, toPixel(high));
  constexpr double kNarrowest = 3;  // a band of less is no more than the tick
  if (right - left < kNarrowest) return;
  painter->setPen(Qt::NoPen);
  painter->setBrush(Theme::instance().colors().accentSoft);
  painter->drawRect(QRectF(left, m_y - bandHeight() / 2, right - left, bandHeight()));
  if (!interval->lowUnbounded() && std::fabs(low) <= 1) drawEnd(painter, left, interval->lowClosed);
  if (!interval->highUnbounded() && std::fabs(high) <= 1) drawEnd(painter, right, interval->highClosed);
}

void LineDrawing::drawEnd(QCPPainter* painter, double x, bool closed) const {
  const ThemeColors& c = Theme::instance().colors();
  painter->setPen(QPen(c.accent, 1.4));
  painter->setBrush(closed ? c.accent : c.surface);
  painter->drawEllipse(QPointF(x, m_y - bandHeight() / 2 - 4), 3.2, 3.2);
  painter->drawLine(QPointF(x, m_y - bandHeight() / 2), QPointF(x, m_y + bandHeight() / 2));
}

// The darker, the more values; each doubling is one step, since binades double.
void LineDrawing::drawShades(QCPPainter* painter) const {
  if (m_line.m_shades.empty()) return;
  std::uint64_t most = 1;
  for (const NumberLine::Shade& shade : m_line.m_shades) most = std::max(most, shade.count);
  const double steps = std::log2(static_cast<double>(most)) + 1;
  const ThemeColors& c = Theme::instance().colors();
  painter->setPen(Qt::NoPen);
  painter->setAntialiasing(false);
  for (const NumberLine::Shade& shade : m_line.m_shades) {
    const bool even = m_line.m_spacing == Spacing::EvenValues;  // then they differ by where the pixels fall
    const double share = even ? 1 : (std::log2(static_cast<double>(shade.count)) + 1) / steps;
    painter->setBrush(mix(c.surface, c.text, 0.12 + 0.5 * share));
    const double left = m_line.xAxis->coordToPixel(shade.low), right = m_line.xAxis->coordToPixel(shade.high);
    const double height = shadeHeight() * (0.25 + 0.75 * share);
    painter->drawRect(QRectF(left, m_y - height / 2, right - left, height));
  }
  painter->setPen(QPen(c.borderStrong, 1));
  const double half = shadeHeight() / 2;
  for (const double mark : m_line.marks())
    painter->drawLine(QPointF(toX(mark), m_y - half), QPointF(toX(mark), m_y + half + 3));
  painter->setAntialiasing(true);
}

void LineDrawing::drawTick(QCPPainter* painter, const NumberLine::Tick& tick, bool hovered) const {
  const ThemeColors& c = Theme::instance().colors();
  if (tick.chosen) return;
  const double x = toX(tick.value);
  painter->setPen(QPen(hovered ? c.text : c.textFaint, hovered ? 2 : 1.3));
  painter->drawLine(QPointF(x, m_y - 6), QPointF(x, m_y + 6));
}

void LineDrawing::drawChosen(QCPPainter* painter, double x) const {
  const ThemeColors& c = Theme::instance().colors();
  painter->setPen(QPen(c.accent, 2));
  painter->drawLine(QPointF(x, m_y - 9), QPointF(x, m_y + 9));
  painter->setBrush(c.accent);
  painter->drawEllipse(QPointF(x, m_y), 5, 5);
}

std::vector<LineDrawing::LabelAt> LineDrawing::labelsInOrder() const {
  std::vector<LabelAt> order;
  const QStringList texts = m_line.labels();
  const double chosen = m_line.m_view.toAxis(0);
  for (std::size_t i = 0; i < m_line.m_ticks.size(); ++i) {
    const NumberLine::Tick& tick = m_line.m_ticks[i];
    const bool hovered = static_cast<int>(i) == m_line.m_hover;
    order.push_back({toX(tick.value), texts[static_cast<qsizetype>(i)], tick.chosen,
                     hovered ? -1.0 : std::fabs(m_line.toAxis(tick.value) - chosen)});
  }
  if (!m_line.m_shades.empty())
    for (const std::vector<double> marks = m_line.marks(); const double mark : marks) {
      const double place = m_line.toAxis(mark);
      order.push_back({toX(mark), texts[static_cast<qsizetype>(order.size())], false, std::fabs(place)});
    }
  // The hovered, the chosen and those next to it first.
  std::stable_sort(order.begin(), order.end(), [](const LabelAt& a, const LabelAt& b) { return a.rank < b.rank; });
  return order;
}

void LineDrawing::drawLabels(QCPPainter* painter, const QRectF& area) const {
  const Theme& theme = Theme::instance();
  painter->setFont(theme.monoFont(-1.5));
  const QFontMetricsF metrics(painter->font());
  std::vector<QRectF> taken;
  const double top = m_y + shadeHeight() / 2 + 1;
  for (const LabelAt& label : labelsInOrder()) {
    const double half = metrics.horizontalAdvance(label.text) / 2 + 7;
    const double x = std::clamp(label.x, area.left() + half, std::max(area.left() + half, area.right() - half));
    const QRectF place(x - half, top, 2 * half, metrics.height() + 2);
    if (std::fabs(x - label.x) > half) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(place); })) continue;
    taken.push_back(place);
    painter->setPen(label.chosen ? theme.colors().accent : theme.colors().textMuted);
    painter->drawText(place, Qt::AlignCenter, label.text);
  }
}

void LineDrawing::drawNumber(QCPPainter* painter, const QRectF& area) const {
  const Theme& theme = Theme::instance();
  const FormatRow& row = m_line.m_state.selected();
  const double number = m_line.m_state.number().nearest;
  if (!std::isfinite(number)) return;
  const double difference = std::isfinite(row.error) ? -row.error : 0;
  const double place = m_line.m_view.toAxis(m_line.m_places->distanceOfDifference(difference));
  if (!(std::fabs(place) <= 1.02)) return;
  const double x = m_line.xAxis->coordToPixel(place);
  painter->setPen(Qt::NoPen);
  painter->setBrush(theme.colors().text);
  const double tip = m_y - shadeHeight() / 2 - 3;
  painter->drawPolygon(QPolygonF({QPointF(x, tip), QPointF(x - 6, tip - 9), QPointF(x + 6, tip - 9)}));
  painter->setFont(theme.textFont(-1, QFont::DemiBold));
  painter->setPen(theme.colors().text);
  const QString said = row.error == 0 ? NumberLine::tr("the number, exactly") : NumberLine::tr("the number");
  const double half = QFontMetricsF(painter->font()).horizontalAdvance(said) / 2 + 4;
  const double middle = std::clamp(x, area.left() + half, area.right() - half);
  painter->drawText(QRectF(middle - half, tip - 28, 2 * half, 18), Qt::AlignCenter, said);
}

}  // namespace app
