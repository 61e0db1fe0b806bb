#include "app/workspaces/train/levels_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

double binWidth(const LevelHistogram& histogram) {
  return (histogram.high - histogram.low) / static_cast<double>(histogram.counts.size());
}

double total(const LevelHistogram& histogram) {
  double sum = 0;
  for (const std::uint32_t count : histogram.counts) sum += count;
  return std::max(sum, 1.0);
}

/// Shares of all weights in percent, and the bins' middles.
void fill(const LevelHistogram& histogram, QVector<double>& at, QVector<double>& percent) {
  const double width = binWidth(histogram), all = total(histogram);
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    at << histogram.low + (static_cast<double>(i) + 0.5) * width;
    percent << 100.0 * histogram.counts[i] / all;
  }
}

}  // namespace

LevelsChart::LevelsChart(QWidget* parent)
    : Chart(parent), m_bars(new QCPBars(xAxis, yAxis)), m_outline(addGraph()), m_levels(addGraph()) {
  setTitle(tr("Weights between their levels"));
  setObjectName(QStringLiteral("train-levels"));
  setAxisTitles(tr("weight, in parts of its group's scale"), tr("weights (%)"));
  m_bars->setWidthType(QCPBars::wtPlotCoords);
  m_outline->setLineStyle(QCPGraph::lsStepCenter);
  m_levels->setLineStyle(QCPGraph::lsImpulse);
  applyColors();
  draw();
}

void LevelsChart::show(const LevelHistogram* first, const LevelHistogram* now) {
  m_first = first == nullptr ? std::nullopt : std::optional(*first);
  m_now = now == nullptr || now->counts.empty() ? std::nullopt : std::optional(*now);
  draw();
}

void LevelsChart::draw() {
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(m_now.has_value());
  yAxis->grid()->setVisible(m_now.has_value());
  QVector<double> at, percent, firstAt, firstPercent, levels, heights;
  if (m_now) fill(*m_now, at, percent);
  if (m_now && m_first && m_first->tensor == m_now->tensor && !m_first->counts.empty())
    fill(*m_first, firstAt, firstPercent);
  double most = 0;
  for (const double value : percent + firstPercent) most = std::max(most, value);
  if (m_now) {
    m_bars->setWidth(binWidth(*m_now));
    for (const double level : m_now->levels) levels << level, heights << most * 1.08;
    xAxis->setRange(m_now->low, m_now->high);
    yAxis->setRange(0, std::max(most, 1e-9) * 1.08);
    rememberHome();
    setAccessibleDescription(tr("%1: a weight is %2 from its nearest level on average")
                                 .arg(QString::fromStdString(m_now->tensor), text::number(m_now->meanDistance, 3)));
  }
  m_bars->setData(at, percent, true);
  m_outline->setData(firstAt, firstPercent, true);
  m_levels->setData(levels, heights, true);
  replot(QCustomPlot::rpQueuedReplot);
}

void LevelsChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.accent, c.surface, 0.35));
  m_outline->setPen(QPen(c.reference, 1.2));
  QPen level(c.scale, 1.1, Qt::DotLine);
  m_levels->setPen(level);
}

std::optional<QString> LevelsChart::readout(QPointF coordinates) const {
  if (!m_now) return std::nullopt;
  const double width = binWidth(*m_now);
  const auto bin = static_cast<std::ptrdiff_t>(std::floor((coordinates.x() - m_now->low) / width));
  if (bin < 0 || bin >= static_cast<std::ptrdiff_t>(m_now->counts.size())) return std::nullopt;
  const auto index = static_cast<std::size_t>(bin);
  const double low = m_now->low + static_cast<double>(bin) * width;
  QString text = tr("%1 to %2\n%3 weights, %4")
                     .arg(text::number(low, 3), text::number(low + width, 3), text::count(m_now->counts[index]),
                          text::percent(m_now->counts[index] / total(*m_now)));
  if (m_first && index < m_first->counts.size())
    text += tr("\nbefore: %1").arg(text::percent(m_first->counts[index] / total(*m_first)));
  return text;
}

ChartTable LevelsChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("low"), QStringLiteral("high"), QStringLiteral("now"), QStringLiteral("before")};
  if (!m_now) return result;
  const double width = binWidth(*m_now);
  for (std::size_t i = 0; i < m_now->counts.size(); ++i) {
    const double low = m_now->low + static_cast<double>(i) * width;
    const bool isKnown = m_first && i < m_first->counts.size();
    result.rows.push_back({low, low + width, static_cast<double>(m_now->counts[i]),
                           isKnown ? static_cast<double>(m_first->counts[i]) : std::nan("")});
  }
  return result;
}

std::vector<ChartLegendEntry> LevelsChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("now"), mix(c.accent, c.surface, 0.35)}, {tr("before training"), c.reference}, {tr("levels"), c.scale}};
}

}  // namespace app
