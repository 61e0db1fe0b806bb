#include "app/workspaces/bits/number_line.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr double kMargin = 28;
constexpr std::size_t kMostTicks = 400;
}  // namespace

NumberLine::NumberLine(BitsState& state, QWidget* parent) : QWidget(parent), m_state(state) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Number line around the value"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setToolTip(tr("The format's values around the number. Click one to take it; the wheel zooms."));
  const auto refresh = [this] {
    collect();
    update();
  };
  connect(&state, &BitsState::changed, this, refresh);
  connect(&state, &BitsState::selectedRowChanged, this, refresh);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
  collect();
}

QSize NumberLine::sizeHint() const { return {400, 84}; }
QSize NumberLine::minimumSizeHint() const { return {240, 76}; }

void NumberLine::collect() {
  m_ticks.clear();
  m_hover = -1;
  const FormatRow& row = m_state.selected();
  if (!std::isfinite(row.value)) return;
  const auto valueOf = [&](std::uint64_t code) {
    return core::numeric::decode(*row.format, code, row.scale) * row.factor;
  };
  m_ticks.push_back({row.code, row.value, 0, true});
  for (const int direction : {-1, 1}) {
    std::uint64_t code = row.code;
    for (int i = 0; i < static_cast<int>(m_neighbours) + 2 && m_ticks.size() < kMostTicks; ++i) {
      const auto neighbour =
          direction > 0 ? core::numeric::next(*row.format, code) : core::numeric::previous(*row.format, code);
      if (!neighbour || !std::isfinite(valueOf(*neighbour))) break;
      code = *neighbour;
      m_ticks.push_back({code, valueOf(code), valueOf(code) - row.value, false});
    }
  }
  std::sort(m_ticks.begin(), m_ticks.end(), [](const Tick& a, const Tick& b) { return a.offset < b.offset; });
  double step = std::fabs(row.explanation.ulp * row.factor);
  if (row.format->isInteger()) step = std::fabs(row.scale.scale);
  m_halfWidth = step > 0 && std::isfinite(step) ? step * m_neighbours : std::max(1e-300, std::fabs(row.value));
  if (std::isfinite(row.error)) m_halfWidth = std::max(m_halfWidth, 1.2 * std::fabs(row.error));
  setAccessibleDescription(tr("Previous %1, chosen %2, next %3")
                               .arg(QString::fromStdString(row.explanation.previousText),
                                    QString::fromStdString(row.explanation.valueText),
                                    QString::fromStdString(row.explanation.nextText)));
}

double NumberLine::toX(double offset) const { return width() / 2.0 + offset / m_halfWidth * (width() / 2.0 - kMargin); }

void NumberLine::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (m_ticks.empty()) {
    painter.setPen(c.textFaint);
    painter.drawText(rect(), Qt::AlignCenter, tr("Infinity and NaN have no place on the line."));
    return;
  }
  const double y = height() / 2.0 + 4;
  painter.setPen(QPen(c.borderStrong, 1));
  painter.drawLine(QPointF(8, y), QPointF(width() - 8, y));
  for (std::size_t i = 0; i < m_ticks.size(); ++i) paintTick(painter, m_ticks[i], y, static_cast<int>(i) == m_hover);
  paintLabels(painter, y);
  const FormatRow& row = m_state.selected();
  if (std::isfinite(row.error)) {
    const double x = toX(-row.error);
    QPainterPath marker;
    marker.moveTo(x, y - 10);
    marker.lineTo(x - 6, y - 20);
    marker.lineTo(x + 6, y - 20);
    marker.closeSubpath();
    painter.fillPath(marker, c.text);
    painter.setFont(theme.textFont(-1, QFont::DemiBold));
    painter.setPen(c.text);
    painter.drawText(QRectF(x - 80, y - 40, 160, 18), Qt::AlignCenter,
                     row.error == 0 ? tr("the number, exactly") : tr("the number"));
  }
  if (hasFocus()) {
    painter.setPen(QPen(c.accent, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::kRadiusSmall, space::kRadiusSmall);
  }
}

void NumberLine::paintTick(QPainter& painter, const Tick& tick, double y, bool hovered) const {
  const ThemeColors& c = Theme::instance().colors();
  const double x = toX(tick.offset);
  if (x < 4 || x > width() - 4) return;
  if (tick.chosen) {
    painter.setPen(QPen(c.accent, 2));
    painter.drawLine(QPointF(x, y - 8), QPointF(x, y + 8));
    painter.setBrush(c.accent);
    painter.drawEllipse(QPointF(x, y), 5, 5);
  } else {
    painter.setPen(QPen(hovered ? c.text : c.textFaint, hovered ? 2 : 1.3));
    painter.drawLine(QPointF(x, y - 6), QPointF(x, y + 6));
  }
}

void NumberLine::paintLabels(QPainter& painter, double y) const {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  painter.setFont(theme.monoFont(-1.5));
  const QFontMetricsF metrics(painter.font());
  const auto chosen = std::find_if(m_ticks.begin(), m_ticks.end(), [](const Tick& t) { return t.chosen; });
  // The chosen value and its neighbours first, then what still fits.
  std::vector<const Tick*> order;
  const auto at = static_cast<std::ptrdiff_t>(chosen - m_ticks.begin()),
             count = static_cast<std::ptrdiff_t>(m_ticks.size());
  order.push_back(&*chosen);
  for (std::ptrdiff_t distance = 1; distance < count; ++distance) {
    if (at + distance < count) order.push_back(&m_ticks[static_cast<std::size_t>(at + distance)]);
    if (at - distance >= 0) order.push_back(&m_ticks[static_cast<std::size_t>(at - distance)]);
  }
  if (m_hover >= 0) order.insert(order.begin(), &m_ticks[static_cast<std::size_t>(m_hover)]);
  std::vector<QRectF> taken;
  for (const Tick* tick : order) {
    const QString label = text::trimmed(tick->value, 7);
    const double half = metrics.horizontalAdvance(label) / 2 + 7;
    const QRectF place(toX(tick->offset) - half, y + 9, 2 * half, metrics.height() + 2);
    if (place.left() < 0 || place.right() > width()) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(place); })) continue;
    taken.push_back(place);
    painter.setPen(tick->chosen ? c.accent : c.textMuted);
    painter.drawText(place, Qt::AlignCenter, label);
  }
}

int NumberLine::tickAt(QPointF position) const {
  int best = -1;
  double distance = 9;
  for (std::size_t i = 0; i < m_ticks.size(); ++i) {
    const double d = std::fabs(toX(m_ticks[i].offset) - position.x());
    if (d < distance) distance = d, best = static_cast<int>(i);
  }
  return best;
}

void NumberLine::wheelEvent(QWheelEvent* event) {
  m_neighbours = std::clamp(m_neighbours * std::pow(0.998, event->angleDelta().y()), 1.5, 150.0);
  collect();
  update();
  event->accept();
}

void NumberLine::mousePressEvent(QMouseEvent* event) {
  const int tick = tickAt(event->position());
  if (tick >= 0 && !m_ticks[static_cast<std::size_t>(tick)].chosen)
    m_state.setCode(m_state.selectedRow(), m_ticks[static_cast<std::size_t>(tick)].code);
}

void NumberLine::mouseMoveEvent(QMouseEvent* event) {
  const int hover = tickAt(event->position());
  setCursor(hover >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (std::exchange(m_hover, hover) != hover) update();
}

void NumberLine::leaveEvent(QEvent*) {
  m_hover = -1;
  update();
}

void NumberLine::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right)
    m_state.step(m_state.selectedRow(), event->key() == Qt::Key_Right ? 1 : -1);
  else
    QWidget::keyPressEvent(event);
}

}  // namespace app
