#include "app/pictures/layer_maps.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/pictures/layer_maps_item.h"
#include "app/pictures/metric_text.h"
#include "app/text/numbers.h"

namespace app {

LayerMaps::LayerMaps(QWidget* parent) : Chart(parent), m_item(new LayerMapsItem(this)) {
  setTitle(tr("Error of every matrix under every checked scheme"));
  // Coordinates of this chart are pixels; the blocks in view are the range of the upper axis.
  setInteractions(QCP::Interactions());
  plotLayout()->setMargins(QMargins());
  axisRect()->setAutoMargins(QCP::msNone);
  axisRect()->setMargins(QMargins());
  for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) axis->setVisible(false);
  xAxis->grid()->setVisible(false);
  yAxis->grid()->setVisible(false);
  yAxis->setRangeReversed(true);
}

void LayerMaps::setContent(Content content) {
  const bool sameGrid = content.grid == m_content.grid;
  m_content = std::move(content);
  std::vector<std::vector<double>> values;
  for (const SchemeMap& scheme : m_content.schemes) {
    auto& finite = values.emplace_back();
    for (const Cell& cell : scheme.cells)
      if (cell.known && std::isfinite(cell.value)) finite.push_back(cell.value);
  }
  m_scale = LayerScale(m_content.metric, m_content.shading, values);
  const auto blocks = static_cast<std::size_t>(m_content.grid.blocks);
  m_matricesAt.assign(static_cast<std::size_t>(m_content.grid.kinds.size()) * blocks, {});
  for (std::size_t i = 0; i < m_content.grid.places.size(); ++i) {
    const auto& place = m_content.grid.places[i];
    m_matricesAt[static_cast<std::size_t>(place.kind) * blocks + static_cast<std::size_t>(place.block)].push_back(
        static_cast<int>(i));
  }
  if (!sameGrid) {
    xAxis2->setRange(-0.5, m_content.grid.blocks - 0.5);
    rememberHome();
  }
  setSelected(m_selectedMatrix, m_selectedScheme);
}

void LayerMaps::setSelected(int matrix, int scheme) {
  m_selectedMatrix = matrix;
  m_selectedScheme = scheme;
  const bool exists = matrix >= 0 && matrix < m_content.names.size() && scheme >= 0 &&
                      scheme < static_cast<int>(m_content.schemes.size());
  setAccessibleDescription(exists ? readout(QPointF(centerOf(matrix, scheme))).value_or(QString()) : QString());
  replot(QCustomPlot::rpQueuedReplot);
}

int LayerMaps::heightFor(int width) const { return m_item->heightFor(width); }

int LayerMaps::worstAt(LayerGrid::Place place, int scheme) const {
  const auto& here =
      m_matricesAt[static_cast<std::size_t>(place.kind) * static_cast<std::size_t>(m_content.grid.blocks) +
                   static_cast<std::size_t>(place.block)];
  const auto& cells = m_content.schemes[static_cast<std::size_t>(scheme)].cells;
  const auto badness = [&](int matrix) {
    const Cell& cell = cells[static_cast<std::size_t>(matrix)];
    if (cell.nonFinite) return std::numeric_limits<double>::infinity();
    return cell.known ? LayerScale::badness(m_content.metric, cell.value) : -std::numeric_limits<double>::infinity();
  };
  const auto worst = std::max_element(here.begin(), here.end(), [&](int a, int b) { return badness(a) < badness(b); });
  return worst == here.end() ? -1 : *worst;
}

QString LayerMaps::summary(int scheme) const {
  const SchemeMap& map = m_content.schemes[static_cast<std::size_t>(scheme)];
  double sum = 0, worst = 0;
  std::size_t count = 0, unknown = 0, nonFinite = 0, refused = 0;
  for (const Cell& cell : map.cells) {
    nonFinite += cell.nonFinite ? 1 : 0;
    refused += !cell.known && !cell.note.isEmpty() ? 1 : 0;
    unknown += !cell.known && cell.note.isEmpty() ? 1 : 0;
    if (!cell.known || !std::isfinite(cell.value)) continue;
    const bool worse = count == 0 || (largerIsBetter(m_content.metric) ? cell.value < worst : cell.value > worst);
    if (worse) worst = cell.value;
    sum += cell.value;
    ++count;
  }
  if (unknown == map.cells.size()) return tr("computing…");
  QStringList parts;
  if (count > 0)
    parts << tr("mean %1").arg(metricFigure(m_content.metric, sum / static_cast<double>(count)))
          << tr("worst %1").arg(metricFigure(m_content.metric, worst));
  else if (refused < map.cells.size() && nonFinite == 0)
    parts << tr("no error");
  if (nonFinite > 0) parts << tr("%1 not finite").arg(text::count(nonFinite));
  if (refused > 0) parts << tr("%1 refused").arg(text::count(refused));
  return parts.join(QStringLiteral(" · "));
}

std::optional<LayerMaps::Hit> LayerMaps::hitAt(QPointF pixel) const {
  if (m_content.names.isEmpty()) return std::nullopt;
  const auto layout = m_item->layOut(axisRect()->rect().size());
  for (int scheme = 0; scheme < static_cast<int>(m_content.schemes.size()); ++scheme) {
    if (layout.head(scheme).contains(pixel)) return Hit{-1, scheme};
    const QRectF grid = layout.grid(scheme);
    if (!grid.contains(pixel)) continue;
    const LayerGrid::Place place{
        static_cast<int>((pixel.y() - grid.top()) / layout.cell.height()),
        static_cast<int>(std::floor((pixel.x() - grid.left()) / layout.cell.width() + m_item->blocks().lower + 0.5))};
    const bool inside =
        place.kind < m_content.grid.kinds.size() && place.block >= 0 && place.block < m_content.grid.blocks;
    const int matrix = inside ? worstAt(place, scheme) : -1;
    return matrix < 0 ? std::nullopt : std::optional(Hit{matrix, scheme});
  }
  return std::nullopt;
}

std::optional<QString> LayerMaps::readout(QPointF coordinates) const {
  const auto hit = hitAt(coordinates);
  if (!hit) return std::nullopt;
  const SchemeMap& map = m_content.schemes[static_cast<std::size_t>(hit->scheme)];
  if (hit->matrix < 0) {
    QStringList parts{summary(hit->scheme), map.size};
    parts.removeAll(QString());
    return map.title + QStringLiteral(": ") + parts.join(QStringLiteral(" · "));
  }
  const Cell& cell = map.cells[static_cast<std::size_t>(hit->matrix)];
  QString value = cell.known            ? metricValue(m_content.metric, cell.value)
                  : cell.note.isEmpty() ? tr("computing…")
                                        : QString();
  if (!cell.note.isEmpty()) value += (value.isEmpty() ? QString() : QStringLiteral(" · ")) + cell.note;
  const auto& place = m_content.grid.places[static_cast<std::size_t>(hit->matrix)];
  const auto here =
      m_matricesAt[static_cast<std::size_t>(place.kind) * static_cast<std::size_t>(m_content.grid.blocks) +
                   static_cast<std::size_t>(place.block)]
          .size();
  if (here > 1) value += tr(" · the worst of %1").arg(text::count(here));
  return tr("%1 · %2: %3").arg(m_content.names[hit->matrix], map.title, value);
}

void LayerMaps::clickedAt(QPointF coordinates) {
  if (const auto hit = hitAt(coordinates); hit && hit->matrix >= 0) Q_EMIT cellClicked(hit->matrix, hit->scheme);
}

bool LayerMaps::activatedAt(QPointF coordinates) {
  const auto hit = hitAt(coordinates);
  if (!hit || hit->matrix < 0) return false;
  Q_EMIT cellActivated(hit->matrix, hit->scheme);
  return true;
}

void LayerMaps::mousePressEvent(QMouseEvent* event) {
  m_dragFrom = event->position().x();
  Chart::mousePressEvent(event);
}

void LayerMaps::mouseMoveEvent(QMouseEvent* event) {
  Chart::mouseMoveEvent(event);
  if (!event->buttons().testFlag(Qt::LeftButton)) return;
  const double cell = m_item->layOut(axisRect()->rect().size()).cell.width();
  const double shift = (m_dragFrom - event->position().x()) / std::max(cell, 1.0);
  m_dragFrom = event->position().x();
  const QCPRange now = m_item->blocks();
  const double room = m_content.grid.blocks - now.size();
  const double lower = std::clamp(now.lower + shift, -0.5, std::max(room - 0.5, -0.5));
  xAxis2->setRange(lower, lower + now.size());
  replot(QCustomPlot::rpQueuedReplot);
}

void LayerMaps::zoomBlocks(double factor, double around) {
  constexpr double kFewest = 4;
  const QCPRange now = m_item->blocks();
  const double all = m_content.grid.blocks, size = std::clamp(now.size() * factor, std::min(kFewest, all), all);
  const double lower = std::clamp(around - (around - now.lower) * size / now.size(), -0.5, all - size - 0.5);
  xAxis2->setRange(lower, lower + size);
  replot(QCustomPlot::rpQueuedReplot);
}

// The wheel alone scrolls the page that this picture may be larger than.
void LayerMaps::wheelEvent(QWheelEvent* event) {
  const auto hit = hitAt(event->position());
  if (!event->modifiers().testFlag(Qt::ControlModifier) || !hit) return event->ignore();
  const auto layout = m_item->layOut(axisRect()->rect().size());
  const double around =
      (event->position().x() - layout.grid(hit->scheme).left()) / layout.cell.width() + m_item->blocks().lower;
  zoomBlocks(std::pow(0.85, event->angleDelta().y() / 120.0), around);
  event->accept();
}

void LayerMaps::step(int blocks, int kinds) {
  LayerGrid::Place place =
      m_selectedMatrix < 0 ? LayerGrid::Place{} : m_content.grid.places[static_cast<std::size_t>(m_selectedMatrix)];
  const int scheme = std::max(m_selectedScheme, 0);
  if (m_selectedMatrix < 0) blocks = kinds = 0;
  // Places without a matrix are stepped over.
  while (true) {
    place.block += blocks;
    place.kind += kinds;
    if (place.block < 0 || place.block >= m_content.grid.blocks || place.kind < 0 ||
        place.kind >= m_content.grid.kinds.size())
      return;
    if (const int matrix = worstAt(place, scheme); matrix >= 0) return Q_EMIT cellClicked(matrix, scheme);
    if (blocks == 0 && kinds == 0) return;
  }
}

void LayerMaps::keyPressEvent(QKeyEvent* event) {
  if (m_content.names.isEmpty() || m_content.schemes.empty()) return Chart::keyPressEvent(event);
  const int last = static_cast<int>(m_content.schemes.size()) - 1;
  const auto scheme = [&](int by) {
    Q_EMIT cellClicked(std::max(m_selectedMatrix, 0), std::clamp(m_selectedScheme + by, 0, last));
  };
  switch (event->key()) {
    case Qt::Key_Left:
      return step(-1, 0);
    case Qt::Key_Right:
      return step(1, 0);
    case Qt::Key_Up:
      return step(0, -1);
    case Qt::Key_Down:
      return step(0, 1);
    case Qt::Key_PageUp:
      return scheme(-1);
    case Qt::Key_PageDown:
      return scheme(1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (m_selectedMatrix >= 0 && m_selectedScheme >= 0) Q_EMIT cellActivated(m_selectedMatrix, m_selectedScheme);
      return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoomBlocks(0.8, m_item->blocks().center());
    case Qt::Key_Minus:
      return zoomBlocks(1.25, m_item->blocks().center());
    default:
      Chart::keyPressEvent(event);
  }
}

void LayerMaps::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  xAxis->setRange(0, width());
  yAxis->setRange(0, height());
}

QPoint LayerMaps::centerOf(int matrix, int scheme) const {
  const auto layout = m_item->layOut(axisRect()->rect().size());
  const QRectF grid = layout.grid(scheme);
  const auto& place = m_content.grid.places[static_cast<std::size_t>(matrix)];
  return QPointF(grid.left() + (place.block - m_item->blocks().lower) * layout.cell.width(),
                 grid.top() + (place.kind + 0.5) * layout.cell.height())
      .toPoint();
}

ChartTable LayerMaps::table() const {
  ChartTable result;
  result.columns << tr("tensor");
  for (const SchemeMap& scheme : m_content.schemes) result.columns << scheme.title;
  result.rowLabels = m_content.names;
  for (qsizetype matrix = 0; matrix < m_content.names.size(); ++matrix) {
    auto& row = result.rows.emplace_back();
    for (const SchemeMap& scheme : m_content.schemes) {
      const Cell& cell = scheme.cells[static_cast<std::size_t>(matrix)];
      row.push_back(cell.known ? cell.value : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return result;
}

}  // namespace app
