#include "app/workspaces/inspect/channel_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

ChannelChart::ChannelChart(QWidget* parent)
    : Chart(parent),
      m_high(addGraph()),
      m_low(addGraph()),
      m_sigmaHigh(addGraph()),
      m_sigmaLow(addGraph()),
      m_marks(new ColumnMarks(this)) {
  for (QCPGraph* graph : {m_high, m_low, m_sigmaHigh, m_sigmaLow}) graph->setLineStyle(QCPGraph::lsStepCenter);
  m_high->setChannelFillGraph(m_low);
  m_sigmaHigh->setChannelFillGraph(m_sigmaLow);
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  applyColors();
}

void ChannelChart::applyColors() {
  if (m_sigmaLow == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  for (QCPGraph* graph : {m_high, m_low}) graph->setPen(QPen(c.reference, 1));
  for (QCPGraph* graph : {m_sigmaHigh, m_sigmaLow}) graph->setPen(QPen(c.accent, 1));
  m_high->setBrush(mix(c.surface, c.reference, 0.25));
  m_sigmaHigh->setBrush(mix(c.surface, c.accent, 0.45));
}

void ChannelChart::setRanges(std::vector<core::metrics::ChannelRange> ranges, const QString& channelName) {
  m_ranges = std::move(ranges);
  m_name = channelName;
  setMessage({});
  setTitle(tr("Range of every %1").arg(channelName));
  setAxisTitles(channelName, tr("weight"));
  QVector<double> keys, high, low, sigmaHigh, sigmaLow;
  double top = 0;
  for (std::size_t i = 0; i < m_ranges.size(); ++i) {
    const auto& range = m_ranges[i];
    keys.append(static_cast<double>(i));
    high.append(range.max);
    low.append(range.min);
    sigmaHigh.append(range.mean + range.standardDeviation);
    sigmaLow.append(range.mean - range.standardDeviation);
    top = std::max(top, range.absMax);
  }
  m_high->setData(keys, high, true);
  m_low->setData(keys, low, true);
  m_sigmaHigh->setData(keys, sigmaHigh, true);
  m_sigmaLow->setData(keys, sigmaLow, true);
  xAxis->setRange(-0.5, static_cast<double>(std::max<std::size_t>(m_ranges.size(), 1)) - 0.5);
  yAxis->setRange(-1.06 * std::max(top, 1e-30), 1.06 * std::max(top, 1e-30));
  rememberHome();
  replot(QCustomPlot::rpQueuedReplot);
}

void ChannelChart::setMarked(std::vector<MarkedColumn> channels) {
  m_marks->setColumns(std::move(channels));
  replot(QCustomPlot::rpQueuedReplot);
}

void ChannelChart::clearData() {
  m_ranges.clear();
  for (QCPGraph* graph : {m_high, m_low, m_sigmaHigh, m_sigmaLow}) graph->data()->clear();
  replot(QCustomPlot::rpQueuedReplot);
}

int ChannelChart::channelAt(QPointF coordinates) const {
  const int channel = static_cast<int>(std::lround(coordinates.x()));
  return channel >= 0 && channel < static_cast<int>(m_ranges.size()) ? channel : -1;
}

std::optional<QString> ChannelChart::readout(QPointF coordinates) const {
  const int channel = channelAt(coordinates);
  if (channel < 0) return std::nullopt;
  const auto& range = m_ranges[static_cast<std::size_t>(channel)];
  const auto first = static_cast<std::uint64_t>(channel);
  return tr("%1 %2: %3 to %4, σ %5")
             .arg(m_name)
             .arg(channel)
             .arg(text::number(range.min, 3), text::number(range.max, 3), text::number(range.standardDeviation, 3)) +
         m_marks->readout(first, first + 1);
}

void ChannelChart::clickedAt(QPointF coordinates) {
  if (const int channel = channelAt(coordinates); channel >= 0) Q_EMIT channelClicked(static_cast<quint64>(channel));
}

ChartTable ChannelChart::table() const {
  ChartTable result;
  result.columns = {m_name, tr("min"), tr("max"), tr("mean"), tr("σ")};
  for (std::size_t i = 0; i < m_ranges.size(); ++i) {
    const auto& range = m_ranges[i];
    result.rows.push_back({static_cast<double>(i), range.min, range.max, range.mean, range.standardDeviation});
  }
  if (m_marks->columns().empty()) return result;
  result.columns << tr("largest outlier input");
  for (auto& row : result.rows) row.push_back(std::numeric_limits<double>::quiet_NaN());
  for (const MarkedColumn& mark : m_marks->columns())
    if (mark.column < result.rows.size()) result.rows[mark.column].back() = mark.magnitude;
  return result;
}

}  // namespace app
