#include "app/workspaces/quantize/inputs_chart.h"

#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr std::size_t kBars = 128;
constexpr double kLeast = 0.6;  ///< below one value, on the logarithmic axis

/// Up and down an item goes over all of the axes.
void fillHeight(QCPAxisRect* rect, std::initializer_list<QCPItemPosition*> positions) {
  for (QCPItemPosition* position : positions) {
    position->setAxisRect(rect);
    position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  }
}

}  // namespace

InputsChart::InputsChart(QWidget* parent)
    : Chart(parent), m_strip(*this), m_bars(new QCPBars(xAxis, yAxis)), m_thresholdName(new QCPItemText(this)) {
  setTitle(tr("Inputs of the layer and the ranges of their codes"));
  setAxisTitles(tr("input x"), tr("count"));
  yAxis->setScaleType(QCPAxis::stLogarithmic);
  yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  yAxis->ticker()->setTickCount(3);
  yAxis->setNumberFormat(QStringLiteral("eb"));
  yAxis->setNumberPrecision(0);
  QCPAxisRect* rect = xAxis->axisRect();
  rect->setRangeZoom(Qt::Horizontal);
  rect->setRangeDrag(Qt::Horizontal);
  for (int side = 0; side < 2; ++side) {
    m_beyond[side] = new QCPItemRect(this);
    m_ends[side] = new QCPItemLine(this);
    m_thresholds[side] = new QCPItemLine(this);
    for (QCPAbstractItem* item :
         std::initializer_list<QCPAbstractItem*>{m_beyond[side], m_ends[side], m_thresholds[side]})
      item->setClipAxisRect(rect);
    for (QCPItemLine* line : {m_ends[side], m_thresholds[side]}) fillHeight(rect, {line->start, line->end});
    fillHeight(rect, {m_beyond[side]->topLeft, m_beyond[side]->bottomRight});
    m_beyond[side]->bottomRight->setTypeX(QCPItemPosition::ptAxisRectRatio);
    m_beyond[side]->bottomRight->setCoords(side, 1);
  }
  fillHeight(rect, {m_thresholdName->position});
  m_thresholdName->setClipAxisRect(rect);
  m_thresholdName->setPadding(QMargins(4, 0, 4, 0));
  markChosen();
}

void InputsChart::setInputs(const core::quant::InputHistogram& inputs, const core::calibrate::InputStudy& study,
                            const QStringList& names) {
  const auto low = static_cast<double>(std::min(inputs.min, study.inputs.min));
  const auto high = static_cast<double>(std::max(inputs.max, study.inputs.max));
  const double width = std::max(high - low, 1e-30) / static_cast<double>(kBars);
  count(inputs, low, width);
  m_ranges.clear();
  for (std::size_t i = 0; i < study.ranges.size(); ++i) {
    const auto& range = study.ranges[i];
    m_ranges.push_back({names[static_cast<int>(i)], static_cast<double>(range.range.low),
                        static_cast<double>(range.range.high), range.how.isStatic()});
  }
  m_strip.setRanges(study, names);
  const double tallest = std::max(1.0, *std::max_element(m_counts.begin(), m_counts.end()));
  xAxis->setRange(low - 4 * width, high + 4 * width);
  yAxis->setRange(kLeast, 3 * tallest);
  rememberHome();
  markChosen();
}

void InputsChart::count(const core::quant::InputHistogram& inputs, double low, double width) {
  m_edges.clear();
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
}

void InputsChart::setThreshold(double threshold) {
  m_threshold = threshold;
  markChosen();
}

void InputsChart::setChosen(int range) {
  m_chosen = range;
  m_strip.setChosen(range);
  markChosen();
}

/// The ends of the chosen range, and what lies beyond them.
void InputsChart::markChosen() {
  const bool isThere = m_chosen >= 0 && static_cast<std::size_t>(m_chosen) < m_ranges.size();
  const Range range = isThere ? m_ranges[static_cast<std::size_t>(m_chosen)] : Range();
  for (int side = 0; side < 2; ++side) {
    const double end = side == 0 ? range.low : range.high, threshold = side == 0 ? -m_threshold : m_threshold;
    m_ends[side]->start->setCoords(end, 1);
    m_ends[side]->end->setCoords(end, 0);
    m_beyond[side]->topLeft->setCoords(end, 0);
    m_thresholds[side]->start->setCoords(threshold, 1);
    m_thresholds[side]->end->setCoords(threshold, 0);
    m_ends[side]->setVisible(isThere && range.isStatic);
    m_beyond[side]->setVisible(isThere && range.isStatic);
    m_thresholds[side]->setVisible(m_threshold > 0);
  }
  m_thresholdName->setText(tr("threshold %1").arg(text::trimmed(m_threshold, 3)));
  // On the side that has room for it.
  const bool isRight = xAxis->range().upper + xAxis->range().lower > 0;
  m_thresholdName->position->setCoords(isRight ? m_threshold : -m_threshold, 0);
  m_thresholdName->setPositionAlignment((isRight ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignTop);
  m_thresholdName->setVisible(m_threshold > 0);
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void InputsChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  styleAxis(m_strip.nameAxis());
  m_strip.applyColors();
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.reference, c.surface, 0.35));
  QColor beyond = c.error;
  beyond.setAlphaF(0.12F);
  for (int side = 0; side < 2; ++side) {
    m_ends[side]->setPen(QPen(m_strip.colorOf(m_chosen), 1.6));
    m_beyond[side]->setPen(Qt::NoPen);
    m_beyond[side]->setBrush(beyond);
    m_thresholds[side]->setPen(QPen(c.text, 1.2, Qt::DashLine));
  }
  m_thresholdName->setColor(c.text);
  m_thresholdName->setFont(Theme::instance().textFont(-1.5));
}

void InputsChart::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  const int range = m_strip.rangeAt(event->position());
  if (event->button() == Qt::LeftButton && range >= 0) Q_EMIT rangeChosen(range);
}

bool InputsChart::isReadAt(QPointF pixel) const { return xAxis->axisRect()->rect().contains(pixel.toPoint()); }

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
  std::vector<ChartLegendEntry> entries{{tr("inputs"), mix(theme.colors().reference, theme.colors().surface, 0.35)}};
  for (std::size_t i = 0; i < m_ranges.size(); ++i)
    entries.push_back({m_ranges[i].name, m_strip.colorOf(static_cast<int>(i))});
  return entries;
}

}  // namespace app
