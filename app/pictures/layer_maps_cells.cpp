// The cells of the layer maps: their colours, figures and marks.
#include <algorithm>
#include <cmath>
#include <map>

#include "app/pictures/layer_maps.h"
#include "app/pictures/layer_maps_item.h"
#include "app/pictures/metric_text.h"
#include "app/plots/text_layer.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr double kLinesFrom = 6;    ///< cells of this width have a line between them
constexpr double kLetterFrom = 20;  ///< cells of this width carry their scheme each

constexpr double kPale = 0.72;  ///< of the ground, in a colour that says nothing was found

/// In low rows a thick line would stand on the figures.
double frameWidth(const LayerMapsItem::Layout& layout) { return layout.cell.height() >= 20 ? 2 : 1.2; }

}  // namespace

void LayerMapsItem::drawMap(QCPPainter& painter, const Layout& layout, int scheme) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QRectF grid = layout.grid(scheme);
  drawHead(painter, layout.head(scheme), scheme);
  painter.save();
  painter.setClipRect(grid.adjusted(-1, -1, 1, 1));
  const double gap = layout.cell.width() >= kLinesFrom ? 1 : 0;
  QRectF selected;
  for (std::size_t at = 0; at < m_maps.m_matricesAt.size(); ++at) {
    const auto& here = m_maps.m_matricesAt[at];
    if (here.empty()) continue;
    const int blocksInAll = m_maps.m_content.grid.blocks;
    const LayerGrid::Place place{static_cast<int>(at) / blocksInAll, static_cast<int>(at) % blocksInAll};
    const QRectF rect = cellRect(layout, scheme, place);
    if (rect.right() < grid.left() || rect.left() > grid.right()) continue;
    const int worst = m_maps.worstAt(place, scheme);
    const auto& cells = m_maps.m_content.schemes[static_cast<std::size_t>(scheme)].cells;
    const auto shared = cells[static_cast<std::size_t>(worst)].shared;
    drawCell(painter,
             rect.adjusted(0, 0, shared == LayerMaps::Shared::WithKind ? 0 : -gap,
                           shared == LayerMaps::Shared::WithLayer ? 0 : -gap),
             worst, scheme);
    if (std::find(here.begin(), here.end(), m_maps.m_selectedMatrix) != here.end()) selected = rect;
  }
  drawShared(painter, layout, scheme);
  if (layout.cell.width() < kLetterFrom) drawRuns(painter, layout, scheme);
  drawMarked(painter, layout, scheme);
  if (!selected.isNull()) {
    const bool current = scheme == m_maps.m_selectedScheme;
    const double wide = current ? frameWidth(layout) : 1;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.surface, wide + 1.5));
    painter.drawRect(selected.adjusted(0, 0, -gap, -gap));
    painter.setPen(QPen(current ? colors.accent : colors.text, wide));
    painter.drawRect(selected.adjusted(0, 0, -gap, -gap));
  }
  painter.restore();
}

QRectF LayerMapsItem::cellRect(const Layout& layout, int scheme, LayerGrid::Place place) const {
  const QRectF grid = layout.grid(scheme);
  const double top = grid.top() + place.kind * layout.cell.height();
  if (m_maps.m_content.grid.isOutside(place.kind)) return {grid.left(), top, grid.width(), layout.cell.height()};
  return {grid.left() + (place.block - 0.5 - blocks().lower) * layout.cell.width(), top, layout.cell.width(),
          layout.cell.height()};
}

void LayerMapsItem::drawShared(QCPPainter& painter, const Layout& layout, int scheme) const {
  const auto& cells = m_maps.m_content.schemes[static_cast<std::size_t>(scheme)].cells;
  const auto& grid = m_maps.m_content.grid;
  std::map<std::pair<bool, int>, std::pair<QRectF, double>> groups;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].shared == LayerMaps::Shared::No || !cells[i].known) continue;
    const bool isKind = cells[i].shared == LayerMaps::Shared::WithKind;
    auto& [rect, value] = groups[{isKind, isKind ? grid.places[i].kind : grid.places[i].block}];
    rect = rect.united(cellRect(layout, scheme, grid.places[i]));
    value = cells[i].value;
  }
  const QFontMetricsF metrics(font());
  painter.setFont(font());
  for (const auto& [key, group] : groups) {
    const QString figure = metricFigure(m_maps.m_content.metric, group.second);
    const QSizeF room = group.first.size(), size(metrics.horizontalAdvance(figure) + 4, metrics.height());
    const bool isUpright = size.width() > room.width();  // in a narrow column it is read from below
    const QSizeF taken = isUpright ? size.transposed() : size;
    if (taken.width() > room.width() || taken.height() > room.height()) continue;
    const QRectF plate(QPointF(-size.width() / 2, -size.height() / 2), size);
    painter.save();
    painter.translate(group.first.center());
    if (isUpright) painter.rotate(-90);
    painter.fillRect(plate, Theme::instance().colors().surface);
    painter.setPen(Theme::instance().colors().text);
    painter.drawText(plate, static_cast<int>(Qt::AlignCenter), figure);
    painter.restore();
  }
}

// Where cells are narrow, neighbours of one scheme carry it together: a line above them, and its letter in the middle.
void LayerMapsItem::drawRuns(QCPPainter& painter, const Layout& layout, int scheme) const {
  const auto& content = m_maps.m_content;
  const auto& cells = content.schemes[static_cast<std::size_t>(scheme)].cells;
  const QFontMetricsF metrics(font());
  const auto treatmentAt = [&](int kind, int block) {
    const int matrix = block < content.grid.blocks ? m_maps.worstAt({kind, block}, scheme) : -1;
    return matrix < 0 ? -1 : cells[static_cast<std::size_t>(matrix)].treatment;
  };
  for (int kind = 0; kind < content.grid.kinds.size() - content.grid.outside; ++kind) {
    for (int first = 0, end = 0; first < content.grid.blocks; first = end) {
      const int treatment = treatmentAt(kind, first);
      for (end = first + 1; end < content.grid.blocks && treatmentAt(kind, end) == treatment;) ++end;
      if (treatment < 0) continue;
      const auto& mark = content.treatments[static_cast<std::size_t>(treatment)];
      const QRectF run = cellRect(layout, scheme, {kind, first}).united(cellRect(layout, scheme, {kind, end - 1}));
      painter.fillRect(QRectF(run.topLeft(), QSizeF(run.width(), 3)), Theme::instance().colors().surface);
      painter.fillRect(QRectF(run.topLeft(), QSizeF(run.width(), 2)), mark.color);
      const double wide = metrics.horizontalAdvance(mark.letter) + 4;
      if (wide > run.width() || metrics.ascent() > run.height()) continue;
      const QRectF plate(run.center().x() - wide / 2, run.center().y() - metrics.ascent() / 2 + 1, wide,
                         metrics.ascent());
      painter.fillRect(plate, Theme::instance().colors().surface);
      painter.setFont(font());
      painter.setPen(Theme::instance().colors().text);
      painter.drawText(plate.adjusted(0, -4, 0, 4), static_cast<int>(Qt::AlignCenter), mark.letter);
    }
  }
}

// One line around all that is marked: only where a neighbour is not.
void LayerMapsItem::drawMarked(QCPPainter& painter, const Layout& layout, int scheme) const {
  const LayerGrid& grid = m_maps.m_content.grid;
  const auto isMarked = [&](int kind, int block) {
    return kind >= 0 && kind < grid.kinds.size() && m_maps.m_marks.contains({kind, grid.isOutside(kind) ? 0 : block});
  };
  const ThemeColors& colors = Theme::instance().colors();
  const double wide = frameWidth(layout);
  for (const QPen& pen : {QPen(colors.surface, wide + 1.5), QPen(colors.accent, wide)}) {
    painter.setPen(pen);
    for (const LayerGrid::Place place : grid.places) {
      if (!m_maps.m_marks.contains(place)) continue;
      const QRectF rect = cellRect(layout, scheme, place);
      const bool isRow = grid.isOutside(place.kind);
      if (isRow || !isMarked(place.kind - 1, place.block)) painter.drawLine(rect.topLeft(), rect.topRight());
      if (isRow || !isMarked(place.kind + 1, place.block)) painter.drawLine(rect.bottomLeft(), rect.bottomRight());
      if (isRow || !isMarked(place.kind, place.block - 1)) painter.drawLine(rect.topLeft(), rect.bottomLeft());
      if (isRow || !isMarked(place.kind, place.block + 1)) painter.drawLine(rect.topRight(), rect.bottomRight());
    }
  }
}

void LayerMapsItem::drawCell(QCPPainter& painter, const QRectF& rect, int matrix, int scheme) const {
  const ThemeColors& colors = Theme::instance().colors();
  const auto& map = m_maps.m_content.schemes[static_cast<std::size_t>(scheme)];
  const auto& cell = map.cells[static_cast<std::size_t>(matrix)];
  const QFontMetricsF metrics(font());
  const bool isFilled = cell.known && !std::isnan(cell.value);
  const LayerScale& scale = cell.shared == LayerMaps::Shared::No ? m_maps.m_scale : m_maps.m_sharedScale;
  QColor ground = isFilled ? scale.color(static_cast<std::size_t>(scheme), cell.value) : colors.sunken;
  if (isFilled && (cell.isWithinError || map.isOld)) ground = mix(ground, colors.surface, kPale);
  painter.fillRect(rect, ground);
  if (isFilled && cell.shared != LayerMaps::Shared::No) {
    QColor hatch = colors.surface;
    hatch.setAlphaF(0.5F);
    painter.fillRect(rect, QBrush(hatch, Qt::BDiagPattern));
    return;
  }
  if (!isFilled && !cell.isKept && !cell.note.isEmpty()) {
    painter.setPen(QPen(colors.textFaint, 1));
    painter.drawLine(rect.bottomLeft(), rect.topRight());
  }
  if (cell.nonFinite) return drawMark(painter, rect);
  const QString figure = isFilled      ? m_maps.m_scale.figure(static_cast<std::size_t>(scheme), cell.value)
                         : cell.isKept ? cell.made
                                       : QString();
  const double wide = metrics.horizontalAdvance(figure);
  const bool fits = metrics.ascent() <= rect.height() && wide + 4 <= rect.width();
  if (fits) {
    painter.setFont(font());
    painter.setPen(isFilled ? TextLayer::inkOn(ground) : colors.textMuted);
    painter.drawText(rect.adjusted(0, -4, 0, 4), static_cast<int>(Qt::AlignCenter), figure);
  }
  if (rect.width() >= kLetterFrom) drawTreatment(painter, rect, cell.treatment, ground, fits ? wide : 0);
}

// A folded corner in the scheme's colour, and beside the figure its letter where there is room for both.
void LayerMapsItem::drawTreatment(QCPPainter& painter, const QRectF& rect, int treatment, const QColor& ground,
                                  double figure) const {
  if (treatment < 0) return;
  const auto& mark = m_maps.m_content.treatments[static_cast<std::size_t>(treatment)];
  const QFontMetricsF metrics(font());
  const double side = std::min({rect.width(), rect.height(), 7.0});
  painter.save();
  painter.setAntialiasing(true);
  painter.setPen(QPen(Theme::instance().colors().surface, 1));
  painter.setBrush(mark.color);
  painter.drawPolygon(QPolygonF{rect.topLeft(), rect.topLeft() + QPointF(side, 0), rect.topLeft() + QPointF(0, side)});
  painter.restore();
  const double letter = metrics.horizontalAdvance(mark.letter);
  const double room = figure > 0 ? (rect.width() - figure) / 2 : rect.width();
  if (letter + side + 4 > room || metrics.ascent() > rect.height()) return;
  painter.setFont(font());
  painter.setPen(TextLayer::inkOn(ground));
  painter.drawText(QRectF(rect.left() + side + 1, rect.top() - 4, letter + 2, rect.height() + 8),
                   static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), mark.letter);
}

// A cross on the page's ground, as large as the cell: seen at any size and without colours.
void LayerMapsItem::drawMark(QCPPainter& painter, const QRectF& rect) const {
  const ThemeColors& colors = Theme::instance().colors();
  const double side = std::min({rect.width(), rect.height(), 14.0});
  const QRectF mark(rect.center() - QPointF(side, side) / 2, QSizeF(side, side));
  painter.save();
  painter.setAntialiasing(true);
  painter.fillRect(mark, colors.surface);
  painter.setPen(QPen(colors.error, std::clamp(side / 6, 1.0, 2.0)));
  painter.drawLine(mark.topLeft() + QPointF(1, 1), mark.bottomRight() - QPointF(1, 1));
  painter.drawLine(mark.topRight() + QPointF(-1, 1), mark.bottomLeft() + QPointF(1, -1));
  painter.restore();
}

}  // namespace app
