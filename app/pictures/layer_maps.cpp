#include "app/pictures/layer_maps.h"

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

// The scale is that of what was found; where nothing was, of what there is.
std::vector<double> LayerMaps::scaled(const SchemeMap& map, bool isShared) {
  std::vector<double> found, all;
  for (const Cell& cell : map.cells) {
    if (!cell.known || !std::isfinite(cell.value) || (cell.shared != Shared::No) != isShared) continue;
    all.push_back(cell.value);
    if (!cell.isWithinError) found.push_back(cell.value);
  }
  return found.empty() ? all : found;
}

void LayerMaps::setContent(Content content) {
  const bool sameGrid = content.grid == m_content.grid;
  m_content = std::move(content);
  // What is of a layer as a whole is larger than what is of its matrices: it has a scale of its own.
  std::vector<std::vector<double>> values, sharedValues;
  for (const SchemeMap& scheme : m_content.schemes) {
    values.push_back(scaled(scheme, false));
    sharedValues.push_back(scaled(scheme, true));
  }
  const bool isAllShared = std::ranges::all_of(values, [](const auto& ofScheme) { return ofScheme.empty(); });
  m_sharedScale = LayerScale(m_content.metric, m_content.shading, sharedValues);
  m_scale = isAllShared ? m_sharedScale : LayerScale(m_content.metric, m_content.shading, values);
  const auto blocks = static_cast<std::size_t>(m_content.grid.blocks);
  m_matricesAt.assign(static_cast<std::size_t>(m_content.grid.kinds.size()) * blocks, {});
  for (std::size_t i = 0; i < m_content.grid.places.size(); ++i) {
    const auto& place = m_content.grid.places[i];
    m_matricesAt[static_cast<std::size_t>(place.kind) * blocks + static_cast<std::size_t>(place.block)].push_back(
        static_cast<int>(i));
  }
  if (!sameGrid) {
    m_marks.clear();
    xAxis2->setRange(-0.5, m_content.grid.blocks - 0.5);
    rememberHome();
  }
  setSelected(m_selectedMatrix, m_selectedScheme);
  if (!sameGrid) Q_EMIT markedChanged();
}

void LayerMaps::setSelected(int matrix, int scheme) {
  const bool isOther = matrix != m_selectedMatrix;
  m_selectedMatrix = matrix;
  m_selectedScheme = scheme;
  const bool exists = matrix >= 0 && matrix < m_content.names.size() && scheme >= 0 &&
                      scheme < static_cast<int>(m_content.schemes.size());
  setAccessibleDescription(exists ? describe({matrix, scheme, m_content.grid.places[static_cast<std::size_t>(matrix)]})
                                  : QString());
  replot(QCustomPlot::rpQueuedReplot);
  if (isOther && m_marks.isEmpty()) Q_EMIT markedChanged();
}

std::optional<LayerMaps::Place> LayerMaps::selectedPlace() const {
  if (m_selectedMatrix < 0 || m_selectedMatrix >= m_content.names.size()) return std::nullopt;
  return m_content.grid.places[static_cast<std::size_t>(m_selectedMatrix)];
}

std::vector<int> LayerMaps::marked() const {
  std::vector<int> result;
  const auto selected = selectedPlace();
  for (int matrix = 0; matrix < static_cast<int>(m_content.grid.places.size()); ++matrix) {
    const Place place = m_content.grid.places[static_cast<std::size_t>(matrix)];
    if (m_marks.isEmpty() ? place == selected : m_marks.contains(place)) result.push_back(matrix);
  }
  return result;
}

const std::vector<int>& LayerMaps::matricesAt(Place place) const {
  return m_matricesAt[static_cast<std::size_t>(place.kind) * static_cast<std::size_t>(m_content.grid.blocks) +
                      static_cast<std::size_t>(place.block)];
}

int LayerMaps::heightFor(int width) const { return m_item->heightFor(width); }

int LayerMaps::worstAt(Place place, int scheme) const {
  const auto& here = matricesAt(place);
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
  if (!map.summary.isEmpty()) return map.summary;
  double sum = 0, worst = 0;
  std::size_t count = 0, unknown = 0, nonFinite = 0, refused = 0, changed = 0;
  for (const Cell& cell : map.cells) {
    if (cell.isKept) continue;
    ++changed;
    nonFinite += cell.nonFinite ? 1 : 0;
    refused += !cell.known && !cell.note.isEmpty() ? 1 : 0;
    unknown += !cell.known && cell.note.isEmpty() ? 1 : 0;
    if (!cell.known || !std::isfinite(cell.value)) continue;
    const bool worse = count == 0 || (largerIsBetter(m_content.metric) ? cell.value < worst : cell.value > worst);
    if (worse) worst = cell.value;
    sum += cell.value;
    ++count;
  }
  if (unknown > 0 && unknown == changed) return tr("computing…");
  QStringList parts;
  if (count > 0)
    parts << tr("mean %1").arg(metricFigure(m_content.metric, sum / static_cast<double>(count)))
          << tr("worst %1").arg(metricFigure(m_content.metric, worst));
  else if (refused < changed && nonFinite == 0)
    parts << tr("no error");
  if (nonFinite > 0) parts << tr("%1 not finite").arg(text::count(nonFinite));
  if (refused > 0) parts << tr("%1 refused").arg(text::count(refused));
  if (map.kept > 0) parts << tr("%1 as stored").arg(text::count(map.kept));
  return parts.join(QStringLiteral(" · "));
}

std::optional<LayerMaps::Hit> LayerMaps::hitAt(QPointF pixel) const {
  if (m_content.names.isEmpty()) return std::nullopt;
  const auto layout = m_item->layOut(axisRect()->rect().size());
  for (int scheme = 0; scheme < static_cast<int>(m_content.schemes.size()); ++scheme) {
    if (layout.head(scheme).contains(pixel)) return Hit{-1, scheme, {}};
    if (!layout.grid(scheme).contains(pixel)) continue;
    const Place place = nearestPlace(pixel, scheme);
    const int matrix = worstAt(place, scheme);
    return matrix < 0 ? std::nullopt : std::optional(Hit{matrix, scheme, place});
  }
  return std::nullopt;
}

LayerMaps::Place LayerMaps::nearestPlace(QPointF pixel, int scheme) const {
  const auto layout = m_item->layOut(axisRect()->rect().size());
  const QRectF grid = layout.grid(scheme);
  const double row = (pixel.y() - grid.top()) / layout.cell.height();
  const double column = (pixel.x() - grid.left()) / layout.cell.width() + m_item->blocks().lower + 0.5;
  const int kind = std::clamp(static_cast<int>(std::floor(row)), 0, static_cast<int>(m_content.grid.kinds.size()) - 1);
  const int block = std::clamp(static_cast<int>(std::floor(column)), 0, m_content.grid.blocks - 1);
  return {kind, m_content.grid.isOutside(kind) ? 0 : block};
}

std::optional<QString> LayerMaps::readout(QPointF coordinates) const {
  const auto hit = hitAt(coordinates);
  return hit ? std::optional(describe(*hit)) : std::nullopt;
}

QString LayerMaps::describe(const Hit& hit) const {
  const SchemeMap& map = m_content.schemes[static_cast<std::size_t>(hit.scheme)];
  if (hit.matrix < 0) {
    QStringList parts{summary(hit.scheme), map.size};
    parts.removeAll(QString());
    return map.title + QStringLiteral(": ") + parts.join(u'\n');
  }
  const Cell& cell = map.cells[static_cast<std::size_t>(hit.matrix)];
  QStringList parts;
  if (cell.isKept)
    parts << tr("stays as stored (%1)").arg(cell.made);
  else if (cell.known)
    parts << (cell.made.isEmpty() ? QString() : cell.made + QStringLiteral(", ")) +
                 metricValue(m_content.metric, cell.value, cell.error);
  else if (cell.note.isEmpty() && cell.detail.isEmpty())
    parts << tr("computing…");
  if (!cell.note.isEmpty()) parts << cell.note;
  const std::size_t here = matricesAt(hit.place).size();
  if (here > 1) parts << tr("the worst of %1").arg(text::count(here));
  const QString text = tr("%1 · %2: %3").arg(m_content.names[hit.matrix], map.title, parts.join(QStringLiteral(" · ")));
  return cell.detail.isEmpty() ? text : text + u'\n' + cell.detail;
}

void LayerMaps::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  xAxis->setRange(0, width());
  yAxis->setRange(0, height());
}

QPoint LayerMaps::centerOf(int matrix, int scheme) const {
  const auto layout = m_item->layOut(axisRect()->rect().size());
  const QRectF grid = layout.grid(scheme);
  const Place place = m_content.grid.places[static_cast<std::size_t>(matrix)];
  const double middle = m_content.grid.isOutside(place.kind)
                            ? grid.width() / 2
                            : (place.block - m_item->blocks().lower) * layout.cell.width();
  return QPointF(grid.left() + middle, grid.top() + (place.kind + 0.5) * layout.cell.height()).toPoint();
}

QRect LayerMaps::placeOf(int scheme) const {
  const auto layout = m_item->layOut(axisRect()->rect().size());
  return layout.head(scheme).united(layout.grid(scheme)).toAlignedRect();
}

ChartTable LayerMaps::table() const {
  ChartTable result;
  result.columns << tr("tensor");
  const bool hasErrors = m_content.metric == core::metrics::Metric::MeasuredKl;
  for (const SchemeMap& scheme : m_content.schemes) {
    result.columns << scheme.title;
    if (hasErrors) result.columns << tr("%1, standard error").arg(scheme.title);
  }
  result.rowLabels = m_content.names;
  for (qsizetype matrix = 0; matrix < m_content.names.size(); ++matrix) {
    auto& row = result.rows.emplace_back();
    for (const SchemeMap& scheme : m_content.schemes) {
      const Cell& cell = scheme.cells[static_cast<std::size_t>(matrix)];
      // A figure that is of more than the matrix is not the matrix's.
      const bool isOwn = cell.known && cell.shared == Shared::No;
      row.push_back(isOwn ? cell.value : std::numeric_limits<double>::quiet_NaN());
      if (hasErrors) row.push_back(isOwn ? cell.error : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return result;
}

}  // namespace app
