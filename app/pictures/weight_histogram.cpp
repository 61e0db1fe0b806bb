#include "app/pictures/weight_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr int kLevelRowHeight = 19;
constexpr QSize kLeastPlot(80, 84);  // of the bars: below that a histogram says little
constexpr QMargins kTight(8, 6, 8, 0);
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
}  // namespace

WeightHistogram::WeightHistogram(QWidget* parent)
    : Chart(parent),
      m_marked(kNone),
      m_levelRect(new QCPAxisRect(this)),
      m_bars(new QCPBars(xAxis, yAxis)),
      m_overlayGraph(addGraph()),
      m_rug(addGraph()),
      m_mean(new QCPItemStraightLine(this)),
      m_lowSigma(new QCPItemStraightLine(this)),
      m_highSigma(new QCPItemStraightLine(this)),
      m_markedLine(new QCPItemStraightLine(this)) {
  setTitle(tr("Histogram of the weights"));
  setAxisTitles({}, tr("weights"));
  m_overlayGraph->setLineStyle(QCPGraph::lsStepCenter);
  m_rug->setLineStyle(QCPGraph::lsNone);
  m_rug->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCross, 6));
  m_bars->setWidthType(QCPBars::wtPlotCoords);
  plotLayout()->addElement(1, 0, m_levelRect);
  for (QCPAxis* axis : m_levelRect->axes()) styleAxis(axis);
  QCPAxis* levelX = m_levelRect->axis(QCPAxis::atBottom);
  QCPAxis* levelY = m_levelRect->axis(QCPAxis::atLeft);
  levelX->setVisible(true);
  levelX->setLabel(tr("weight"));
  levelX->grid()->setVisible(false);
  levelY->grid()->setVisible(false);
  levelY->setTickLength(0, 0);
  levelY->setBasePen(Qt::NoPen);
  levelY->setRangeReversed(true);
  xAxis->setTickLabels(false);
  m_levelRect->setRangeZoom(Qt::Horizontal);
  m_levelRect->setRangeDrag(Qt::Horizontal);
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  plotLayout()->setRowSpacing(0);
  axisRect()->setMinimumMargins(kTight);
  axisRect()->setMinimumSize(kLeastPlot);
  m_levelRect->setMinimumMargins(kTight);
  auto* margins = new QCPMarginGroup(this);
  axisRect()->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  m_levelRect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  connect(xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), levelX,
          qOverload<const QCPRange&>(&QCPAxis::setRange));
  connect(levelX, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), xAxis,
          qOverload<const QCPRange&>(&QCPAxis::setRange));
  drawLevels();
  applyColors();
}

void WeightHistogram::applyColors() {
  if (m_markedLine == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  for (QCPAxis* axis : m_levelRect->axes()) styleAxis(axis);
  m_levelRect->axis(QCPAxis::atLeft)->setTickLength(0, 0);
  m_levelRect->axis(QCPAxis::atLeft)->setBasePen(Qt::NoPen);
  m_levelRect->axis(QCPAxis::atLeft)->grid()->setVisible(false);
  m_levelRect->axis(QCPAxis::atBottom)->grid()->setVisible(false);
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.surface, c.reference, 0.62));
  m_rug->setPen(QPen(c.sign, 1));
  m_mean->setPen(QPen(c.textFaint, 1));
  for (QCPItemStraightLine* line : {m_lowSigma, m_highSigma}) line->setPen(QPen(c.textFaint, 1, Qt::DashLine));
  m_markedLine->setPen(QPen(c.accent, 2));
  if (m_overlay) m_overlayGraph->setPen(QPen(m_overlay->color, 1.5));
}

void WeightHistogram::setSummary(const core::metrics::TensorSummary& summary, const QString& tensor) {
  m_summary = summary;
  setTitle(tr("Histogram of %1").arg(tensor));
  setMessage(summary.histogram.total() == 0 ? tr("No finite values to draw.") : QString());
  xAxis->setRange(summary.histogram.low, summary.histogram.high);
  draw();
  rememberHome();
}

void WeightHistogram::clearData() {
  m_summary = {};
  m_overlay.reset();
  m_marked = kNone;
  draw();
}

void WeightHistogram::setLogarithmic(bool logarithmic) {
  m_logarithmic = logarithmic;
  yAxis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  yAxis->setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                               : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  yAxis->ticker()->setTickCount(5);
  draw();
  rememberHome();
}

void WeightHistogram::setOverlay(std::optional<Overlay> overlay) {
  m_overlay = std::move(overlay);
  draw();
}

void WeightHistogram::setMarkedValue(double value) {
  m_marked = value;
  draw();
}

QVector<double> WeightHistogram::heights(const core::metrics::Histogram& histogram) const {
  QVector<double> values;
  for (const auto count : histogram.counts) values.append(static_cast<double>(count));
  return values;
}

void WeightHistogram::setCountRange() {
  double highest = 1;
  for (const auto count : m_summary.histogram.counts) highest = std::max(highest, static_cast<double>(count));
  // The overlay's spikes (few levels hold everything) would flatten the bars; on a linear axis they may run out of
  // sight.
  if (m_overlay && m_logarithmic) {
    for (const auto count : m_overlay->histogram.counts) highest = std::max(highest, static_cast<double>(count));
  }
  yAxis->setRange(m_logarithmic ? 0.7 : 0, highest * (m_logarithmic ? 2 : 1.06));
}

void WeightHistogram::draw() {
  const auto& histogram = m_summary.histogram;
  const std::size_t bins = histogram.counts.size();
  QVector<double> centers;
  for (std::size_t i = 0; i < bins; ++i) centers.append((histogram.edge(i) + histogram.edge(i + 1)) / 2);
  const double width = bins == 0 ? 1 : (histogram.high - histogram.low) / static_cast<double>(bins);
  m_bars->setWidth(width);
  m_bars->setBaseValue(m_logarithmic ? 0.7 : 0);
  m_bars->setData(centers, heights(histogram), true);
  m_overlayGraph->setVisible(m_overlay.has_value());
  if (m_overlay) m_overlayGraph->setData(centers, heights(m_overlay->histogram), true);
  setCountRange();

  const auto& stats = m_summary.stats;
  const auto place = [](QCPItemStraightLine* line, double x, bool shown) {
    line->point1->setCoords(x, 0.7);
    line->point2->setCoords(x, 1.7);
    line->setVisible(shown);
  };
  const bool any = bins != 0 && stats.standardDeviation > 0;
  place(m_mean, stats.mean, any);
  place(m_lowSigma, stats.mean - 6 * stats.standardDeviation, any);
  place(m_highSigma, stats.mean + 6 * stats.standardDeviation, any);
  place(m_markedLine, m_marked, std::isfinite(m_marked));
  // The rug: bins beyond 6 σ, which a linear axis would hide.
  QVector<double> rugX, rugY;
  for (int i = 0; any && i < centers.size(); ++i) {
    if (histogram.counts[static_cast<std::size_t>(i)] != 0 &&
        std::abs(centers[i] - stats.mean) > 6 * stats.standardDeviation) {
      rugX.append(centers[i]);
      rugY.append(yAxis->range().lower + (m_logarithmic ? 0.25 : 0.012 * yAxis->range().size()));
    }
  }
  m_rug->setData(rugX, rugY, true);
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void WeightHistogram::setLevels(std::vector<Levels> levels) {
  m_levels = std::move(levels);
  drawLevels();
  replot(QCustomPlot::rpQueuedReplot);
}

void WeightHistogram::drawLevels() {
  for (QCPGraph* graph : m_levelGraphs) removeGraph(graph);
  m_levelGraphs.clear();
  QCPAxis* x = m_levelRect->axis(QCPAxis::atBottom);
  QCPAxis* y = m_levelRect->axis(QCPAxis::atLeft);
  QSharedPointer<QCPAxisTickerText> names(new QCPAxisTickerText);
  for (std::size_t i = 0; i < m_levels.size(); ++i) {
    names->addTick(static_cast<double>(i), m_levels[i].scheme);
    QCPGraph* graph = addGraph(x, y);
    graph->setLineStyle(QCPGraph::lsNone);
    QPainterPath tick;
    tick.moveTo(0, -5);
    tick.lineTo(0, 5);
    graph->setScatterStyle(QCPScatterStyle(tick, QPen(m_levels[i].color, 1.6)));
    graph->setPen(QPen(m_levels[i].color, 1.6));
    QVector<double> values(m_levels[i].values.begin(), m_levels[i].values.end());
    graph->setData(values, QVector<double>(values.size(), static_cast<double>(i)));
    m_levelGraphs.push_back(graph);
  }
  y->setTicker(names);
  const int rows = std::max<int>(static_cast<int>(m_levels.size()), 1);
  y->setRange(-0.6, rows - 0.4);
  const int height = rows * kLevelRowHeight;  // of the plotting area; the axis comes on top
  m_levelRect->setMinimumSize(80, height);
  m_levelRect->setMaximumSize(QWIDGETSIZE_MAX, height);
}

int WeightHistogram::binAt(double value) const {
  const auto& histogram = m_summary.histogram;
  if (histogram.counts.empty() || value < histogram.low || value > histogram.high) return -1;
  const double bins = static_cast<double>(histogram.counts.size());
  return static_cast<int>(
      std::min(std::floor((value - histogram.low) / (histogram.high - histogram.low) * bins), bins - 1));
}

std::optional<QString> WeightHistogram::readout(QPointF coordinates) const {
  const int bin = binAt(coordinates.x());
  if (bin < 0) return std::nullopt;
  const auto index = static_cast<std::size_t>(bin);
  const auto& histogram = m_summary.histogram;
  const double share =
      static_cast<double>(histogram.counts[index]) / static_cast<double>(std::max<std::uint64_t>(histogram.total(), 1));
  QString text = tr("%1 to %2: %3 weights, %4")
                     .arg(text::number(histogram.edge(index)), text::number(histogram.edge(index + 1)),
                          text::count(histogram.counts[index]), text::percent(share, 2));
  if (m_overlay && index < m_overlay->histogram.counts.size()) {
    text += tr("\n%1: %2 weights").arg(m_overlay->scheme, text::count(m_overlay->histogram.counts[index]));
  }
  return text;
}

void WeightHistogram::clickedAt(QPointF coordinates) {
  const int bin = binAt(coordinates.x());
  if (bin < 0) return;
  Q_EMIT binClicked(m_summary.histogram.edge(static_cast<std::size_t>(bin)),
                    m_summary.histogram.edge(static_cast<std::size_t>(bin) + 1));
}

ChartTable WeightHistogram::table() const {
  ChartTable result;
  result.columns = {tr("from"), tr("to"), tr("weights")};
  if (m_overlay) result.columns.append(m_overlay->scheme);
  for (std::size_t i = 0; i < m_summary.histogram.counts.size(); ++i) {
    result.rows.push_back({m_summary.histogram.edge(i), m_summary.histogram.edge(i + 1),
                           static_cast<double>(m_summary.histogram.counts[i])});
    if (m_overlay) result.rows.back().push_back(static_cast<double>(m_overlay->histogram.counts[i]));
  }
  return result;
}

}  // namespace app
