#include "app/pictures/weight_bars.h"

#include <QGuiApplication>
#include <QStyleHints>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr double kClosestLevels = 5;              ///< pixels: closer ones are a grey area, not levels
constexpr double kThinnestBand = 5;               ///< pixels
constexpr double kNearLevels = 0.25;              ///< of the range of the weights
constexpr double kNudge = 0.02, kFarNudge = 0.2;  ///< of the visible range
/// Weights are counted: no ticks between them.
class IndexTicker final : public QCPAxisTicker {
 protected:
  double getTickStep(const QCPRange& range) override {
    return std::max(1.0, std::ceil(QCPAxisTicker::getTickStep(range)));
  }
};
}  // namespace

/// Bars, ticks and levels in one go: a block has few of them, and a hand moves one every few milliseconds.
class WeightBars::Drawing : public QCPAbstractItem {
 public:
  explicit Drawing(WeightBars& chart) : QCPAbstractItem(&chart), m_chart(chart) { setClipToAxisRect(true); }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override {
    painter->setRenderHint(QPainter::Antialiasing, false);
    const QCPAxis& x = *m_chart.xAxis;
    const double unit = std::abs(x.coordToPixel(1) - x.coordToPixel(0));
    if (m_chart.m_chosen >= 0) drawBand(*painter, std::max(unit, kThinnestBand));
    drawLevels(*painter);
    const int last = static_cast<int>(m_chart.m_block.values.size()) - 1;
    const int from = std::clamp(static_cast<int>(std::floor(x.range().lower)), 0, std::max(last, 0));
    const int to = std::min(static_cast<int>(std::ceil(x.range().upper)), last);
    for (int i = from; i <= to; ++i) drawBar(*painter, i, unit);
  }

 private:
  double pixelY(double value) const { return m_chart.yAxis->coordToPixel(value); }

  /// Behind the chosen weight, over the whole height.
  void drawBand(QPainter& painter, double width) const {
    const QRect plot = m_chart.axisRect()->rect();
    const double x = m_chart.xAxis->coordToPixel(m_chart.m_chosen);
    painter.fillRect(QRectF(x - width / 2, plot.top(), width, plot.height()), Theme::instance().colors().accentSoft);
  }

  void drawLevels(QPainter& painter) const {
    const ThemeColors& c = Theme::instance().colors();
    const QRect plot = m_chart.axisRect()->rect();
    painter.setPen(QPen(mix(c.accent, c.surface, 0.68), 1));
    for (const Levels& group : m_chart.m_block.levels) {
      const double first = static_cast<double>(group.first), last = first + static_cast<double>(group.count);
      const double left = std::max<double>(plot.left(), m_chart.xAxis->coordToPixel(first - 0.5));
      const double right = std::min<double>(plot.right(), m_chart.xAxis->coordToPixel(last - 0.5));
      double before = std::numeric_limits<double>::infinity();
      for (const double level : group.values) {
        const double y = std::round(pixelY(level)) + 0.5;
        if (right <= left || std::abs(before - y) < kClosestLevels) continue;
        before = y;
        painter.drawLine(QPointF(left, y), QPointF(right, y));
      }
    }
    painter.setPen(QPen(c.warning, 1.4, Qt::DashLine));
    for (const auto& end : {m_chart.m_block.clipLow, m_chart.m_block.clipHigh})
      if (end) painter.drawLine(QPointF(plot.left(), pixelY(*end)), QPointF(plot.right(), pixelY(*end)));
    painter.setPen(QPen(c.borderStrong, 1));
    painter.drawLine(QPointF(plot.left(), pixelY(0)), QPointF(plot.right(), pixelY(0)));
  }

  void drawBar(QPainter& painter, int i, double unit) const {
    const ThemeColors& c = Theme::instance().colors();
    const auto at = static_cast<std::size_t>(i);
    const double value = m_chart.m_block.values[at], stored = m_chart.m_block.stored[at];
    const double x = m_chart.xAxis->coordToPixel(i), width = std::max(1.0, unit * 0.62);
    const bool isChosen = i == m_chart.m_chosen;
    if (std::isfinite(value)) {
      const double top = pixelY(value), zero = pixelY(0);
      const QRectF bar(x - width / 2, std::min(top, zero), width, std::max(1.0, std::abs(zero - top)));
      painter.fillRect(bar, isChosen ? c.textMuted : mix(c.reference, c.surface, 0.4));
    }
    if (!std::isfinite(stored)) return;
    const double y = std::round(pixelY(stored)), tick = std::max(width, 3.0);
    painter.fillRect(QRectF(x - tick / 2 - 1, y - 1, tick + 2, unit > 6 ? 3 : 2), c.accent);
  }

  WeightBars& m_chart;
};

WeightBars::WeightBars(QWidget* parent) : Chart(parent) {
  new Drawing(*this);  // the chart's own
  setTitle(tr("Weights of the block"));
  xAxis->setTicker(QSharedPointer<IndexTicker>::create());
  yAxis->ticker()->setTickCount(4);
  setAxisTitles({}, {});  // the page around it says both
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  yAxis->grid()->setVisible(false);
}

void WeightBars::setBlock(Block block) {
  const bool isOther = block.values.size() != m_block.values.size() || block.firstIndex != m_block.firstIndex;
  m_block = std::move(block);
  if (isOther) xAxis->setRange(-0.75, static_cast<double>(m_block.values.size()) - 0.25);
  if (m_chosen >= static_cast<int>(m_block.values.size())) m_chosen = -1;
  fit();
  replot(QCustomPlot::rpQueuedReplot);
}

// While a hand holds a bar the picture grows with it but never shrinks under it.
void WeightBars::fit() {
  double low = 0, high = 0;
  const auto include = [&](const std::vector<double>& numbers) {
    for (const double value : numbers)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  };
  include(m_block.values);
  include(m_block.stored);
  // Levels beyond the weights are shown where they are near: those of floats without a scale go on to 10³⁸.
  const double reach = (high - low) * kNearLevels, bottom = low - reach, top = high + reach;
  for (const Levels& group : m_block.levels)
    for (const double level : group.values)
      if (level >= bottom && level <= top) low = std::min(low, level), high = std::max(high, level);
  const double room = std::max(high - low, 1e-30) * 0.06;
  QCPRange range(low - room, high + room);
  if (m_moving) range.expand(m_fitted);
  m_fitted = range;
  yAxis->setRange(range);
  rememberHome();
}

void WeightBars::setChosen(int index) {
  if (m_chosen == index) return;
  m_chosen = index;
  replot(QCustomPlot::rpQueuedReplot);
}

QPointF WeightBars::barEnd(int index) const {
  return {xAxis->coordToPixel(index), yAxis->coordToPixel(m_block.values[static_cast<std::size_t>(index)])};
}

int WeightBars::indexAt(double x) const {
  const double nearest = std::round(x);
  return nearest >= 0 && nearest < static_cast<double>(m_block.values.size()) ? static_cast<int>(nearest) : -1;
}

void WeightBars::choose(int index) {
  if (index < 0 || index == m_chosen) return;
  setChosen(index);
  Q_EMIT barChosen(index);
}

void WeightBars::mousePressEvent(QMouseEvent* event) {
  const int index = indexAt(toCoordinates(event->position()).x());
  m_pressed = event->button() == Qt::LeftButton && index >= 0 && axisRect()->rect().contains(event->pos());
  if (m_pressed) {
    setInteraction(QCP::iRangeDrag, false);  // the bar moves, not the picture
    choose(index);
    m_pressedPixel = event->position();
    m_valueAtPress = m_block.values[static_cast<std::size_t>(index)];
    m_unitsPerPixel = yAxis->range().size() / std::max(1, axisRect()->height());
  }
  Chart::mousePressEvent(event);
}

void WeightBars::mouseMoveEvent(QMouseEvent* event) {
  Chart::mouseMoveEvent(event);
  if (!m_pressed || !event->buttons().testFlag(Qt::LeftButton)) return;
  const double distance = m_pressedPixel.y() - event->position().y();
  if (!m_moving) {
    if (std::abs(distance) < QGuiApplication::styleHints()->startDragDistance()) return;
    m_moving = true;
    Q_EMIT moveBegan();
  }
  Q_EMIT barMoved(m_chosen, m_valueAtPress + distance * m_unitsPerPixel);
}

void WeightBars::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  m_pressed = false;
  setInteraction(QCP::iRangeDrag, true);
  if (!std::exchange(m_moving, false)) return;
  Q_EMIT moveEnded();
  fit();
  replot(QCustomPlot::rpQueuedReplot);
}

bool WeightBars::activatedAt(QPointF at) {
  const int index = indexAt(at.x());
  if (index < 0) return false;
  Q_EMIT barActivated(index);
  return true;
}

void WeightBars::nudge(double share) {
  if (m_chosen < 0) return;
  const double value = m_block.values[static_cast<std::size_t>(m_chosen)];
  Q_EMIT barMoved(m_chosen, value + share * yAxis->range().size());
}

void WeightBars::keyPressEvent(QKeyEvent* event) {
  const int last = static_cast<int>(m_block.values.size()) - 1;
  const double step = event->modifiers().testFlag(Qt::ShiftModifier) ? kFarNudge : kNudge;
  switch (event->key()) {
    case Qt::Key_Left:
      return choose(std::max(m_chosen - 1, 0));
    case Qt::Key_Right:
      return choose(std::min(m_chosen + 1, last));
    case Qt::Key_Home:
      return choose(0);
    case Qt::Key_End:
      return choose(last);
    case Qt::Key_Up:
      return nudge(step);
    case Qt::Key_Down:
      return nudge(-step);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (m_chosen >= 0) Q_EMIT barActivated(m_chosen);
      return;
    default:
      Chart::keyPressEvent(event);
  }
}

std::optional<QString> WeightBars::readout(QPointF at) const {
  const int index = indexAt(at.x());
  if (index < 0) return std::nullopt;
  const double value = m_block.values[static_cast<std::size_t>(index)];
  const double stored = m_block.stored[static_cast<std::size_t>(index)];
  return tr("weight %1: %2\nstored %3, error %4\ndrag it up or down to move it")
      .arg(m_block.number(static_cast<std::size_t>(index)))
      .arg(text::number(value, 5), text::number(stored, 5), text::number(stored - value, 3));
}

ChartTable WeightBars::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("weight"), QStringLiteral("value"), QStringLiteral("stored")};
  for (std::size_t i = 0; i < m_block.values.size(); ++i)
    result.rows.push_back({static_cast<double>(m_block.number(i)), m_block.values[i], m_block.stored[i]});
  return result;
}

std::vector<ChartLegendEntry> WeightBars::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("weight"), mix(c.reference, c.surface, 0.4)},
          {tr("what is stored"), c.accent},
          {tr("levels"), mix(c.accent, c.surface, 0.68)}};
}

}  // namespace app
