#include "app/pictures/weight_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr Length kLevelRowHeight{19}, kLeastRowHeight{12};
constexpr Length kAxisHeight{46}, kAxisHeightWithoutLabel{26};
constexpr QSize kLeastPlot(80, 66);      // of the bars: below that a histogram says little
constexpr int kValueRoom = 64;           ///< pixels between names of values, at 100 %
constexpr int kTickRoom = 24;            ///< pixels between names of counts
constexpr float kOverlayGround = 0.12F;  // how dense its ground is: bars stay readable through it
constexpr double kRowFont = -1.5, kSmallRowFont = -3;
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
      m_markedLine(new QCPItemStraightLine(this)),
      m_meanText(new QCPItemText(this)),
      m_lowText(new QCPItemText(this)),
      m_highText(new QCPItemText(this)) {
  setTitle(tr("Histogram of the weights"));
  m_levelCaption = tr("weight · ticks: every level of the block named at the right");
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
  QCPAxis* blocks = m_levelRect->axis(QCPAxis::atRight);
  blocks->setVisible(true);
  blocks->setTickLength(0, 0);
  blocks->setBasePen(Qt::NoPen);
  blocks->setRangeReversed(true);
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
  for (QCPItemText* text : {m_meanText, m_lowText, m_highText}) {
    text->setClipToAxisRect(true);
    text->position->setTypeX(QCPItemPosition::ptPlotCoords);
    text->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    text->setPadding(QMargins(3, 1, 3, 1));
  }
  connect(this, &QCustomPlot::afterLayout, this, [this, levelX] {
    yAxis->ticker()->setTickCount(std::clamp(axisRect()->height() / kTickRoom, 2, 5));
    const int values = std::clamp(axisRect()->width() / Theme::instance().px(kValueRoom), 1, 5);
    for (QCPAxis* axis : {xAxis, levelX}) axis->ticker()->setTickCount(values);
    placeLabels();
  });
  drawLevels();
  applyColors();
}

void WeightHistogram::applyColors() {
  if (m_highText == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  for (QCPAxis* axis : m_levelRect->axes()) styleAxis(axis);
  for (const auto side : {QCPAxis::atLeft, QCPAxis::atRight}) {
    m_levelRect->axis(side)->setTickLength(0, 0);
    m_levelRect->axis(side)->setBasePen(Qt::NoPen);
  }
  m_levelRect->axis(QCPAxis::atRight)->grid()->setVisible(false);
  m_levelRect->axis(QCPAxis::atRight)->setTickLabelColor(c.textFaint);
  m_levelRect->axis(QCPAxis::atLeft)->grid()->setVisible(false);
  m_levelRect->axis(QCPAxis::atBottom)->grid()->setVisible(false);
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.surface, c.reference, 0.62));
  m_rug->setPen(QPen(c.sign, 1));
  m_mean->setPen(QPen(c.textFaint, 1));
  for (QCPItemStraightLine* line : {m_lowSigma, m_highSigma}) line->setPen(QPen(c.textFaint, 1, Qt::DashLine));
  m_markedLine->setPen(QPen(c.accent, 2));
  for (QCPItemText* text : {m_meanText, m_lowText, m_highText}) {
    text->setFont(Theme::instance().textFont(-2));
    text->setColor(c.textMuted);
    QColor ground = c.surface;
    ground.setAlphaF(0.8F);
    text->setBrush(ground);
    text->setPen(Qt::NoPen);
  }
  for (QCPItemText* note : m_levelNotes) note->setColor(c.textFaint);
  sizeLevelRows();
  if (!m_overlay) return;
  QColor ground = m_overlay->color;
  ground.setAlphaF(kOverlayGround);
  m_overlayGraph->setPen(QPen(m_overlay->color, 1.5, m_overlay->line));
  m_overlayGraph->setBrush(ground);
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
  m_levels.clear();
  m_marked = kNone;
  drawLevels();
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
  yAxis->setRange(m_logarithmic ? 0.7 : 0, highest * (m_logarithmic ? 4 : 1.16));  // the labels stand above the bars
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
  const auto label = [any](QCPItemText* text, double x, const QString& what, Qt::Alignment side) {
    text->position->setCoords(x, 0.0);
    text->setPositionAlignment(side | Qt::AlignTop);
    text->setText(any ? what : QString());
  };
  const double reach = 6 * stats.standardDeviation;
  label(m_meanText, stats.mean, tr("mean %1").arg(text::number(stats.mean, 2)), Qt::AlignHCenter);
  label(m_lowText, stats.mean - reach, tr("−6σ  %1").arg(text::number(stats.mean - reach, 3)), Qt::AlignRight);
  label(m_highText, stats.mean + reach, tr("+6σ  %1").arg(text::number(stats.mean + reach, 3)), Qt::AlignLeft);
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

void WeightHistogram::placeLabels() {
  const QFontMetricsF metrics(m_meanText->font());
  const auto extent = [&](const QCPItemText* text) { return metrics.horizontalAdvance(text->text()) + 8; };
  const auto pixel = [&](const QCPItemText* text) { return xAxis->coordToPixel(text->position->key()); };
  const QRect plot = axisRect()->rect();
  for (QCPItemText* text : {m_meanText, m_lowText, m_highText}) text->setVisible(!text->text().isEmpty());
  // At the edge of the plot a label stands on the inner side of its line.
  if (pixel(m_lowText) - extent(m_lowText) < plot.left()) m_lowText->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
  if (pixel(m_highText) + extent(m_highText) > plot.right())
    m_highText->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
  const auto left = [&](const QCPItemText* text) {
    const auto side = text->positionAlignment();
    const double wide = extent(text);
    return pixel(text) - (side.testFlag(Qt::AlignRight) ? wide : side.testFlag(Qt::AlignHCenter) ? wide / 2 : 0);
  };
  // A line outside the plot would leave its label behind in it.
  for (QCPItemText* text : {m_meanText, m_lowText, m_highText})
    if (pixel(text) < plot.left() || pixel(text) > plot.right()) text->setVisible(false);
  // In a narrow plot one of both says how wide the six sigmas are.
  if (m_lowText->visible() && m_highText->visible() && left(m_lowText) + extent(m_lowText) > left(m_highText))
    m_lowText->setVisible(false);
  const double middle = left(m_meanText), end = middle + extent(m_meanText);
  if ((m_lowText->visible() && left(m_lowText) + extent(m_lowText) > middle) ||
      (m_highText->visible() && left(m_highText) < end))
    m_meanText->setVisible(false);
}

void WeightHistogram::setLevels(std::vector<Levels> levels) {
  m_levels = std::move(levels);
  drawLevels();
  replot(QCustomPlot::rpQueuedReplot);
}

void WeightHistogram::drawLevelRow(int row, const Levels& levels) {
  QCPAxis* x = m_levelRect->axis(QCPAxis::atBottom);
  QCPAxis* y = m_levelRect->axis(QCPAxis::atLeft);
  QCPGraph* graph = addGraph(x, y);
  graph->setLineStyle(QCPGraph::lsNone);
  graph->setPen(QPen(levels.color, 1.6));
  const QVector<double> values(levels.values.begin(), levels.values.end());
  graph->setData(values, QVector<double>(values.size(), static_cast<double>(row)), true);
  m_levelGraphs.push_back(graph);
  if (levels.note.isEmpty()) return;
  auto* note = new QCPItemText(this);
  note->setClipToAxisRect(true);
  note->setClipAxisRect(m_levelRect);
  note->position->setAxisRect(m_levelRect);
  note->position->setAxes(x, y);
  note->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
  note->position->setTypeY(QCPItemPosition::ptPlotCoords);
  note->position->setCoords(0.01, row);
  note->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  note->setFont(Theme::instance().textFont(-1.5));
  note->setText(levels.note);
  note->setColor(Theme::instance().colors().textFaint);
  m_levelNotes.push_back(note);
}

void WeightHistogram::drawLevels() {
  for (QCPGraph* graph : m_levelGraphs) removeGraph(graph);
  for (QCPItemText* note : m_levelNotes) removeItem(note);
  m_levelGraphs.clear();
  m_levelNotes.clear();
  QSharedPointer<QCPAxisTickerText> names(new QCPAxisTickerText), blocks(new QCPAxisTickerText);
  for (std::size_t i = 0; i < m_levels.size(); ++i) {
    names->addTick(static_cast<double>(i), m_levels[i].scheme);
    if (m_levels[i].note.isEmpty()) blocks->addTick(static_cast<double>(i), m_levels[i].block);
    drawLevelRow(static_cast<int>(i), m_levels[i]);
  }
  const int rows = std::max<int>(static_cast<int>(m_levels.size()), 1);
  m_levelRect->axis(QCPAxis::atLeft)->setTicker(names);
  m_levelRect->axis(QCPAxis::atRight)->setTicker(blocks);
  for (const auto side : {QCPAxis::atLeft, QCPAxis::atRight}) m_levelRect->axis(side)->setRange(-0.6, rows - 0.4);
  sizeLevelRows();
}

void WeightHistogram::sizeLevelRows() {
  const int rows = std::max<int>(static_cast<int>(m_levels.size()), 1);
  const Theme& theme = Theme::instance();
  const int least = kLeastRowHeight, usual = kLevelRowHeight, axis = kAxisHeight, bareAxis = kAxisHeightWithoutLabel,
            above = kLeastPlot.height() + kTight.top();
  setMinimumHeight(above + rows * least + bareAxis);
  const bool cramped = height() < above + rows * usual + axis;
  const int room = height() - above - (cramped ? bareAxis : axis);
  const int rowHeight = std::clamp(room / rows, least, usual);
  QCPAxis* x = m_levelRect->axis(QCPAxis::atBottom);
  x->setLabel(cramped ? QString() : m_levels.empty() ? tr("weight") : m_levelCaption);
  const QFont font = theme.textFont(rowHeight < usual - theme.px(3) ? kSmallRowFont : kRowFont);
  for (const auto side : {QCPAxis::atLeft, QCPAxis::atRight}) m_levelRect->axis(side)->setTickLabelFont(font);
  for (QCPItemText* note : m_levelNotes) note->setFont(font);
  QPainterPath tick;
  tick.moveTo(0, -rowHeight / 4.0);
  tick.lineTo(0, rowHeight / 4.0);
  for (QCPGraph* graph : m_levelGraphs) graph->setScatterStyle(QCPScatterStyle(tick, graph->pen()));
  m_levelRect->setMinimumSize(80, rows * rowHeight);  // of the plotting area; the axis comes on top
  m_levelRect->setMaximumSize(QWIDGETSIZE_MAX, rows * rowHeight);
}

void WeightHistogram::resizeEvent(QResizeEvent* event) {
  sizeLevelRows();
  Chart::resizeEvent(event);
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
  if (m_overlay && index < m_overlay->histogram.counts.size()) text += u'\n' + overlayReadout(index);
  return text;
}

QString WeightHistogram::overlayReadout(std::size_t bin) const {
  const std::uint64_t here = m_overlay->histogram.counts[bin], stored = m_summary.histogram.counts[bin];
  const QString text = tr("%1: %2 weights").arg(m_overlay->scheme, text::count(here));
  if (here == stored) return tr("%1, as many").arg(text);
  return here > stored ? tr("%1, %2 more").arg(text, text::count(here - stored))
                       : tr("%1, %2 fewer").arg(text, text::count(stored - here));
}

void WeightHistogram::clickedAt(QPointF coordinates) {
  const int bin = binAt(coordinates.x());
  if (bin < 0) return;
  Q_EMIT binClicked(m_summary.histogram.edge(static_cast<std::size_t>(bin)),
                    m_summary.histogram.edge(static_cast<std::size_t>(bin) + 1));
}

bool WeightHistogram::activatedAt(QPointF coordinates) {
  const int bin = binAt(coordinates.x());
  if (bin < 0 || m_summary.histogram.counts[static_cast<std::size_t>(bin)] == 0) return false;
  Q_EMIT binActivated(m_summary.histogram.edge(static_cast<std::size_t>(bin)),
                      m_summary.histogram.edge(static_cast<std::size_t>(bin) + 1));
  return true;
}

std::vector<ChartLegendEntry> WeightHistogram::legend() const {
  std::vector<ChartLegendEntry> entries{{tr("as stored"), m_bars->brush().color()}};
  if (!m_overlay) return entries;
  const auto& counts = m_overlay->histogram;
  QString text = tr("%1, laid over").arg(m_overlay->scheme);
  if (const auto beyond = counts.below + counts.above; beyond != 0)
    text = beyond == 1 ? tr("%1; one lies beyond the axis").arg(text)
                       : tr("%1; %2 of them lie beyond the axis").arg(text, text::count(beyond));
  entries.push_back({text, m_overlay->color});
  return entries;
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
