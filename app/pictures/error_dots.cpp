#include "app/pictures/error_dots.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/pictures/metric_text.h"
#include "app/plots/text_layer.h"
#include "app/widgets/theme.h"

namespace app {

using core::metrics::Metric;

namespace {
constexpr Length kRowHeight{17};        ///< pixels a row takes at first
constexpr double kRoomForNames = 0.42;  ///< of the width
constexpr Length kDot{8};
}  // namespace

ErrorDots::ErrorDots(QWidget* parent)
    : Chart(parent),
      m_plain(addGraph(yAxis, xAxis)),
      m_marked(addGraph(yAxis, xAxis)),
      m_hollow(addGraph(yAxis, xAxis)),
      m_measured(addGraph(yAxis, xAxis)),
      m_errors(new QCPErrorBars(yAxis, xAxis)),
      m_band(new QCPItemRect(this)),
      m_texts(new TextLayer(this, xAxis, yAxis, Qt::AlignLeft)),
      m_notes(new TextLayer(this, xAxis, yAxis, Qt::AlignLeft)) {
  setTitle(tr("Matrices sorted by error"));
  for (QCPGraph* graph : {m_plain, m_marked}) graph->setLineStyle(QCPGraph::lsImpulse);
  for (QCPGraph* graph : {m_hollow, m_measured}) graph->setLineStyle(QCPGraph::lsNone);
  m_errors->setDataPlottable(m_measured);
  m_errors->setErrorType(QCPErrorBars::etValueError);
  m_errors->setWhiskerWidth(5);
  m_band->setLayer(QStringLiteral("grid"));
  m_band->topLeft->setTypeX(QCPItemPosition::ptAxisRectRatio);
  m_band->topLeft->setTypeY(QCPItemPosition::ptPlotCoords);
  m_band->bottomRight->setTypeX(QCPItemPosition::ptAxisRectRatio);
  m_band->bottomRight->setTypeY(QCPItemPosition::ptPlotCoords);
  yAxis->setRangeReversed(true);
  yAxis->setTickLength(0, 0);
  yAxis->grid()->setVisible(false);
  xAxis->grid()->setVisible(true);
  xAxis->ticker()->setTickCount(3);
  axisRect()->setRangeZoom(Qt::Vertical);
  axisRect()->setRangeDrag(Qt::Vertical);
  connect(this, &QCustomPlot::afterLayout, this, &ErrorDots::fitLayout);
  connect(yAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, &ErrorDots::labelRows);
  applyColors();
}

double ErrorDots::length(const Dot& dot) const { return m_metric == Metric::Cosine ? 1 - dot.value : dot.value; }

double ErrorDots::errorOf(const Dot& dot) { return std::isfinite(dot.error) ? dot.error : 0; }

QString ErrorDots::figureOf(const Dot& dot) const {
  const QString figure = metricFigure(m_metric, dot.value);
  return dot.beside.isEmpty() ? figure : figure + u' ' + dot.beside;
}

void ErrorDots::setData(std::vector<Dot> dots, Metric metric, const QColor& color) {
  const bool sameRows = dots.size() == m_dots.size() && metric == m_metric;
  m_dots = std::move(dots);
  m_metric = metric;
  m_color = color;
  const bool ascending = largerIsBetter(metric);
  std::stable_sort(m_dots.begin(), m_dots.end(), [ascending](const Dot& a, const Dot& b) {
    if (a.note.isEmpty() != b.note.isEmpty()) return b.note.isEmpty();
    if (!a.note.isEmpty()) return false;
    return ascending ? a.value < b.value : a.value > b.value;
  });
  setAxisTitles(metric == Metric::Cosine ? tr("1 − cosine similarity") : metricTitle(metric), {});
  m_longest = m_lowest = m_figureWidth = 0;
  const QFontMetricsF metrics(TextLayer::font());
  for (const Dot& dot : m_dots) {
    if (!dot.note.isEmpty()) continue;
    m_longest = std::max(m_longest, length(dot) + errorOf(dot));
    m_lowest = std::min(m_lowest, length(dot) - errorOf(dot));
    m_figureWidth = std::max(m_figureWidth, metrics.horizontalAdvance(figureOf(dot)));
  }
  makeRoomForFigures();
  if (!sameRows) showHome();
  labelRows();
  draw();
}

// What the size decides was drawn for the size before: once more, until it stays.
void ErrorDots::fitLayout() {
  const QCPRange before = xAxis->range();
  const std::size_t step = m_labelStep;
  makeRoomForFigures();
  if (labelStep() != step) labelRows();
  if (xAxis->range() != before || m_labelStep != step) replot(QCustomPlot::rpQueuedReplot);
}

// Behind the longest line its figure must have room, however narrow the chart is.
void ErrorDots::makeRoomForFigures() {
  constexpr double kBeside = 14, kShortest = 4;
  const double wide = std::max(1, axisRect()->width());
  const double lines = std::max(wide - m_figureWidth - kBeside, kShortest);
  const double length = m_longest - m_lowest;
  xAxis->setRange(m_lowest, length > 0 ? m_lowest + length * wide / lines : 1);
}

void ErrorDots::showHome() { showRows(std::max(4, static_cast<int>(axisRect()->height() / kRowHeight))); }

void ErrorDots::showRows(int count) {
  yAxis->setRange(-0.5, std::min(static_cast<int>(m_dots.size()), count) - 0.5);
  rememberHome();
}

void ErrorDots::setSelected(int row) {
  m_selected = row;
  draw();
}

// Names only where there is room for a line of text.
std::size_t ErrorDots::labelStep() const {
  const double pixels = std::abs(yAxis->coordToPixel(1) - yAxis->coordToPixel(0));
  const QFontMetricsF metrics(yAxis->tickLabelFont());
  return static_cast<std::size_t>(std::max(1.0, std::ceil(metrics.height() / std::max(pixels, 0.1))));
}

void ErrorDots::labelRows() {
  m_labelStep = labelStep();
  const QFontMetricsF metrics(yAxis->tickLabelFont());
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  const double room = kRoomForNames * width();
  const QString kShared = QStringLiteral("model.layers.");  // of every name: the layer's number is to stay readable
  for (std::size_t i = 0; i < m_dots.size(); i += m_labelStep) {
    QString label = m_dots[i].label;
    if (metrics.horizontalAdvance(label) > room && label.startsWith(kShared)) label.remove(0, kShared.size());
    ticker->addTick(static_cast<double>(i), metrics.elidedText(label, Qt::ElideMiddle, room));
  }
  yAxis->setTicker(ticker);
}

void ErrorDots::draw() {
  QVector<double> keys, lengths, markedKeys, markedLengths, hollowKeys, hollowLengths, allKeys, allLengths, errors;
  std::vector<TextLayer::Entry> figures, notes;
  const ThemeColors& colors = Theme::instance().colors();
  m_band->setVisible(false);
  for (std::size_t i = 0; i < m_dots.size(); ++i) {
    const Dot& dot = m_dots[i];
    const auto at = static_cast<double>(i);
    if (dot.row == m_selected) {
      m_band->setVisible(true);
      m_band->topLeft->setCoords(0, at - 0.5);
      m_band->bottomRight->setCoords(1, at + 0.5);
      setAccessibleDescription(readout({0, at}).value_or(QString()));
    }
    if (!dot.note.isEmpty()) {
      notes.push_back({QPointF(0, at), dot.note, colors.error});
      continue;
    }
    (dot.row == m_selected ? markedKeys : keys).append(at);
    (dot.row == m_selected ? markedLengths : lengths).append(length(dot));
    if (dot.isWithinError) hollowKeys.append(at), hollowLengths.append(length(dot));
    if (errorOf(dot) > 0) allKeys.append(at), allLengths.append(length(dot)), errors.append(errorOf(dot));
    figures.push_back({QPointF(length(dot) + errorOf(dot), at), figureOf(dot), colors.textMuted});
  }
  m_plain->setData(keys, lengths, true);
  m_marked->setData(markedKeys, markedLengths, true);
  m_hollow->setData(hollowKeys, hollowLengths, true);
  m_measured->setData(allKeys, allLengths, true);
  m_errors->setData(errors);
  m_texts->setEntries(std::move(figures));
  m_notes->setEntries(std::move(notes));
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void ErrorDots::applyColors() {
  const ThemeColors& colors = Theme::instance().colors();
  const QColor color = m_color.isValid() ? m_color : colors.reference;
  for (QCPGraph* graph : {m_plain, m_marked}) {
    graph->setPen(QPen(color, graph == m_marked ? 2.5 : 1.2));
    graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, color, color, graph == m_marked ? kDot + 2 : kDot));
  }
  m_hollow->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(color, 1.2), QBrush(colors.surface), kDot));
  m_errors->setPen(QPen(mix(color, colors.text, 0.4), 1));
  m_band->setPen(Qt::NoPen);
  m_band->setBrush(colors.selection);
}

int ErrorDots::dotAt(QPointF coordinates) const {
  const double index = std::round(coordinates.y());
  return index >= 0 && index < static_cast<double>(m_dots.size()) ? static_cast<int>(index) : -1;
}

std::optional<QString> ErrorDots::readout(QPointF coordinates) const {
  const int index = dotAt(coordinates);
  if (index < 0) return std::nullopt;
  const Dot& dot = m_dots[static_cast<std::size_t>(index)];
  if (!dot.note.isEmpty()) return QStringLiteral("%1: %2").arg(dot.label, dot.note);
  const QString value = metricValue(m_metric, dot.value, dot.error);
  return QStringLiteral("%1: %2").arg(dot.label, dot.detail.isEmpty() ? value : value + u'\n' + dot.detail);
}

void ErrorDots::clickedAt(QPointF coordinates) {
  if (const int index = dotAt(coordinates); index >= 0) Q_EMIT dotClicked(m_dots[static_cast<std::size_t>(index)].row);
}

bool ErrorDots::activatedAt(QPointF coordinates) {
  const int index = dotAt(coordinates);
  if (index >= 0) Q_EMIT dotActivated(m_dots[static_cast<std::size_t>(index)].row);
  return index >= 0;
}

void ErrorDots::keyPressEvent(QKeyEvent* event) {
  const auto selected =
      std::find_if(m_dots.begin(), m_dots.end(), [this](const Dot& dot) { return dot.row == m_selected; });
  const int at = selected == m_dots.end() ? -1 : static_cast<int>(selected - m_dots.begin());
  const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  if (step != 0 && !m_dots.empty()) {
    const int next = std::clamp(at + step, 0, static_cast<int>(m_dots.size()) - 1);
    const QCPRange shown = yAxis->range();
    if (next < shown.lower) yAxis->moveRange(next - 0.5 - shown.lower);
    if (next > shown.upper - 0.5) yAxis->moveRange(next + 0.5 - shown.upper);
    return Q_EMIT dotClicked(m_dots[static_cast<std::size_t>(next)].row);
  }
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (enter && at >= 0) return Q_EMIT dotActivated(m_selected);
  Chart::keyPressEvent(event);
}

void ErrorDots::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  replot(QCustomPlot::rpImmediateRefresh);  // the new size of the axis rectangle
  showHome();
  labelRows();
  replot(QCustomPlot::rpQueuedReplot);
}

QPoint ErrorDots::centerOf(int place) const {
  return {axisRect()->center().x(), static_cast<int>(yAxis->coordToPixel(place))};
}

ChartTable ErrorDots::table() const {
  ChartTable result;
  const bool hasErrors = std::ranges::any_of(m_dots, [](const Dot& dot) { return errorOf(dot) > 0; });
  result.columns = {tr("tensor"), metricTitle(m_metric)};
  if (hasErrors) result.columns << tr("standard error");
  for (const Dot& dot : m_dots) {
    result.rowLabels.append(dot.label);
    auto& row = result.rows.emplace_back();
    row.push_back(dot.note.isEmpty() ? dot.value : std::numeric_limits<double>::quiet_NaN());
    if (hasErrors) row.push_back(dot.error);
  }
  return result;
}

}  // namespace app
