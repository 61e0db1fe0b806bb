#include "app/pictures/matrix_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr int kLeastPixels = 40;  ///< of the shorter side; a longer matrix is drawn out of proportion
constexpr int kScaleWidth = 9;
constexpr int kColors = 256;

/// Share −1…1 of the largest magnitude. The square root spreads what is near zero, where nearly all weights are.
double spread(double share) { return std::copysign(std::sqrt(std::min(std::abs(share), 1.0)), share); }

/// Ticks of rows or columns the matrix has.
class BoundedTicker final : public QCPAxisTicker {
 public:
  explicit BoundedTicker(std::uint64_t count) : m_last(static_cast<double>(count) - 1) { setTickCount(5); }

 protected:
  QVector<double> createTickVector(double step, const QCPRange& range) override {
    QVector<double> ticks = QCPAxisTicker::createTickVector(std::max(step, 1.0), range);
    ticks.removeIf([this](double tick) { return tick < 0 || tick > m_last; });
    return ticks;
  }

 private:
  double m_last;
};

QCPColorGradient diverging() {
  const ThemeColors& colors = Theme::instance().colors();
  QCPColorGradient gradient;
  gradient.clearColorStops();
  gradient.setColorStopAt(0, QColor(0x0072B2));
  gradient.setColorStopAt(0.5, colors.dark ? colors.sunken : QColor(0xF7F7F7));
  gradient.setColorStopAt(1, QColor(0xD55E00));
  gradient.setLevelCount(kColors);
  // A cell that holds values that are no numbers has no place on the scale.
  gradient.setNanHandling(QCPColorGradient::nhNanColor);
  gradient.setNanColor(colors.warning);
  return gradient;
}

}  // namespace

MatrixView::MatrixView(QWidget* parent)
    : Chart(parent),
      m_colors(new QCPColorMap(xAxis, yAxis)),
      m_scale(new QCPColorScale(this)),
      m_frame(new QCPItemRect(this)),
      m_marker(new QCPItemTracer(this)),
      m_cross(new QCPItemTracer(this)) {
  setTitle(tr("Matrix map"));
  setAxisTitles(tr("column (input)"), tr("row (output)"));
  setCursor(Qt::CrossCursor);
  m_colors->setInterpolate(false);
  m_colors->setTightBoundary(true);
  plotLayout()->addElement(0, 1, m_scale);
  m_scale->setBarWidth(kScaleWidth);
  m_scale->setRangeDrag(false);
  m_scale->setRangeZoom(false);
  m_colors->setColorScale(m_scale);
  auto* margins = new QCPMarginGroup(this);
  axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  m_scale->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  yAxis->setRangeReversed(true);
  yAxis->grid()->setVisible(false);
  for (QCPItemTracer* tracer : {m_marker, m_cross}) {
    tracer->position->setType(QCPItemPosition::ptPlotCoords);
    tracer->setSize(13);
    tracer->setVisible(false);
  }
  m_frame->topLeft->setType(QCPItemPosition::ptPlotCoords);
  m_frame->bottomRight->setType(QCPItemPosition::ptPlotCoords);
  m_marker->setStyle(QCPItemTracer::tsCircle);
  m_cross->setStyle(QCPItemTracer::tsPlus);
  connect(this, &QCustomPlot::afterLayout, this, [this] {
    if (axisRect()->size() != m_fittedTo) fit();
  });
  applyColors();
}

void MatrixView::applyColors() {
  if (m_cross == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  m_scale->setGradient(diverging());
  m_scale->setDataRange(QCPRange(-1, 1));
  for (QCPAxis* axis : m_scale->axis()->axisRect()->axes()) styleAxis(axis);
  m_scale->axis()->setBasePen(Qt::NoPen);
  yAxis->grid()->setVisible(false);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setBasePen(Qt::NoPen);  // the frame is the axis
  m_frame->setPen(QPen(c.borderStrong, 1));
  m_marker->setPen(QPen(c.text, 2.5));
  m_cross->setPen(QPen(c.error, 2.5));
}

void MatrixView::setMap(core::metrics::MatrixMap map) {
  m_map = std::move(map);
  setMessage(m_map.extreme.empty() ? tr("There are no weights to draw.") : QString());
  draw();
  fit();
  place(m_marker, m_marked);
  place(m_cross, m_nonFinite);
  replot(QCustomPlot::rpQueuedReplot);
}

void MatrixView::clearData() {
  m_map = {};
  m_marked = m_nonFinite = std::nullopt;
  draw();
  place(m_marker, std::nullopt);
  place(m_cross, std::nullopt);
  replot(QCustomPlot::rpQueuedReplot);
}

void MatrixView::draw() {
  const bool any = !m_map.extreme.empty();
  m_colors->setVisible(any);
  m_scale->setVisible(any);
  m_frame->setVisible(any);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(any);
  if (!any) return;
  xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new BoundedTicker(m_map.tensorColumns)));
  yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new BoundedTicker(m_map.tensorRows)));
  m_frame->topLeft->setCoords(-0.5, -0.5);
  m_frame->bottomRight->setCoords(static_cast<double>(m_map.tensorColumns) - 0.5,
                                  static_cast<double>(m_map.tensorRows) - 0.5);
  const int columns = static_cast<int>(m_map.columns), rows = static_cast<int>(m_map.rows);
  m_colors->data()->setSize(columns, rows);
  // Keys are the middles of the outermost cells.
  const double width = static_cast<double>(m_map.tensorColumns) / columns,
               height = static_cast<double>(m_map.tensorRows) / rows;
  m_colors->data()->setRange(QCPRange(width / 2 - 0.5, static_cast<double>(m_map.tensorColumns) - width / 2 - 0.5),
                             QCPRange(height / 2 - 0.5, static_cast<double>(m_map.tensorRows) - height / 2 - 0.5));
  const double scale = m_map.absMax > 0 ? 1 / static_cast<double>(m_map.absMax) : 0;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const auto cell = static_cast<std::size_t>(y) * m_map.columns + static_cast<std::size_t>(x);
      const double share = m_map.nonFiniteIn[cell] == 0 ? spread(static_cast<double>(m_map.extreme[cell]) * scale)
                                                        : std::numeric_limits<double>::quiet_NaN();
      m_colors->data()->setCell(x, y, share);
    }
  }
  m_scale->setDataRange(QCPRange(-1, 1));
  QSharedPointer<QCPAxisTickerText> ticks(new QCPAxisTickerText);
  for (const double share : {-1.0, -0.25, 0.0, 0.25, 1.0})
    ticks->addTick(spread(share), text::number(share * static_cast<double>(m_map.absMax), 2));
  m_scale->axis()->setTicker(ticks);
}

void MatrixView::fit() {
  if (m_map.extreme.empty()) return;
  const double columns = static_cast<double>(m_map.tensorColumns), rows = static_cast<double>(m_map.tensorRows);
  QCPRange x(-0.5, columns - 0.5), y(-0.5, rows - 0.5);
  const QSizeF plot(std::max(1, axisRect()->width()), std::max(1, axisRect()->height()));
  const double pixel = std::max(columns / plot.width(), rows / plot.height());  // weights per pixel, both ways
  if (std::min(columns, rows) / pixel >= kLeastPixels || columns == rows) {
    x = QCPRange(-0.5, pixel * plot.width() - 0.5);
    const double rest = pixel * plot.height() - rows;
    y = QCPRange(-0.5 - rest / 2, rows - 0.5 + rest / 2);
  }
  xAxis->setRange(x);
  yAxis->setRange(y);
  rememberHome();
  m_fittedTo = axisRect()->size();
}

void MatrixView::place(QCPItemTracer* tracer, const std::optional<Place>& at) {
  tracer->setVisible(at.has_value() && !m_map.extreme.empty());
  if (at) tracer->position->setCoords(static_cast<double>(at->second), static_cast<double>(at->first));
}

void MatrixView::setMarked(std::optional<Place> at) {
  m_marked = at;
  place(m_marker, at);
  replot(QCustomPlot::rpQueuedReplot);
}

void MatrixView::setNonFinite(std::optional<Place> first) {
  m_nonFinite = first;
  place(m_cross, first);
  replot(QCustomPlot::rpQueuedReplot);
}

std::optional<std::pair<std::size_t, std::size_t>> MatrixView::cellAt(QPointF coordinates) const {
  const double x = std::floor(coordinates.x() + 0.5), y = std::floor(coordinates.y() + 0.5);
  if (m_map.extreme.empty() || x < 0 || y < 0 || x >= static_cast<double>(m_map.tensorColumns) ||
      y >= static_cast<double>(m_map.tensorRows))
    return std::nullopt;
  const auto cell = [](double at, std::uint64_t extent, std::size_t cells) {
    return std::min(static_cast<std::size_t>(at * static_cast<double>(cells) / static_cast<double>(extent)), cells - 1);
  };
  return std::pair(cell(y, m_map.tensorRows, m_map.rows), cell(x, m_map.tensorColumns, m_map.columns));
}

std::optional<MatrixView::Place> MatrixView::weightAt(QPointF coordinates) const {
  const auto cell = cellAt(coordinates);
  if (!cell) return std::nullopt;
  return Place(m_map.firstRow(cell->first), m_map.firstColumn(cell->second));
}

std::optional<QString> MatrixView::readout(QPointF coordinates) const {
  const auto cell = cellAt(coordinates);
  if (!cell) return std::nullopt;
  const std::size_t index = cell->first * m_map.columns + cell->second;
  const auto span = [](std::uint64_t first, std::uint64_t end) {
    return end - first <= 1 ? text::count(first) : text::count(first) + u'–' + text::count(end - 1);
  };
  return tr("Row %1, column %2: largest %3, mean magnitude %4")
      .arg(span(m_map.firstRow(cell->first), m_map.firstRow(cell->first + 1)),
           span(m_map.firstColumn(cell->second), m_map.firstColumn(cell->second + 1)),
           text::number(static_cast<double>(m_map.extreme[index]), 4),
           text::number(static_cast<double>(m_map.meanAbs[index]), 3));
}

void MatrixView::clickedAt(QPointF coordinates) {
  if (const auto weight = weightAt(coordinates)) Q_EMIT weightClicked(weight->first, weight->second);
}

bool MatrixView::activatedAt(QPointF coordinates) {
  const auto weight = weightAt(coordinates);
  if (weight) Q_EMIT weightActivated(weight->first, weight->second);
  return weight.has_value();
}

ChartTable MatrixView::table() const {
  ChartTable result;
  result.columns = {tr("first row"), tr("first column"), tr("largest"), tr("mean magnitude")};
  for (std::size_t y = 0; y < m_map.rows; ++y) {
    for (std::size_t x = 0; x < m_map.columns; ++x) {
      const std::size_t cell = y * m_map.columns + x;
      result.rows.push_back({static_cast<double>(m_map.firstRow(y)), static_cast<double>(m_map.firstColumn(x)),
                             static_cast<double>(m_map.extreme[cell]), static_cast<double>(m_map.meanAbs[cell])});
    }
  }
  return result;
}

}  // namespace app
