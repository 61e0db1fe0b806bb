#include "app/pictures/heat_map.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/pictures/metric_text.h"
#include "app/plots/text_layer.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

/// Viridis (van der Walt and Smith, 2015): perceptually uniform, readable without colour vision.
QCPColorGradient viridis() {
  QCPColorGradient gradient;
  gradient.clearColorStops();
  constexpr QRgb kStops[] = {0xFF440154, 0xFF482878, 0xFF3E4A89, 0xFF31688E, 0xFF26828E,
                             0xFF1F9E89, 0xFF35B779, 0xFF6DCD59, 0xFFB4DE2C, 0xFFFDE725};
  constexpr int kCount = static_cast<int>(std::size(kStops));
  for (int i = 0; i < kCount; ++i) gradient.setColorStopAt(static_cast<double>(i) / (kCount - 1), QColor(kStops[i]));
  gradient.setNanHandling(QCPColorGradient::nhTransparent);
  return gradient;
}

constexpr int kScaleHeight = 8, kScaleTicks = 4;
constexpr QMargins kMargins(8, 8, 28, 0);  // right: half of the scale's last label

QColor inkOn(double shade) {
  static QCPColorGradient gradient = viridis();
  return TextLayer::inkOn(QColor(gradient.color(shade, QCPRange(0, 1))));
}

QSharedPointer<QCPAxisTicker> labels(const QStringList& texts) {
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  for (int i = 0; i < texts.size(); ++i) ticker->addTick(i, texts[i]);
  return ticker;
}

}  // namespace

HeatMap::HeatMap(QWidget* parent)
    : Chart(parent),
      m_map(new QCPColorMap(xAxis, yAxis)),
      m_scale(new QCPColorScale(this)),
      m_texts(new TextLayer(this, xAxis, yAxis, Qt::AlignHCenter)),
      m_frame(new QCPItemRect(this)) {
  setTitle(tr("Error of every layer under every checked scheme"));
  m_map->setInterpolate(false);
  m_map->setTightBoundary(false);
  m_texts->setRoom(1);
  plotLayout()->addElement(1, 0, m_scale);
  m_scale->setType(QCPAxis::atBottom);
  m_scale->setBarWidth(kScaleHeight);
  m_scale->setGradient(viridis());  // the map takes it from its scale
  m_scale->setRangeDrag(false);
  m_scale->setRangeZoom(false);
  m_map->setColorScale(m_scale);
  auto* margins = new QCPMarginGroup(this);
  axisRect()->setMinimumMargins(kMargins);
  axisRect()->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  m_scale->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  yAxis->setRangeReversed(true);
  xAxis->setVisible(false);
  xAxis2->setVisible(true);
  xAxis2->setTickLength(0, 0);
  yAxis->grid()->setVisible(false);
  // One column more or less must not be scrolled through: schemes are few, tensors many.
  axisRect()->setRangeZoom(Qt::Vertical);
  axisRect()->setRangeDrag(Qt::Vertical);
  m_frame->topLeft->setType(QCPItemPosition::ptPlotCoords);
  m_frame->bottomRight->setType(QCPItemPosition::ptPlotCoords);
  m_frame->setBrush(Qt::NoBrush);
  m_frame->setVisible(false);
  applyColors();
}

const HeatMap::Cell& HeatMap::cell(int row, int column) const {
  return m_cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(m_columns.size()) +
                 static_cast<std::size_t>(column)];
}

bool HeatMap::isLogarithmic() const {
  return m_metric == core::metrics::Metric::Mse || m_metric == core::metrics::Metric::MaxAbsError ||
         m_metric == core::metrics::Metric::RelativeError;
}

double HeatMap::shade(double value) const {
  if (!std::isfinite(value)) return largerIsBetter(m_metric) ? 0.0 : 1.0;
  const auto scaled = [&](double x) { return isLogarithmic() ? std::log10(std::max(x, 1e-300)) : x; };
  const double span = scaled(m_worst) - scaled(m_best);
  return span == 0 ? 0.5 : std::clamp((scaled(value) - scaled(m_best)) / span, 0.0, 1.0);
}

double HeatMap::valueAt(double shade) const {
  if (isLogarithmic()) return m_best * std::pow(m_worst / m_best, shade);
  return m_best + shade * (m_worst - m_best);
}

void HeatMap::labelCells() {
  std::vector<TextLayer::Entry> entries;
  for (int y = 0; y < m_rows.size(); ++y) {
    for (int x = 0; x < m_columns.size(); ++x) {
      if (cell(y, x).known)
        entries.push_back({QPointF(x, y), metricFigure(m_metric, cell(y, x).value), inkOn(shade(cell(y, x).value))});
    }
  }
  m_texts->setEntries(std::move(entries));
}

void HeatMap::labelScale() {
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  const bool any = m_worst != m_best;
  for (int i = 0; any && i <= kScaleTicks; ++i) {
    const double place = static_cast<double>(i) / kScaleTicks;
    ticker->addTick(place, metricFigure(m_metric, valueAt(place)));
  }
  m_scale->axis()->setTicker(ticker);
  m_scale->axis()->setLabel(metricTitle(m_metric));
  m_scale->setVisible(any);
}

void HeatMap::setData(const QStringList& rows, const QStringList& columns, std::vector<Cell> cells,
                      core::metrics::Metric metric) {
  const bool sameShape = rows == m_rows && columns.size() == m_columns.size();
  m_rows = rows;
  m_columns = columns;
  m_cells = std::move(cells);
  m_metric = metric;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Cell& known : m_cells) {
    // A cast without any error would stretch the logarithmic scale to nothing.
    if (!known.known || !std::isfinite(known.value) || (known.value == 0 && !largerIsBetter(metric))) continue;
    low = std::min(low, known.value);
    high = std::max(high, known.value);
  }
  if (low > high) low = high = 0;  // nothing known yet
  m_best = largerIsBetter(metric) ? high : low;
  m_worst = largerIsBetter(metric) ? low : high;
  const int nx = std::max<int>(static_cast<int>(columns.size()), 1),
            ny = std::max<int>(static_cast<int>(rows.size()), 1);
  m_map->data()->setSize(nx, ny);
  m_map->data()->setRange(QCPRange(0, nx - 1), QCPRange(0, ny - 1));
  m_map->data()->fill(std::numeric_limits<double>::quiet_NaN());
  for (int y = 0; y < rows.size(); ++y) {
    for (int x = 0; x < columns.size(); ++x) {
      if (cell(y, x).known) m_map->data()->setCell(x, y, shade(cell(y, x).value));
    }
  }
  m_map->setDataRange(QCPRange(0, 1));
  labelCells();
  labelScale();
  yAxis->setTicker(labels(rows));
  xAxis2->setTicker(labels(columns));
  if (!sameShape) {
    xAxis->setRange(-0.5, nx - 0.5);
    xAxis2->setRange(-0.5, nx - 0.5);
    yAxis->setRange(-0.5, ny - 0.5);
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void HeatMap::setSelected(int row, int column) {
  m_selectedRow = row;
  m_selectedColumn = column;
  const bool exists = row >= 0 && column >= 0 && row < m_rows.size() && column < m_columns.size();
  m_frame->setVisible(exists);
  if (exists) {
    m_frame->topLeft->setCoords(column - 0.5, row - 0.5);
    m_frame->bottomRight->setCoords(column + 0.5, row + 0.5);
    const Cell& selected = cell(row, column);
    m_frame->setPen(QPen(selected.known ? inkOn(shade(selected.value)) : Theme::instance().colors().text, 2.5));
    setAccessibleDescription(readout({static_cast<double>(column), static_cast<double>(row)}).value_or(QString()));
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void HeatMap::applyColors() {
  if (xAxis2 != nullptr) xAxis2->setTickLength(0, 0);
  if (m_scale == nullptr) return;
  styleAxis(m_scale->axis());
  m_scale->axis()->setBasePen(Qt::NoPen);
}

std::optional<std::pair<int, int>> HeatMap::cellAt(QPointF coordinates) const {
  const int column = static_cast<int>(std::lround(coordinates.x())),
            row = static_cast<int>(std::lround(coordinates.y()));
  if (row < 0 || column < 0 || row >= m_rows.size() || column >= m_columns.size()) return std::nullopt;
  return std::pair(row, column);
}

std::optional<QString> HeatMap::readout(QPointF coordinates) const {
  const auto at = cellAt(coordinates);
  if (!at) return std::nullopt;
  const Cell& here = cell(at->first, at->second);
  const QString value = here.known            ? metricValue(m_metric, here.value)
                        : here.note.isEmpty() ? tr("computing…")
                                              : here.note;
  return tr("%1 · %2: %3").arg(m_rows[at->first], m_columns[at->second], value);
}

void HeatMap::clickedAt(QPointF coordinates) {
  if (const auto at = cellAt(coordinates)) Q_EMIT cellClicked(at->first, at->second);
}

void HeatMap::keyPressEvent(QKeyEvent* event) {
  int row = std::max(m_selectedRow, 0), column = std::max(m_selectedColumn, 0);
  switch (event->key()) {
    case Qt::Key_Up:
      --row;
      break;
    case Qt::Key_Down:
      ++row;
      break;
    case Qt::Key_Left:
      --column;
      break;
    case Qt::Key_Right:
      ++column;
      break;
    default:
      Chart::keyPressEvent(event);
      return;
  }
  if (m_rows.isEmpty() || m_columns.isEmpty()) return;
  Q_EMIT cellClicked(std::clamp(row, 0, static_cast<int>(m_rows.size()) - 1),
                     std::clamp(column, 0, static_cast<int>(m_columns.size()) - 1));
}

QPoint HeatMap::centerOf(int row, int column) const {
  return {static_cast<int>(xAxis->coordToPixel(column)), static_cast<int>(yAxis->coordToPixel(row))};
}

ChartTable HeatMap::table() const {
  ChartTable result;
  result.columns = QStringList(tr("tensor")) + m_columns;
  result.rowLabels = m_rows;
  for (int y = 0; y < m_rows.size(); ++y) {
    std::vector<double> row;
    for (int x = 0; x < m_columns.size(); ++x) {
      row.push_back(cell(y, x).known ? cell(y, x).value : std::numeric_limits<double>::quiet_NaN());
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace app
