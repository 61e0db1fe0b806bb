#include "app/workspaces/bits/number_line.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/rounding_text.h"

namespace app {
namespace {

constexpr int kMargin = 28;
constexpr std::size_t kMostTicks = 400;
constexpr int kFewestDigits = 7;

QString titleOf(const FormatRow& row) {
  return QString::fromUtf8(row.format->title.data(), static_cast<qsizetype>(row.format->title.size()));
}

}  // namespace

/// Draws the line into the chart, so that it is exported and copied like every other chart.
class NumberLine::Drawing final : public QCPAbstractItem {
 public:
  explicit Drawing(NumberLine& line) : QCPAbstractItem(&line), m_line(line) {
    setClipToAxisRect(false);
    setSelectable(false);
  }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override {
    if (m_line.m_ticks.empty()) return;
    const ThemeColors& c = Theme::instance().colors();
    const QRectF area = m_line.axisRect()->outerRect();
    m_y = area.center().y() + 5;
    painter->setAntialiasing(true);
    painter->setPen(QPen(c.borderStrong, 1));
    painter->drawLine(QPointF(area.left() + 8, m_y), QPointF(area.right() - 8, m_y));
    for (std::size_t i = 0; i < m_line.m_ticks.size(); ++i)
      drawTick(painter, m_line.m_ticks[i], static_cast<int>(i) == m_line.m_hover);
    drawLabels(painter, area);
    drawNumber(painter);
  }

 private:
  double toX(double offset) const { return m_line.xAxis->coordToPixel(offset); }
  void drawTick(QCPPainter* painter, const Tick& tick, bool hovered) const;
  void drawLabels(QCPPainter* painter, const QRectF& area) const;
  void drawNumber(QCPPainter* painter) const;

  NumberLine& m_line;
  double m_y = 0;
};

void NumberLine::Drawing::drawTick(QCPPainter* painter, const Tick& tick, bool hovered) const {
  const ThemeColors& c = Theme::instance().colors();
  if (!m_line.isInView(tick)) return;
  const double x = toX(tick.offset);
  if (tick.chosen) {
    painter->setPen(QPen(c.accent, 2));
    painter->drawLine(QPointF(x, m_y - 8), QPointF(x, m_y + 8));
    painter->setBrush(c.accent);
    painter->drawEllipse(QPointF(x, m_y), 5, 5);
  } else {
    painter->setPen(QPen(hovered ? c.text : c.textFaint, hovered ? 2 : 1.3));
    painter->drawLine(QPointF(x, m_y - 6), QPointF(x, m_y + 6));
  }
}

void NumberLine::Drawing::drawLabels(QCPPainter* painter, const QRectF& area) const {
  const Theme& theme = Theme::instance();
  painter->setFont(theme.monoFont(-1.5));
  const QFontMetricsF metrics(painter->font());
  std::vector<std::pair<const Tick*, QString>> order;  // the hovered, the chosen and those next to it first
  const QStringList texts = m_line.labels();
  qsizetype text = 0;
  for (const Tick& tick : m_line.m_ticks)
    if (m_line.isInView(tick)) order.emplace_back(&tick, texts[text++]);
  const Tick* hovered = m_line.m_hover < 0 ? nullptr : &m_line.m_ticks[static_cast<std::size_t>(m_line.m_hover)];
  std::stable_sort(order.begin(), order.end(), [hovered](const auto& a, const auto& b) {
    const auto rank = [hovered](const Tick* tick) { return tick == hovered ? -1.0 : std::fabs(tick->offset); };
    return rank(a.first) < rank(b.first);
  });
  std::vector<QRectF> taken;
  for (const auto& [tick, label] : order) {
    const double half = metrics.horizontalAdvance(label) / 2 + 7;
    const QRectF place(toX(tick->offset) - half, m_y + 9, 2 * half, metrics.height() + 2);
    if (place.left() < area.left() || place.right() > area.right()) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(place); })) continue;
    taken.push_back(place);
    painter->setPen(tick->chosen ? theme.colors().accent : theme.colors().textMuted);
    painter->drawText(place, Qt::AlignCenter, label);
  }
}

void NumberLine::Drawing::drawNumber(QCPPainter* painter) const {
  const Theme& theme = Theme::instance();
  const FormatRow& row = m_line.m_state.selected();
  if (!std::isfinite(row.error)) return;
  const double x = toX(-row.error);
  painter->setPen(Qt::NoPen);
  painter->setBrush(theme.colors().text);
  painter->drawPolygon(QPolygonF({QPointF(x, m_y - 10), QPointF(x - 6, m_y - 20), QPointF(x + 6, m_y - 20)}));
  painter->setFont(theme.textFont(-1, QFont::DemiBold));
  painter->setPen(theme.colors().text);
  painter->drawText(QRectF(x - 80, m_y - 40, 160, 18), Qt::AlignCenter,
                    row.error == 0 ? tr("the number, exactly") : tr("the number"));
}

NumberLine::NumberLine(BitsState& state, QWidget* parent) : Chart(parent), m_state(state) {
  setInteractions(QCP::iNone);
  setMinimumSize(240, 78);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setToolTip(tr("The format's values around the number. Click one to take it; the wheel shows more or fewer."));
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(false);
  axisRect()->setAutoMargins(QCP::msNone);
  axisRect()->setMargins(QMargins(kMargin, 0, kMargin, 0));
  new Drawing(*this);  // the chart owns it
  connect(&state, &BitsState::changed, this, &NumberLine::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &NumberLine::refresh);
  refresh();
}

void NumberLine::refresh() {
  collect();
  const FormatRow& row = m_state.selected();
  setTitle(tr("Values of %1 around %2").arg(titleOf(row), m_state.input().display));
  setProvenance(provenanceText(m_state));
  setMessage(m_ticks.empty() ? tr("%1 stores %2, which has no place on the line.")
                                   .arg(titleOf(row), std::isnan(row.value) ? tr("NaN") : tr("infinity"))
                             : QString());
  setAccessibleDescription(tr("Previous %1, chosen %2, next %3")
                               .arg(QString::fromStdString(row.explanation.previousText),
                                    QString::fromStdString(row.explanation.valueText),
                                    QString::fromStdString(row.explanation.nextText)));
  xAxis->setRange(-m_halfWidth, m_halfWidth);
  replot(QCustomPlot::rpQueuedReplot);
}

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
  const double step =
      row.format->isInteger() ? std::fabs(row.scale.scale) : std::fabs(row.explanation.ulp * row.factor);
  m_halfWidth = step > 0 && std::isfinite(step) ? step * m_neighbours : std::max(1e-300, std::fabs(row.value));
  if (std::isfinite(row.error)) m_halfWidth = std::max(m_halfWidth, 1.2 * std::fabs(row.error));
}

bool NumberLine::isInView(const Tick& tick) const { return std::fabs(tick.offset) <= 1.05 * m_halfWidth; }

QStringList NumberLine::labels() const {
  std::vector<double> values;
  for (const Tick& tick : m_ticks)
    if (isInView(tick)) values.push_back(tick.value);
  const int digits = text::digitsToTellApart(values, kFewestDigits);
  QStringList result;
  for (const double value : values) result << text::trimmed(value, digits);
  return result;
}

std::vector<ChartLegendEntry> NumberLine::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  const QString format = titleOf(m_state.selected());
  return {{tr("the number"), c.text},
          {tr("what %1 stores").arg(format), c.accent},
          {tr("other values of %1").arg(format), c.textFaint}};
}

ChartTable NumberLine::table() const {
  ChartTable result;
  result.columns = {tr("code"), tr("value"), tr("difference to the number")};
  const double error = m_state.selected().error;
  for (const Tick& tick : m_ticks) {
    result.rowLabels << QStringLiteral("0x") + QString::number(static_cast<qulonglong>(tick.code), 16);
    result.rows.push_back({tick.value, tick.offset + error});
  }
  return result;
}

std::optional<QString> NumberLine::readout(QPointF coordinates) const {
  const int index = tickAt(xAxis->coordToPixel(coordinates.x()));
  if (index < 0) return std::nullopt;
  const Tick& tick = m_ticks[static_cast<std::size_t>(index)];
  return tr("code 0x%1: %2")
      .arg(QString::number(static_cast<qulonglong>(tick.code), 16), text::trimmed(tick.value, 17));
}

int NumberLine::tickAt(double pixel) const {
  int best = -1;
  double distance = 9;
  for (std::size_t i = 0; i < m_ticks.size(); ++i) {
    const double d = std::fabs(xAxis->coordToPixel(m_ticks[i].offset) - pixel);
    if (d < distance) distance = d, best = static_cast<int>(i);
  }
  return best;
}

void NumberLine::setNeighbours(double count) {
  m_neighbours = std::clamp(count, 1.5, 150.0);
  refresh();
}

void NumberLine::wheelEvent(QWheelEvent* event) {
  setNeighbours(m_neighbours * std::pow(0.998, event->angleDelta().y()));
  event->accept();
}

void NumberLine::clickedAt(QPointF coordinates) {
  const int tick = tickAt(xAxis->coordToPixel(coordinates.x()));
  if (tick >= 0 && !m_ticks[static_cast<std::size_t>(tick)].chosen)
    m_state.setCode(m_state.selectedRow(), m_ticks[static_cast<std::size_t>(tick)].code);
}

void NumberLine::mouseMoveEvent(QMouseEvent* event) {
  Chart::mouseMoveEvent(event);
  const int hover = tickAt(event->position().x());
  setCursor(hover >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
  if (std::exchange(m_hover, hover) != hover) replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::leaveEvent(QEvent* event) {
  Chart::leaveEvent(event);
  if (std::exchange(m_hover, -1) != -1) replot(QCustomPlot::rpQueuedReplot);
}

void NumberLine::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
      return m_state.step(m_state.selectedRow(), event->key() == Qt::Key_Right ? 1 : -1);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return setNeighbours(m_neighbours / 1.3);
    case Qt::Key_Minus:
      return setNeighbours(m_neighbours * 1.3);
    default:
      Chart::keyPressEvent(event);
  }
}

}  // namespace app
