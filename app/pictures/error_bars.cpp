#include "app/pictures/error_bars.h"

#include <algorithm>
#include <cmath>

#include "app/pictures/metric_text.h"
#include "app/plots/text_layer.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kRoomForText = 0.4;  ///< of the range, for the value inside the shortest bar
constexpr double kShown = 16.5;       ///< bars that fit with readable labels; the rest is a drag away
}  // namespace

ErrorBars::ErrorBars(QWidget* parent)
    : Chart(parent),
      m_plain(new QCPBars(yAxis, xAxis)),
      m_marked(new QCPBars(yAxis, xAxis)),
      m_texts(new TextLayer(this, xAxis, yAxis, Qt::AlignRight)) {
  setTitle(tr("Layers sorted by error"));
  for (QCPBars* bars : {m_plain, m_marked}) {
    bars->setWidthType(QCPBars::wtPlotCoords);
    bars->setWidth(0.72);
  }
  yAxis->setRangeReversed(true);
  yAxis->setTickLength(0, 0);
  xAxis->ticker()->setTickCount(3);
  axisRect()->setRangeZoom(Qt::Vertical);
  axisRect()->setRangeDrag(Qt::Vertical);
  applyColors();
}

void ErrorBars::setData(std::vector<Bar> bars, core::metrics::Metric metric, const QColor& color) {
  m_bars = std::move(bars);
  m_metric = metric;
  m_color = color;
  const bool ascending = largerIsBetter(metric);
  std::stable_sort(m_bars.begin(), m_bars.end(), [ascending](const Bar& a, const Bar& b) {
    return ascending ? a.value < b.value : a.value > b.value;
  });
  setAxisTitles(metricTitle(metric), {});
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  double low = 0, high = 0;
  for (std::size_t i = 0; i < m_bars.size(); ++i) {
    ticker->addTick(static_cast<double>(i), m_bars[i].label);
    low = i == 0 ? m_bars[i].value : std::min(low, m_bars[i].value);
    high = i == 0 ? m_bars[i].value : std::max(high, m_bars[i].value);
  }
  yAxis->setTicker(ticker);
  // Zero means nothing for decibels, and cosine similarities are all near 1: their bars start where they differ, and
  // the axis and the values say so.
  const double start = largerIsBetter(metric) ? low - kRoomForText * std::max(high - low, 1e-9) : std::min(0.0, low);
  m_start = start;
  m_plain->setBaseValue(start);
  m_marked->setBaseValue(start);
  xAxis->setRange(start, high + 0.04 * std::max(high - start, 1e-30));
  yAxis->setRange(-0.5, std::min(static_cast<double>(m_bars.size()) - 0.5, kShown));
  rememberHome();
  draw();
}

void ErrorBars::setSelected(int row) {
  m_selected = row;
  draw();
}

void ErrorBars::draw() {
  QVector<double> keys, values, markedKeys, markedValues;
  for (std::size_t i = 0; i < m_bars.size(); ++i) {
    const bool marked = m_bars[i].row == m_selected;
    (marked ? markedKeys : keys).append(static_cast<double>(i));
    (marked ? markedValues : values).append(m_bars[i].value - m_start);  // QCustomPlot adds the base
  }
  labelBars();
  m_plain->setData(keys, values, true);
  m_marked->setData(markedKeys, markedValues, true);
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void ErrorBars::labelBars() {
  std::vector<TextLayer::Entry> entries;
  for (std::size_t i = 0; i < m_bars.size(); ++i) {
    const QColor ground = m_bars[i].row == m_selected ? barColor() : plainColor();
    entries.push_back({QPointF(m_bars[i].value, static_cast<double>(i)), metricFigure(m_metric, m_bars[i].value),
                       TextLayer::inkOn(ground)});
  }
  m_texts->setEntries(std::move(entries));
}

QColor ErrorBars::barColor() const { return m_color.isValid() ? m_color : Theme::instance().colors().reference; }

QColor ErrorBars::plainColor() const { return mix(Theme::instance().colors().surface, barColor(), 0.62); }

void ErrorBars::applyColors() {
  const ThemeColors& colors = Theme::instance().colors();
  if (m_plain == nullptr || m_marked == nullptr) return;
  m_plain->setPen(Qt::NoPen);
  m_plain->setBrush(plainColor());
  m_marked->setPen(QPen(colors.text, 1.5));
  m_marked->setBrush(barColor());
}

int ErrorBars::barAt(QPointF coordinates) const {
  const int index = static_cast<int>(std::lround(coordinates.y()));
  return index >= 0 && index < static_cast<int>(m_bars.size()) ? index : -1;
}

std::optional<QString> ErrorBars::readout(QPointF coordinates) const {
  const int index = barAt(coordinates);
  if (index < 0) return std::nullopt;
  const Bar& bar = m_bars[static_cast<std::size_t>(index)];
  return QStringLiteral("%1: %2").arg(bar.label, metricValue(m_metric, bar.value));
}

void ErrorBars::clickedAt(QPointF coordinates) {
  if (const int index = barAt(coordinates); index >= 0) Q_EMIT barClicked(m_bars[static_cast<std::size_t>(index)].row);
}

ChartTable ErrorBars::table() const {
  ChartTable result;
  result.columns = {tr("tensor"), metricTitle(m_metric)};
  for (const Bar& bar : m_bars) {
    result.rowLabels.append(bar.label);
    result.rows.push_back({bar.value});
  }
  return result;
}

}  // namespace app
