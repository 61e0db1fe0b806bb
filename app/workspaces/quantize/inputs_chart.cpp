#include "app/workspaces/quantize/inputs_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr std::size_t kBars = 128;
constexpr double kFewTokens = 0.05;  ///< the band leaves out as many tokens at either end
constexpr double kLeast = 0.6;       ///< below one value, on the logarithmic axis
}  // namespace

InputsChart::InputsChart(QWidget* parent) : Chart(parent), m_bars(new QCPBars(xAxis, yAxis)) {
  setTitle(tr("Inputs of the layer and the ranges of static codes"));
  setAxisTitles(tr("input"), tr("count"));
  yAxis->setScaleType(QCPAxis::stLogarithmic);
  yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  yAxis->setNumberFormat(QStringLiteral("eb"));
  yAxis->setNumberPrecision(0);
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  for (int i = 0; i < 2; ++i) {
    m_band.push_back(new QCPItemRect(this));
    m_band.back()->setVisible(false);
  }
  applyColors();
}

void InputsChart::setInputs(const core::quant::InputHistogram& inputs, const core::calibrate::InputStudy& study,
                            const QStringList& names) {
  m_edges.clear();
  m_counts.clear();
  const double low = static_cast<double>(std::min(inputs.min, study.inputs.min));
  const double high = static_cast<double>(std::max(inputs.max, study.inputs.max));
  const double width = std::max(high - low, 1e-30) / static_cast<double>(kBars);
  for (std::size_t bar = 0; bar < kBars; ++bar) m_edges.push_back(low + width * static_cast<double>(bar));
  m_counts.assign(kBars, 0);
  for (std::size_t i = 0; i < inputs.counts.size(); ++i) {
    const double middle =
        (static_cast<double>(i) + 0.5) * static_cast<double>(inputs.binWidth()) - static_cast<double>(inputs.limit);
    const double bar = std::clamp((middle - low) / width, 0.0, static_cast<double>(kBars - 1));
    m_counts[static_cast<std::size_t>(bar)] += static_cast<double>(inputs.counts[i]);
  }
  QVector<double> centres, heights;
  for (std::size_t bar = 0; bar < kBars; ++bar) {
    if (m_counts[bar] <= 0) continue;
    centres << m_edges[bar] + width / 2;
    heights << m_counts[bar];
  }
  m_bars->setWidth(width);
  m_bars->setBaseValue(kLeast);
  m_bars->setData(centres, heights, true);
  const double tallest = std::max(1.0, *std::max_element(m_counts.begin(), m_counts.end()));
  xAxis->setRange(low - 4 * width, high + 4 * width);
  // Room above the bars for the ranges' names.
  yAxis->setRange(kLeast, std::pow(tallest, 1.9));
  rememberHome();
  drawRanges(study, names);
  setMessage({});
  replot(QCustomPlot::rpQueuedReplot);
}

void InputsChart::drawRanges(const core::calibrate::InputStudy& study, const QStringList& names) {
  for (const Range& range : m_ranges)
    for (QCPAbstractItem* item : std::initializer_list<QCPAbstractItem*>{range.left, range.right, range.text})
      removeItem(item);
  m_ranges.clear();
  m_bandLow = static_cast<double>(study.magnitudeOf(kFewTokens));
  m_bandHigh = static_cast<double>(study.magnitudeOf(1 - kFewTokens));
  for (int side = 0; side < 2; ++side) {
    QCPItemRect* band = m_band[static_cast<std::size_t>(side)];
    const double sign = side == 0 ? -1 : 1;
    for (QCPItemPosition* position : {band->topLeft, band->bottomRight}) {
      position->setTypeX(QCPItemPosition::ptPlotCoords);
      position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    }
    band->topLeft->setCoords(sign * (side == 0 ? m_bandHigh : m_bandLow), 0);
    band->bottomRight->setCoords(sign * (side == 0 ? m_bandLow : m_bandHigh), 1);
    band->setVisible(true);
  }
  const double rows = static_cast<double>(study.ranges.size());
  for (std::size_t i = 0; i < study.ranges.size(); ++i) {
    const auto& found = study.ranges[i];
    if (!found.how.isStatic()) continue;  // the band
    Range range{names[static_cast<int>(i)],
                static_cast<double>(found.range.low),
                static_cast<double>(found.range.high),
                false,
                new QCPItemLine(this),
                new QCPItemLine(this),
                new QCPItemText(this)};
    const double height = 0.05 + 0.11 * (static_cast<double>(i) / std::max(1.0, rows - 1)) * 3;
    for (const auto& [line, at] : {std::pair(range.left, range.low), std::pair(range.right, range.high)}) {
      for (QCPItemPosition* position : {line->start, line->end}) position->setTypeY(QCPItemPosition::ptAxisRectRatio);
      line->start->setCoords(at, height);
      line->end->setCoords(at, 1);
    }
    range.text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    range.text->position->setCoords(range.high, height);
    range.text->setPositionAlignment(Qt::AlignRight | Qt::AlignVCenter);
    range.text->setPadding(QMargins(0, 0, 6, 0));
    range.text->setText(range.name);
    m_ranges.push_back(range);
  }
  applyColors();
}

void InputsChart::setChosen(int range) {
  m_chosen = range;
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void InputsChart::clearData() {
  m_counts.clear();
  m_edges.clear();
  m_bars->data()->clear();
  for (QCPItemRect* band : m_band) band->setVisible(false);
  drawRanges({}, {});
  for (QCPItemRect* band : m_band) band->setVisible(false);
  replot(QCustomPlot::rpQueuedReplot);
}

void InputsChart::applyColors() {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.reference, c.surface, 0.35));
  QColor band = c.scale;
  band.setAlphaF(0.16F);
  for (QCPItemRect* item : m_band) {
    item->setPen(Qt::NoPen);
    item->setBrush(band);
  }
  for (std::size_t i = 0; i < m_ranges.size(); ++i) {
    const QColor color = theme.seriesColor(static_cast<int>(i));
    const bool isChosen = static_cast<int>(i) == m_chosen;
    for (QCPItemLine* line : {m_ranges[i].left, m_ranges[i].right})
      line->setPen(QPen(color, isChosen ? 2.4 : 1.3, Theme::penStyle(static_cast<int>(i) * kSeriesColors)));
    m_ranges[i].text->setColor(c.text);
    m_ranges[i].text->setFont(theme.textFont(-1, isChosen ? QFont::DemiBold : QFont::Normal));
  }
}

std::optional<QString> InputsChart::readout(QPointF at) const {
  if (m_counts.empty()) return std::nullopt;
  const double width = m_edges[1] - m_edges[0], place = (at.x() - m_edges[0]) / width;
  if (place < 0 || place >= static_cast<double>(kBars)) return std::nullopt;
  const auto bar = static_cast<std::size_t>(place);
  return tr("inputs from %1 to %2: %3")
      .arg(text::number(m_edges[bar], 3), text::number(m_edges[bar] + width, 3),
           text::count(static_cast<std::uint64_t>(m_counts[bar])));
}

ChartTable InputsChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("from"), QStringLiteral("to"), QStringLiteral("count")};
  for (std::size_t bar = 0; bar < m_counts.size(); ++bar)
    result.rows.push_back({m_edges[bar], m_edges[bar] + m_edges[1] - m_edges[0], m_counts[bar]});
  return result;
}

std::vector<ChartLegendEntry> InputsChart::legend() const {
  const Theme& theme = Theme::instance();
  std::vector<ChartLegendEntry> entries{{tr("inputs"), mix(theme.colors().reference, theme.colors().surface, 0.35)},
                                        {tr("ranges of single tokens"), theme.colors().scale}};
  for (std::size_t i = 0; i < m_ranges.size(); ++i)
    entries.push_back({m_ranges[i].name, theme.seriesColor(static_cast<int>(i))});
  return entries;
}

}  // namespace app
