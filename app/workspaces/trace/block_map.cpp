#include "app/workspaces/trace/block_map.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/map_keys.h"
#include "app/workspaces/trace/tensor_map.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

namespace {

constexpr Length kScaleWidth{9};

/// Share −1…1; the square root spreads what is near zero, where nearly all blocks are.
double spread(double share) { return std::copysign(std::sqrt(std::min(std::abs(share), 1.0)), share); }

}  // namespace

BlockMap::BlockMap(QWidget* parent)
    : Chart(parent),
      m_colors(new QCPColorMap(xAxis, yAxis)),
      m_scale(new QCPColorScale(this)),
      m_blocks(addGraph()),
      m_weights(addGraph()),
      m_frame(new QCPItemRect(this)),
      m_marker(new QCPItemTracer(this)) {
  setTitle(tr("What every block did"));
  setAxisTitles(tr("block of the input"), tr("row (output)"));
  setCursor(Qt::CrossCursor);
  m_colors->setInterpolate(false);
  m_colors->setTightBoundary(false);
  m_scale->setBarWidth(kScaleWidth);
  m_scale->setRangeDrag(false);
  m_scale->setRangeZoom(false);
  m_colors->setColorScale(m_scale);
  plotLayout()->addElement(0, 1, m_scale);
  auto* margins = new QCPMarginGroup(this);
  axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  m_scale->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  yAxis->setRangeReversed(true);
  for (QCPGraph* graph : {m_blocks, m_weights}) graph->setLineStyle(QCPGraph::lsNone);
  m_frame->topLeft->setType(QCPItemPosition::ptPlotCoords);
  m_frame->bottomRight->setType(QCPItemPosition::ptPlotCoords);
  m_marker->position->setType(QCPItemPosition::ptPlotCoords);
  m_marker->setStyle(QCPItemTracer::tsCircle);
  m_marker->setSize(15);
  m_marker->setClipToAxisRect(false);
  applyColors();
  clearData();
}

void BlockMap::applyColors() {
  if (m_marker == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  m_scale->setGradient(divergingGradient());
  m_scale->setDataRange(QCPRange(-1, 1));
  for (QCPAxis* axis : m_scale->axis()->axisRect()->axes()) styleAxis(axis);
  m_scale->axis()->setBasePen(Qt::NoPen);
  m_blocks->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssSquare, QPen(c.text, 1.8), Qt::NoBrush, 10));
  m_weights->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(c.success, 1.8), Qt::NoBrush, 9));
  m_frame->setPen(QPen(c.borderStrong, 1));
  m_marker->setPen(QPen(c.accent, 2.5));
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setBasePen(Qt::NoPen);
  yAxis->grid()->setVisible(false);
}

void BlockMap::clearData() {
  m_map = {};
  m_selected.reset();
  setProved({}, {});
  draw();
}

void BlockMap::setMap(ContributionMap map) {
  m_map = std::move(map);
  draw();
  xAxis->setRange(-0.5, static_cast<double>(m_map.blocks) - 0.5);
  yAxis->setRange(-0.5, static_cast<double>(m_map.rows) - 0.5);
  rememberHome();
  setSelected(m_selected);
}

void BlockMap::draw() {
  const bool any = !m_map.values.empty();
  for (QCPLayerable* part :
       {static_cast<QCPLayerable*>(m_colors), static_cast<QCPLayerable*>(m_scale), static_cast<QCPLayerable*>(m_frame),
        static_cast<QCPLayerable*>(xAxis), static_cast<QCPLayerable*>(yAxis)})
    part->setVisible(any);
  m_marker->setVisible(any && m_selected);
  if (any) {
    const int columns = static_cast<int>(m_map.cellColumns), rows = static_cast<int>(m_map.cellRows);
    const double width = static_cast<double>(m_map.blocks) / columns, height = static_cast<double>(m_map.rows) / rows;
    m_colors->data()->setSize(columns, rows);
    m_colors->data()->setRange(QCPRange(width / 2 - 0.5, static_cast<double>(m_map.blocks) - width / 2 - 0.5),
                               QCPRange(height / 2 - 0.5, static_cast<double>(m_map.rows) - height / 2 - 0.5));
    // A single line of cells has no distance between middles.
    if (columns == 1) m_colors->data()->setKeyRange(QCPRange(-0.5, width - 0.5));
    if (rows == 1) m_colors->data()->setValueRange(QCPRange(-0.5, height - 0.5));
    const double scale = m_map.largest > 0 ? 1 / static_cast<double>(m_map.largest) : 0;
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < columns; ++x)
        m_colors->data()->setCell(
            x, y,
            spread(scale *
                   static_cast<double>(
                       m_map.values[static_cast<std::size_t>(y) * m_map.cellColumns + static_cast<std::size_t>(x)])));
    m_frame->topLeft->setCoords(-0.5, -0.5);
    m_frame->bottomRight->setCoords(static_cast<double>(m_map.blocks) - 0.5, static_cast<double>(m_map.rows) - 0.5);
    QSharedPointer<QCPAxisTickerText> ticks(new QCPAxisTickerText);
    for (const double share : {-1.0, -0.25, 0.0, 0.25, 1.0})
      ticks->addTick(spread(share), signedNumber(share * static_cast<double>(m_map.largest), 2));
    m_scale->axis()->setTicker(ticks);
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void BlockMap::setSelected(std::optional<Place> place) {
  m_selected = place;
  m_marker->setVisible(place && !m_map.values.empty());
  if (place) m_marker->position->setCoords(static_cast<double>(place->second), static_cast<double>(place->first));
  replot(QCustomPlot::rpQueuedReplot);
}

void BlockMap::setProved(std::vector<Place> blocks, std::vector<Place> weights) {
  const auto fill = [](QCPGraph* graph, const std::vector<Place>& places) {
    QVector<double> x, y;
    for (const auto& [row, block] : places) {
      x.append(static_cast<double>(block));
      y.append(static_cast<double>(row));
    }
    graph->setData(x, y);
  };
  fill(m_blocks, blocks);
  fill(m_weights, weights);
  replot(QCustomPlot::rpQueuedReplot);
}

std::optional<std::size_t> BlockMap::cellAt(QPointF coordinates) const {
  const double x = coordinates.x() + 0.5, y = coordinates.y() + 0.5;
  if (m_map.values.empty() || x < 0 || y < 0 || x >= static_cast<double>(m_map.blocks) ||
      y >= static_cast<double>(m_map.rows))
    return std::nullopt;
  const auto column = static_cast<std::size_t>(x) * m_map.cellColumns / m_map.blocks,
             row = static_cast<std::size_t>(y) * m_map.cellRows / m_map.rows;
  return row * m_map.cellColumns + column;
}

BlockMap::Place BlockMap::placeOf(std::size_t cell) const {
  return {m_map.extremes[cell] / m_map.blocks, m_map.extremes[cell] % m_map.blocks};
}

std::optional<QString> BlockMap::readout(QPointF coordinates) const {
  const auto cell = cellAt(coordinates);
  if (!cell) return std::nullopt;
  const auto [row, block] = placeOf(*cell);
  const bool isOne = m_map.cellRows == m_map.rows && m_map.cellColumns == m_map.blocks;
  return (isOne ? tr("%1, block %2: %3") : tr("%1, block %2: %3, the largest of those drawn here"))
      .arg(rowText(row, m_map.matrixRows))
      .arg(block)
      .arg(signedNumber(static_cast<double>(m_map.values[*cell])));
}

void BlockMap::clickedAt(QPointF coordinates) {
  const auto cell = cellAt(coordinates);
  if (cell) Q_EMIT blockClicked(placeOf(*cell).first, placeOf(*cell).second);
}

bool BlockMap::activatedAt(QPointF coordinates) {
  const auto cell = cellAt(coordinates);
  if (cell) Q_EMIT blockActivated(placeOf(*cell).first, placeOf(*cell).second);
  return cell.has_value();
}

void BlockMap::step(int columns, int rows) {
  const Place now = m_selected.value_or(Place{0, 0});
  const auto cell = cellAt(QPointF(static_cast<double>(now.second), static_cast<double>(now.first)));
  if (!cell) return;
  const auto column = static_cast<int>(*cell % m_map.cellColumns) + columns,
             row = static_cast<int>(*cell / m_map.cellColumns) + rows;
  if (column < 0 || row < 0 || column >= static_cast<int>(m_map.cellColumns) || row >= static_cast<int>(m_map.cellRows))
    return;
  const Place next = placeOf(static_cast<std::size_t>(row) * m_map.cellColumns + static_cast<std::size_t>(column));
  Q_EMIT blockClicked(next.first, next.second);
}

void BlockMap::keyPressEvent(QKeyEvent* event) {
  const auto key = mapKey(event->key());
  if (m_map.values.empty() || !key) return Chart::keyPressEvent(event);
  if (!key->opens) return step(key->columns, key->rows);
  if (m_selected) Q_EMIT blockActivated(m_selected->first, m_selected->second);
}

QPoint BlockMap::centerOf(Place place) const {
  return {static_cast<int>(xAxis->coordToPixel(static_cast<double>(place.second))),
          static_cast<int>(yAxis->coordToPixel(static_cast<double>(place.first)))};
}

ChartTable BlockMap::table() const {
  ChartTable table{{QStringLiteral("row"), QStringLiteral("block"), QStringLiteral("contribution")}, {}, {}};
  for (std::size_t cell = 0; cell < m_map.values.size(); ++cell) {
    const auto [row, block] = placeOf(cell);
    table.rows.push_back(
        {static_cast<double>(row), static_cast<double>(block), static_cast<double>(m_map.values[cell])});
  }
  return table;
}

std::vector<ChartLegendEntry> BlockMap::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("proved blocks"), c.text}, {tr("proved weights"), c.success}};
}

}  // namespace app
