#include "app/pictures/layer_maps_item.h"

#include <algorithm>
#include <cmath>

#include "app/pictures/layer_maps.h"
#include "app/pictures/metric_text.h"
#include "app/plots/text_layer.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr double kHead = 48, kFoot = 14, kGap = 14, kEdge = 10, kScale = 40;
constexpr double kLeastRow = 13, kMostRow = 48, kMostCell = 84;
constexpr double kLeastMap = 190, kLeastCell = 4, kMostGutter = 130;
constexpr double kLinesFrom = 6;  ///< cells of this width have a line between them

QFont smallFont() { return Theme::instance().textFont(-1.5); }

}  // namespace

LayerMapsItem::LayerMapsItem(LayerMaps* maps) : QCPAbstractItem(maps), m_maps(*maps) {
  setClipToAxisRect(false);
  setSelectable(false);
}

QCPRange LayerMapsItem::blocks() const { return m_maps.xAxis2->range(); }

double LayerMapsItem::gutterWidth() const {
  const QFontMetricsF metrics(smallFont());
  double widest = 0;
  for (const QString& kind : m_maps.m_content.grid.kinds) widest = std::max(widest, metrics.horizontalAdvance(kind));
  return std::min(widest, kMostGutter) + 8;
}

int LayerMapsItem::mostColumns(double width) const {
  const double least = std::max(kLeastMap, kLeastCell * m_maps.m_content.grid.blocks);
  const int fit = static_cast<int>((width - 2 * kEdge - gutterWidth() + kGap) / (least + kGap));
  return std::clamp(fit, 1, std::max(static_cast<int>(m_maps.m_content.schemes.size()), 1));
}

int LayerMapsItem::heightFor(int width) const {
  const int schemes = static_cast<int>(m_maps.m_content.schemes.size());
  const int columns = mostColumns(width), rows = (schemes + columns - 1) / columns;
  const double tile = kHead + kLeastRow * static_cast<double>(m_maps.m_content.grid.kinds.size()) + kFoot;
  return static_cast<int>(std::ceil(rows * tile + std::max(rows - 1, 0) * kGap + 2 * kEdge + kScale));
}

// As many maps side by side as give the largest cells; if no arrangement fits the height, the flattest.
LayerMapsItem::Layout LayerMapsItem::layOut(QSizeF room) const {
  const int most = mostColumns(room.width());
  Layout best = withColumns(room, most);
  const auto area = [](const Layout& layout) { return layout.cell.width() * layout.cell.height(); };
  for (int columns = 1; columns < most; ++columns) {
    const Layout layout = withColumns(room, columns);
    if (layout.cell.height() >= kLeastRow && area(layout) > area(best)) best = layout;
  }
  return best;
}

LayerMapsItem::Layout LayerMapsItem::withColumns(QSizeF room, int columns) const {
  const auto& content = m_maps.m_content;
  Layout layout;
  layout.gutter = gutterWidth();
  layout.columns = columns;
  const int schemes = std::max(static_cast<int>(content.schemes.size()), 1);
  const int rows = (schemes + columns - 1) / columns;
  const double kinds = std::max<double>(static_cast<double>(content.grid.kinds.size()), 1);
  const double across = (room.width() - 2 * kEdge - layout.gutter - (columns - 1) * kGap) / columns;
  const double down = (room.height() - 2 * kEdge - kScale - (rows - 1) * kGap) / rows;
  const double shown = std::max(blocks().size(), 1.0);
  layout.cell = QSizeF(std::min(across / shown, kMostCell), std::min((down - kHead - kFoot) / kinds, kMostRow));
  layout.gridSize = QSizeF(layout.cell.width() * shown, layout.cell.height() * kinds);
  layout.tile = QSizeF(across, kHead + layout.gridSize.height() + kFoot);
  return layout;
}

QRectF LayerMapsItem::Layout::head(int scheme) const {
  return {kEdge + gutter + (scheme % columns) * (tile.width() + kGap),
          kEdge + (scheme / columns) * (tile.height() + kGap), tile.width(), kHead};
}

QRectF LayerMapsItem::Layout::grid(int scheme) const {
  const QRectF above = head(scheme);
  return {above.bottomLeft(), gridSize};
}

void LayerMapsItem::draw(QCPPainter* painter) {
  if (m_maps.m_content.names.isEmpty() || m_maps.m_content.schemes.empty()) return;
  const QSizeF room = m_maps.axisRect()->rect().size();
  const Layout layout = layOut(room);
  painter->setAntialiasing(false);
  drawKinds(*painter, layout);
  for (int scheme = 0; scheme < static_cast<int>(m_maps.m_content.schemes.size()); ++scheme) {
    drawMap(*painter, layout, scheme);
    drawBlockTicks(*painter, layout, scheme);
  }
  drawScale(*painter, layout, room.width() - kEdge);
}

void LayerMapsItem::drawKinds(QCPPainter& painter, const Layout& layout) const {
  painter.setFont(smallFont());
  painter.setPen(Theme::instance().colors().textMuted);
  const QFontMetricsF metrics(smallFont());
  const int schemes = static_cast<int>(m_maps.m_content.schemes.size());
  // At rows that are too low for a line of text only every second kind is named.
  const int every = std::max(1, static_cast<int>(std::ceil((metrics.ascent() + 1) / layout.cell.height())));
  for (int first = 0; first < schemes; first += layout.columns) {
    const QRectF grid = layout.grid(first);
    for (int kind = 0; kind < m_maps.m_content.grid.kinds.size(); kind += every) {
      const QRectF row(kEdge, grid.top() + kind * layout.cell.height(), layout.gutter - 8, layout.cell.height());
      painter.drawText(row.adjusted(0, -4, 0, 4), static_cast<int>(Qt::AlignRight | Qt::AlignVCenter),
                       metrics.elidedText(m_maps.m_content.grid.kinds[kind], Qt::ElideMiddle, row.width()));
    }
  }
}

void LayerMapsItem::drawHead(QCPPainter& painter, const QRectF& head, int scheme) const {
  const ThemeColors& colors = Theme::instance().colors();
  const auto& map = m_maps.m_content.schemes[static_cast<std::size_t>(scheme)];
  const QFont titleFont = Theme::instance().textFont(-0.5, QFont::DemiBold);
  const QFontMetricsF titles(titleFont);
  painter.setPen(Qt::NoPen);
  painter.setBrush(map.color);
  painter.setAntialiasing(true);
  painter.drawEllipse(QRectF(head.left(), head.top() + titles.height() / 2 - 4, 9, 9));
  painter.setAntialiasing(false);
  double top = head.top();
  const auto line = [&](const QString& text, const QFont& font, const QColor& color, double indent) {
    const QFontMetricsF metrics(font);
    const QRectF row(head.left() + indent, top, head.width() - indent, metrics.height());
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(row, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter),
                     metrics.elidedText(text, Qt::ElideRight, row.width()));
    top += metrics.height();
  };
  line(map.title, titleFont, colors.text, 14);
  line(m_maps.summary(scheme), smallFont(), colors.textMuted, 0);
  line(map.size, smallFont(), colors.textMuted, 0);
}

void LayerMapsItem::drawMap(QCPPainter& painter, const Layout& layout, int scheme) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QRectF grid = layout.grid(scheme);
  drawHead(painter, layout.head(scheme), scheme);
  painter.save();
  painter.setClipRect(grid.adjusted(-1, -1, 1, 1));
  const double gap = layout.cell.width() >= kLinesFrom ? 1 : 0;
  QRectF selected;
  for (std::size_t at = 0; at < m_maps.m_matricesAt.size(); ++at) {
    if (m_maps.m_matricesAt[at].empty()) continue;
    const int blocksInAll = m_maps.m_content.grid.blocks;
    const LayerGrid::Place place{static_cast<int>(at) / blocksInAll, static_cast<int>(at) % blocksInAll};
    const QRectF rect(grid.left() + (place.block - 0.5 - blocks().lower) * layout.cell.width(),
                      grid.top() + place.kind * layout.cell.height(), layout.cell.width(), layout.cell.height());
    if (rect.right() < grid.left() || rect.left() > grid.right()) continue;
    drawCell(painter, rect.adjusted(0, 0, -gap, -gap), m_maps.worstAt(place, scheme), scheme);
    const auto& here = m_maps.m_matricesAt[at];
    if (std::find(here.begin(), here.end(), m_maps.m_selectedMatrix) != here.end()) selected = rect;
  }
  if (!selected.isNull()) {
    const bool current = scheme == m_maps.m_selectedScheme;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.surface, current ? 4 : 2.5));
    painter.drawRect(selected.adjusted(0, 0, -gap, -gap));
    painter.setPen(QPen(current ? colors.accent : colors.text, current ? 2 : 1));
    painter.drawRect(selected.adjusted(0, 0, -gap, -gap));
  }
  painter.restore();
}

void LayerMapsItem::drawCell(QCPPainter& painter, const QRectF& rect, int matrix, int scheme) const {
  const ThemeColors& colors = Theme::instance().colors();
  const auto& cell = m_maps.m_content.schemes[static_cast<std::size_t>(scheme)].cells[static_cast<std::size_t>(matrix)];
  if (!cell.known || std::isnan(cell.value)) {
    painter.fillRect(rect, colors.sunken);
    if (!cell.note.isEmpty()) {
      painter.setPen(QPen(colors.textFaint, 1));
      painter.drawLine(rect.bottomLeft(), rect.topRight());
    }
    if (cell.nonFinite) drawMark(painter, rect);
    return;
  }
  const QColor ground = m_maps.m_scale.color(static_cast<std::size_t>(scheme), cell.value);
  painter.fillRect(rect, ground);
  if (cell.nonFinite) return drawMark(painter, rect);
  const QFontMetricsF metrics(smallFont());
  const QString figure = m_maps.m_scale.figure(static_cast<std::size_t>(scheme), cell.value);
  if (metrics.ascent() > rect.height() || metrics.horizontalAdvance(figure) + 6 > rect.width()) return;
  painter.setFont(smallFont());
  painter.setPen(TextLayer::inkOn(ground));
  painter.drawText(rect.adjusted(0, -4, 0, 4), static_cast<int>(Qt::AlignCenter), figure);
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

void LayerMapsItem::drawBlockTicks(QCPPainter& painter, const Layout& layout, int scheme) const {
  const QFontMetricsF metrics(smallFont());
  const QRectF grid = layout.grid(scheme);
  const double wide = metrics.horizontalAdvance(QString::number(m_maps.m_content.grid.blocks)) + 10;
  int every = 1;
  for (const int step : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}) {
    every = step;
    if (step * layout.cell.width() >= wide) break;
  }
  painter.setFont(smallFont());
  painter.setPen(Theme::instance().colors().textFaint);
  for (int block = 0; block < m_maps.m_content.grid.blocks; block += every) {
    const double at = grid.left() + (block - blocks().lower) * layout.cell.width();
    if (at < grid.left() || at > grid.right()) continue;
    painter.drawText(QRectF(at - wide, grid.bottom() + 1, 2 * wide, kFoot),
                     static_cast<int>(Qt::AlignHCenter | Qt::AlignTop), QString::number(block));
  }
  if (scheme % layout.columns == 0)
    painter.drawText(QRectF(kEdge, grid.bottom() + 1, layout.gutter - 8, kFoot),
                     static_cast<int>(Qt::AlignRight | Qt::AlignTop), LayerMaps::tr("block"));
}

void LayerMapsItem::drawScale(QCPPainter& painter, const Layout& layout, double right) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QFontMetricsF metrics(smallFont());
  constexpr double kBar = 8, kMark = 12;
  const auto& schemes = m_maps.m_content.schemes;
  const double left = kEdge + layout.gutter, wide = std::min(360.0, right - left);
  const double top = layout.grid(static_cast<int>(schemes.size()) - 1).bottom() + kFoot + 12;
  const int steps = std::max(static_cast<int>(wide), 2);
  for (int i = 0; i < steps; ++i)
    painter.fillRect(QRectF(left + i, top, 1.5, kBar), m_maps.m_scale.colorAt(static_cast<double>(i) / (steps - 1)));
  painter.setFont(smallFont());
  painter.setPen(colors.textMuted);
  const QStringList labels = m_maps.m_scale.labels();
  for (qsizetype i = 0; i < labels.size(); ++i) {
    const double place = labels.size() > 1 ? static_cast<double>(i) / static_cast<double>(labels.size() - 1) : 0.5;
    const double text = metrics.horizontalAdvance(labels[i]);
    const double at = std::clamp(left + wide * place - text / 2, left, std::max(left, left + wide - text));
    painter.drawText(QPointF(at, top + kBar + metrics.ascent() + 2), labels[i]);
  }
  const bool marks = std::any_of(schemes.begin(), schemes.end(), [](const auto& scheme) {
    return std::any_of(scheme.cells.begin(), scheme.cells.end(), [](const auto& cell) { return cell.nonFinite; });
  });
  double after = left + wide + kGap;
  if (marks) {
    drawMark(painter, QRectF(after, top - 2, kMark, kMark));
    after += kMark + 6;
  }
  painter.setPen(colors.textMuted);
  const QString legend =
      marks ? LayerMaps::tr("holds values that are no numbers") : metricTitle(m_maps.m_content.metric);
  painter.drawText(QRectF(after, top - 4, right - after, metrics.height()),
                   static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter),
                   metrics.elidedText(legend, Qt::ElideRight, right - after));
}

}  // namespace app
