#include "app/pictures/matrix_view.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr int kLeastPixels = 40;  ///< of the shorter side; a longer matrix is drawn out of proportion
constexpr Length kScaleWidth{9}, kLeastProfile{90}, kMatrixTickRoom{52}, kRowTickRoom{26};
constexpr int kColors = 256;

/// Share −1…1 of the largest magnitude. The square root spreads what is near zero, where nearly all weights are.
double spread(double share) { return std::copysign(std::sqrt(std::min(std::abs(share), 1.0)), share); }

/// Ticks of rows or columns the matrix has.
class BoundedTicker final : public QCPAxisTicker {
 public:
  BoundedTicker(std::uint64_t count, int ticks) : m_last(static_cast<double>(count) - 1) { setTickCount(ticks); }

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

/// "3", or "3–5" of several.
QString span(std::uint64_t first, std::uint64_t end) {
  return end - first <= 1 ? text::count(first) : text::count(first) + u'–' + text::count(end - 1);
}

}  // namespace

MatrixView::MatrixView(QWidget* parent)
    : Chart(parent),
      m_colors(new QCPColorMap(xAxis, yAxis)),
      m_scale(new QCPColorScale(this)),
      m_profileRect(new QCPAxisRect(this)),
      m_profile(addGraph(m_profileRect->axis(QCPAxis::atLeft), m_profileRect->axis(QCPAxis::atBottom))),
      m_frame(new QCPItemRect(this)),
      m_marker(new QCPItemTracer(this)),
      m_cross(new QCPItemTracer(this)),
      m_columnMarks(new ColumnMarks(this)) {
  setTitle(tr("Matrix map"));
  setAxisTitles(tr("column (input)"), tr("row (output)"));
  setCursor(Qt::CrossCursor);
  m_colors->setInterpolate(false);
  m_colors->setTightBoundary(true);
  m_scale->setBarWidth(kScaleWidth);
  m_scale->setRangeDrag(false);
  m_scale->setRangeZoom(false);
  m_colors->setColorScale(m_scale);
  buildLayout();
  yAxis->setRangeReversed(true);
  yAxis->grid()->setVisible(false);
  for (QCPItemTracer* tracer : {m_marker, m_cross}) {
    tracer->position->setType(QCPItemPosition::ptPlotCoords);
    tracer->setSize(13);
    tracer->setVisible(false);
    tracer->setClipToAxisRect(false);  // at the edge, half of it would be cut off
  }
  for (QCPAxis* axis : {xAxis, yAxis})
    connect(axis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this] {
      place(m_marker, m_marked);
      place(m_cross, m_nonFinite);
    });
  m_frame->topLeft->setType(QCPItemPosition::ptPlotCoords);
  m_frame->bottomRight->setType(QCPItemPosition::ptPlotCoords);
  m_marker->setStyle(QCPItemTracer::tsCircle);
  m_cross->setStyle(QCPItemTracer::tsPlus);
  connect(this, &QCustomPlot::afterLayout, this, [this] {
    if (room() != m_fittedTo) fit();
  });
  applyColors();
}

// The map, what its rows reach beside it, and the scale: in a layout of their own, so that the heading of an exported
// picture is as wide as all of them.
void MatrixView::buildLayout() {
  auto* row = new QCPLayoutGrid;
  QCPAxisRect* map = axisRect();
  plotLayout()->take(map);
  plotLayout()->addElement(0, 0, row);
  row->addElement(0, 0, map);
  row->addElement(0, 1, m_profileRect);
  row->addElement(0, 2, m_scale);
  auto* margins = new QCPMarginGroup(this);
  for (QCPLayoutElement* element : {static_cast<QCPLayoutElement*>(map), static_cast<QCPLayoutElement*>(m_profileRect),
                                    static_cast<QCPLayoutElement*>(m_scale)})
    element->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  QCPAxis* rows = m_profileRect->axis(QCPAxis::atLeft);
  rows->setRangeReversed(true);
  rows->setTickLabels(false);
  rows->setTicks(false);
  m_profileRect->axis(QCPAxis::atBottom)->setLabel(tr("largest in the row"));
  m_profileRect->setMinimumSize(kLeastProfile, 1);
  m_profileRect->setRangeDrag(Qt::Vertical);
  m_profileRect->setRangeZoom(Qt::Vertical);
  m_profile->setLineStyle(QCPGraph::lsStepLeft);
  for (const auto& [from, to] : {std::pair(yAxis, rows), std::pair(rows, yAxis)})
    connect(from, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), to,
            qOverload<const QCPRange&>(&QCPAxis::setRange));
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
  for (QCPAxis* axis : m_profileRect->axes()) styleAxis(axis);
  m_profileRect->axis(QCPAxis::atLeft)->grid()->setVisible(false);
  m_profile->setPen(QPen(c.reference, 1));
  m_profile->setBrush(mix(c.surface, c.reference, 0.45));
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
  for (QCPAxis* axis : {xAxis, yAxis, m_profileRect->axis(QCPAxis::atBottom), m_profileRect->axis(QCPAxis::atLeft)})
    axis->setVisible(any);
  m_profile->setVisible(any);
  if (!any) return;
  m_columnMarks->setRows(QCPRange(-0.5, static_cast<double>(m_map.tensorRows) - 0.5));
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
  drawProfile();
}

void MatrixView::drawProfile() {
  QVector<double> rows, reach;
  for (std::size_t y = 0; y < m_map.rows; ++y) {
    double largest = 0;
    for (std::size_t x = 0; x < m_map.columns; ++x) {
      const double value = std::abs(static_cast<double>(m_map.extreme[y * m_map.columns + x]));
      largest = std::max(largest, std::isnan(value) ? 0 : value);
    }
    rows.append(static_cast<double>(m_map.firstRow(y)) - 0.5);
    reach.append(largest);
  }
  rows.append(static_cast<double>(m_map.tensorRows) - 0.5);  // where the last step ends
  reach.append(reach.last());
  m_profile->setData(rows, reach, true);
  m_profileRect->axis(QCPAxis::atBottom)->setRange(0, m_map.absMax > 0 ? 1.05 * static_cast<double>(m_map.absMax) : 1);
}

QSize MatrixView::room() const { return {axisRect()->width() + m_profileRect->width(), axisRect()->height()}; }

void MatrixView::fit() {
  if (m_map.extreme.empty()) return;
  m_fittedTo = room();
  const double columns = static_cast<double>(m_map.tensorColumns), rows = static_cast<double>(m_map.tensorRows);
  const double wide = std::max(1, m_fittedTo.width() - kLeastProfile), high = std::max(1, m_fittedTo.height());
  const double pixel = std::max(columns / wide, rows / high);  // weights per pixel, both ways
  const bool inProportion = std::min(columns, rows) / pixel >= kLeastPixels || columns == rows;
  // A matrix that is too narrow to be seen is drawn as wide as what its rows reach.
  const double shown = inProportion ? columns / pixel : columns / rows < wide / high ? wide / 2 : wide;
  const double rest = inProportion ? pixel * high - rows : 0;
  xAxis->setRange(-0.5, columns - 0.5);
  yAxis->setRange(-0.5 - rest / 2, rows - 0.5 + rest / 2);
  const auto ticks = [](double pixels) { return std::clamp(static_cast<int>(pixels) / kMatrixTickRoom, 1, 5); };
  xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new BoundedTicker(m_map.tensorColumns, ticks(shown))));
  yAxis->setTicker(QSharedPointer<QCPAxisTicker>(
      new BoundedTicker(m_map.tensorRows, std::clamp(static_cast<int>(high) / kRowTickRoom, 2, 5))));
  m_profileRect->axis(QCPAxis::atBottom)->ticker()->setTickCount(ticks(m_fittedTo.width() - shown));
  axisRect()->setMaximumSize(static_cast<int>(std::lround(shown)), QWIDGETSIZE_MAX);
  rememberHome();
  replot(QCustomPlot::rpQueuedReplot);
}

void MatrixView::place(QCPItemTracer* tracer, const std::optional<Place>& at) {
  const auto column = at ? static_cast<double>(at->second) : 0, row = at ? static_cast<double>(at->first) : 0;
  const bool isInView = xAxis->range().contains(column) && yAxis->range().contains(row);
  tracer->setVisible(at.has_value() && isInView && !m_map.extreme.empty());
  tracer->position->setCoords(column, row);
}

void MatrixView::setMarked(std::optional<Place> at) {
  m_marked = at;
  place(m_marker, at);
  replot(QCustomPlot::rpQueuedReplot);
}

void MatrixView::setMarkedColumns(std::vector<MarkedColumn> columns) {
  m_columnMarks->setColumns(std::move(columns));
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

bool MatrixView::isReadAt(QPointF pixel) const {
  return Chart::isReadAt(pixel) || m_profileRect->rect().contains(pixel.toPoint());
}

std::optional<QString> MatrixView::profileReadout(QPointF coordinates) const {
  if (xAxis->coordToPixel(coordinates.x()) < m_profileRect->left()) return std::nullopt;
  const auto cell = cellAt({0, coordinates.y()});
  if (!cell) return std::nullopt;
  const auto row = m_profile->data()->at(static_cast<int>(cell->first));
  return tr("Row %1: largest %2")
      .arg(span(m_map.firstRow(cell->first), m_map.firstRow(cell->first + 1)), text::number(row->value, 4));
}

std::optional<QString> MatrixView::readout(QPointF coordinates) const {
  const auto cell = cellAt(coordinates);
  if (!cell) return profileReadout(coordinates);
  const std::size_t index = cell->first * m_map.columns + cell->second;
  return tr("Row %1, column %2: largest %3, mean magnitude %4")
             .arg(span(m_map.firstRow(cell->first), m_map.firstRow(cell->first + 1)),
                  span(m_map.firstColumn(cell->second), m_map.firstColumn(cell->second + 1)),
                  text::number(static_cast<double>(m_map.extreme[index]), 4),
                  text::number(static_cast<double>(m_map.meanAbs[index]), 3)) +
         m_columnMarks->readout(m_map.firstColumn(cell->second), m_map.firstColumn(cell->second + 1));
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
