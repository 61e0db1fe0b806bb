#include "app/pictures/layer_maps_item.h"

#include <algorithm>
#include <cmath>

#include "app/pictures/layer_maps.h"
#include "app/pictures/metric_text.h"
#include "app/plots/text_layer.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr Length kHead{48}, kFoot{14}, kGap{14}, kEdge{10}, kScale{40};
constexpr Length kLeastRow{13}, kMostRow{48}, kMostCell{84};
constexpr Length kLeastMap{190}, kLeastCell{4}, kMostGutter{130};

}  // namespace

LayerMapsItem::LayerMapsItem(LayerMaps* maps) : QCPAbstractItem(maps), m_maps(*maps) {
  setClipToAxisRect(false);
  setSelectable(false);
}

QFont LayerMapsItem::font() { return Theme::instance().textFont(-1.5); }

QCPRange LayerMapsItem::blocks() const { return m_maps.xAxis2->range(); }

double LayerMapsItem::gutterWidth() const {
  const QFontMetricsF metrics(font());
  double widest = 0;
  for (const QString& kind : m_maps.m_content.grid.kinds) widest = std::max(widest, metrics.horizontalAdvance(kind));
  return std::min<double>(widest, kMostGutter) + 8;
}

int LayerMapsItem::mostColumns(double width) const {
  const double least = std::max<double>(kLeastMap, kLeastCell * m_maps.m_content.grid.blocks);
  const int fit = static_cast<int>((width - 2 * kEdge - gutterWidth() + kGap) / (least + kGap));
  return std::clamp(fit, 1, std::max(static_cast<int>(m_maps.m_content.schemes.size()), 1));
}

int LayerMapsItem::heightFor(int width) const {
  const int schemes = static_cast<int>(m_maps.m_content.schemes.size());
  const int columns = mostColumns(width), rows = (schemes + columns - 1) / columns;
  const double tile = kHead + kLeastRow * static_cast<double>(m_maps.m_content.grid.kinds.size()) + kFoot;
  return static_cast<int>(
      std::ceil(rows * tile + std::max(rows - 1, 0) * kGap + 2 * kEdge + kScale + legendHeight(width)));
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
  const double down = (room.height() - 2 * kEdge - kScale - legendHeight(room.width()) - (rows - 1) * kGap) / rows;
  const double shown = std::max(blocks().size(), 1.0);
  layout.cell =
      QSizeF(std::min<double>(across / shown, kMostCell), std::min<double>((down - kHead - kFoot) / kinds, kMostRow));
  layout.gridSize = QSizeF(layout.cell.width() * shown, layout.cell.height() * kinds);
  layout.tile = QSizeF(across, kHead + layout.gridSize.height() + kFoot);
  return layout;
}

QRectF LayerMapsItem::Layout::head(int scheme) const {
  return {kEdge + gutter + (scheme % columns) * (tile.width() + kGap),
          kEdge + (scheme / columns) * (tile.height() + kGap), tile.width(), qreal(kHead)};
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
  painter.setFont(font());
  painter.setPen(Theme::instance().colors().textMuted);
  const QFontMetricsF metrics(font());
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
  painter.setAntialiasing(true);
  paintMark(painter, map.mark, QRectF(head.left(), head.top() + titles.height() / 2 - 4, 9, 9), map.color);
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
  line(m_maps.summary(scheme), font(), colors.textMuted, 0);
  line(map.size, font(), colors.textMuted, 0);
}

std::vector<QRectF> LayerMapsItem::legendRects(double width) const {
  constexpr Length kSwatch{16}, kBetween{14};
  const QFontMetricsF metrics(font());
  const double room = std::max(width - 2 * kEdge - gutterWidth(), 60.0), line = metrics.height() + 3;
  std::vector<QRectF> rects;
  double left = 0, top = 0;
  for (const auto& treatment : m_maps.m_content.treatments) {
    const double wide =
        std::min(kSwatch + metrics.horizontalAdvance(treatment.letter + u' ' + treatment.title) + 2, room);
    if (left > 0 && left + wide > room) left = 0, top += line;
    rects.emplace_back(left, top, wide, line);
    left += wide + kBetween;
  }
  return rects;
}

double LayerMapsItem::legendHeight(double width) const {
  const auto rects = legendRects(width);
  return rects.empty() ? 0 : rects.back().bottom() + 4;
}

void LayerMapsItem::drawLegend(QCPPainter& painter, QPointF topLeft, double width) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QFontMetricsF metrics(font());
  const auto rects = legendRects(width);
  for (std::size_t i = 0; i < rects.size(); ++i) {
    const auto& treatment = m_maps.m_content.treatments[i];
    const QRectF rect = rects[i].translated(topLeft);
    const QRectF swatch(rect.left(), rect.center().y() - 5, 10, 10);
    painter.fillRect(swatch, colors.sunken);
    drawTreatment(painter, swatch, static_cast<int>(i), colors.sunken, 0);
    painter.setFont(font());
    painter.setPen(colors.textMuted);
    const QRectF text = rect.adjusted(16, 0, 0, 0);
    painter.drawText(text, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter),
                     metrics.elidedText(treatment.letter + u' ' + treatment.title, Qt::ElideRight, text.width()));
  }
}

void LayerMapsItem::drawBlockTicks(QCPPainter& painter, const Layout& layout, int scheme) const {
  const QFontMetricsF metrics(font());
  const QRectF grid = layout.grid(scheme);
  const double wide = metrics.horizontalAdvance(QString::number(m_maps.m_content.grid.blocks)) + 10;
  int every = 1;
  for (const int step : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}) {
    every = step;
    if (step * layout.cell.width() >= wide) break;
  }
  painter.setFont(font());
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

bool LayerMapsItem::hasCell(bool (*is)(const LayerMaps::Cell&)) const {
  return std::ranges::any_of(m_maps.m_content.schemes,
                             [is](const auto& scheme) { return std::ranges::any_of(scheme.cells, is); });
}

QString LayerMapsItem::legendText() const {
  if (hasCell([](const LayerMaps::Cell& cell) { return cell.nonFinite; }))
    return LayerMaps::tr("holds values that are no numbers");
  QStringList parts{metricTitle(m_maps.m_content.metric)};
  if (hasCell([](const LayerMaps::Cell& cell) { return cell.isWithinError && cell.shared == LayerMaps::Shared::No; }))
    parts << LayerMaps::tr("pale: indistinguishable from no harm");
  if (hasCell([](const LayerMaps::Cell& cell) { return cell.shared != LayerMaps::Shared::No; }))
    parts << LayerMaps::tr("hatched: of all together, on their own scale");
  const bool isKl = m_maps.m_content.metric == core::metrics::Metric::MeasuredKl;
  if (isKl && hasCell([](const LayerMaps::Cell& cell) { return cell.known && cell.value < 0 && !cell.isWithinError; }))
    parts << LayerMaps::tr("pink: below zero");
  return parts.join(QStringLiteral(" · "));
}

void LayerMapsItem::drawScale(QCPPainter& painter, const Layout& layout, double right) const {
  const ThemeColors& colors = Theme::instance().colors();
  const QFontMetricsF metrics(font());
  constexpr Length kBar{8}, kMark{12};
  const auto& schemes = m_maps.m_content.schemes;
  const double left = kEdge + layout.gutter;
  const bool marks = hasCell([](const LayerMaps::Cell& cell) { return cell.nonFinite; });
  const QString legend = legendText();
  const double legendWidth = metrics.horizontalAdvance(legend) + (marks ? kMark + 6 : 0) + kGap + 2;
  const QStringList labels = m_maps.m_scale.labels();
  const double least = metrics.horizontalAdvance(labels.join(QStringLiteral("  ")));
  const double wide = std::clamp(right - left - legendWidth, least, std::max(least, 360.0));
  const double top = layout.grid(static_cast<int>(schemes.size()) - 1).bottom() + kFoot + 12;
  const int steps = std::max(static_cast<int>(wide), 2);
  for (int i = 0; i < steps; ++i)
    painter.fillRect(QRectF(left + i, top, 1.5, kBar), m_maps.m_scale.colorAt(static_cast<double>(i) / (steps - 1)));
  painter.setFont(font());
  painter.setPen(colors.textMuted);
  drawLegend(painter, QPointF(left, top + kBar + metrics.height() + 8), m_maps.axisRect()->rect().width());
  painter.setPen(colors.textMuted);
  for (qsizetype i = 0; i < labels.size(); ++i) {
    const double place = labels.size() > 1 ? static_cast<double>(i) / static_cast<double>(labels.size() - 1) : 0.5;
    const double text = metrics.horizontalAdvance(labels[i]);
    const double at = std::clamp(left + wide * place - text / 2, left, std::max(left, left + wide - text));
    painter.drawText(QPointF(at, top + kBar + metrics.ascent() + 2), labels[i]);
  }
  double after = left + wide + kGap;
  if (marks) {
    drawMark(painter, QRectF(after, top - 2, kMark, kMark));
    after += kMark + 6;
  }
  painter.setPen(colors.textMuted);
  painter.drawText(QRectF(after, top - 4, right - after, metrics.height()),
                   static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter),
                   metrics.elidedText(legend, Qt::ElideRight, right - after));
}

}  // namespace app
