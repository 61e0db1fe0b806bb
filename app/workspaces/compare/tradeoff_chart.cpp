#include "app/workspaces/compare/tradeoff_chart.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/plots/text_layer.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr double kMiB = 1048576, kReach = 22;  ///< pixels from a point within which it is meant
constexpr double kLeastRing = 10, kWidestRing = 26;
constexpr double kBelowLeast = 12;  ///< the least difference lies so many times above the lower end

QCPScatterStyle::ScatterShape shapeOf(SeriesMark mark) {
  switch (mark) {
    case SeriesMark::Square:
      return QCPScatterStyle::ssSquare;
    case SeriesMark::Circle:
      return QCPScatterStyle::ssCircle;
    case SeriesMark::Diamond:
      return QCPScatterStyle::ssDiamond;
    case SeriesMark::Triangle:
      return QCPScatterStyle::ssTriangle;
  }
  return QCPScatterStyle::ssCircle;
}

}  // namespace

TradeoffChart::TradeoffChart(QWidget* parent)
    : Chart(parent),
      m_floor(new QCPItemRect(this)),
      m_floorName(new QCPItemText(this)),
      m_names(new TextLayer(this, xAxis, yAxis, Qt::AlignLeft)) {
  setTitle(tr("Size and quality"));
  setObjectName(QStringLiteral("tradeoff-chart"));
  m_floor->setLayer(QStringLiteral("grid"));
  m_floor->topLeft->setTypeX(QCPItemPosition::ptAxisRectRatio);
  m_floor->bottomRight->setTypeX(QCPItemPosition::ptAxisRectRatio);
  m_floorName->setText(tr("noise, and below"));
  m_floorName->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
  m_floorName->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
  m_floorName->setPadding(QMargins(0, 1, 6, 0));
  xAxis->ticker()->setTickCount(5);
  setQuality(Quality::Kl);
  applyColors();
}

void TradeoffChart::setQuality(Quality quality) {
  m_quality = quality;
  const bool isKl = quality == Quality::Kl;
  setAxisTitles(tr("weights (MiB)"), isKl ? tr("KL (nats per token)") : tr("perplexity"));
  yAxis->setScaleType(isKl ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (isKl)
    yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  else
    yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  yAxis->setNumberFormat(isKl ? QStringLiteral("eb") : QStringLiteral("g"));
  yAxis->setNumberPrecision(isKl ? 0 : 5);
  m_homeOf.clear();
  draw();
}

void TradeoffChart::setRows(std::vector<CompareRow> rows, double noiseFloor, bool isOld) {
  m_rows = std::move(rows);
  m_noiseFloor = noiseFloor;
  m_isOld = isOld;
  draw();
}

void TradeoffChart::setSelected(int row) {
  if (row == m_selected) return;
  m_selected = row;
  draw();
}

// What lies in the noise stands in the band at the lower end of the logarithmic axis, however many powers of ten it is
// smaller: they say nothing, and would press together what differs.
double TradeoffChart::lowest() const {
  double least = std::numeric_limits<double>::infinity();
  for (const CompareRow& row : m_rows) {
    const double kl = row.figures.klMean.value;
    if (row.hasKl() && kl > m_noiseFloor) least = std::min(least, kl);
  }
  return (std::isfinite(least) ? least : std::max(m_noiseFloor, 1e-6)) / kBelowLeast;
}

std::optional<TradeoffChart::Point> TradeoffChart::pointFor(int index) const {
  const CompareRow& row = m_rows[static_cast<std::size_t>(index)];
  if (!row.bytes) return std::nullopt;
  const bool isKl = m_quality == Quality::Kl;
  if (isKl ? !row.hasKl() : row.state == CompareRow::State::NotMeasured || row.state == CompareRow::State::Failed)
    return std::nullopt;
  const core::evaluate::Estimate figure = isKl ? row.figures.klMean : row.figures.perplexity;
  if (!std::isfinite(figure.value)) return std::nullopt;
  const double y = isKl ? std::max(figure.value, lowest()) : figure.value;
  return Point{index, *row.bytes / kMiB, y, std::isfinite(figure.error) ? figure.error : 0};
}

void TradeoffChart::clear() {
  clearPlottables();
  for (int i = itemCount() - 1; i >= 0; --i)
    if (item(i) != m_floor && item(i) != m_floorName && item(i) != m_names) removeItem(item(i));
}

void TradeoffChart::draw() {
  clear();
  m_points.clear();
  for (int i = 0; i < static_cast<int>(m_rows.size()); ++i)
    if (const auto point = pointFor(i)) m_points.push_back(*point);
  drawFloor();
  drawJoins();
  drawFront();
  for (const Point& point : m_points) drawPoint(point);
  showHome();
  placeNames();
  QString described;
  for (const Point& point : m_points)
    described += readout({point.x, point.y}).value_or(QString()).replace(u'\n', QStringLiteral(", ")) + u'\n';
  setAccessibleDescription(described.trimmed());
  replot(QCustomPlot::rpQueuedReplot);
}

QColor TradeoffChart::inkOf(const CompareRow& row) const {
  return m_isOld ? mix(row.color, Theme::instance().colors().surface, 0.55) : row.color;
}

void TradeoffChart::drawPoint(const Point& point) {
  const CompareRow& row = m_rows[static_cast<std::size_t>(point.row)];
  const QColor ink = inkOf(row);
  double fastest = 0;
  for (const CompareRow& other : m_rows) fastest = std::max(fastest, other.decode);
  if (row.decode > 0) {
    QCPGraph* ring = addGraph();
    ring->setData({point.x}, {point.y}, true);
    ring->setLineStyle(QCPGraph::lsNone);
    QColor fill = ink;
    fill.setAlpha(36);
    const double share = std::sqrt(row.decode / fastest);
    ring->setScatterStyle({QCPScatterStyle::ssCircle, QPen(ink, 1), QBrush(fill),
                           Theme::instance().px(kLeastRing + (kWidestRing - kLeastRing) * share) * 1.0});
  }
  QCPGraph* graph = addGraph();
  graph->setData({point.x}, {point.y}, true);
  graph->setLineStyle(QCPGraph::lsNone);
  const bool isSelected = point.row == m_selected;
  const QColor edge = isSelected ? Theme::instance().colors().text : ink;
  const bool isSolid = row.state == CompareRow::State::Measured;
  graph->setScatterStyle({shapeOf(row.mark), QPen(edge, isSelected ? 2.2 : 1.2),
                          isSolid ? QBrush(ink) : QBrush(Theme::instance().colors().surface),
                          Theme::instance().px(9) * 1.0});
  if (!(point.error > 0)) return;
  auto* bars = new QCPErrorBars(xAxis, yAxis);
  bars->setDataPlottable(graph);
  bars->setPen(QPen(ink, 1.2));
  bars->setWhiskerWidth(6);
  const double down = m_quality == Quality::Kl ? std::min(point.error, point.y - lowest() / 2) : point.error;
  bars->setData({std::max(down, 0.0)}, {point.error});
}

void TradeoffChart::drawFront() {
  if (m_quality != Quality::Kl) return;
  QVector<double> x, y;
  for (const int row : paretoFront(m_rows)) {
    const auto point = pointFor(row);
    if (!point) continue;
    x << point->x;
    y << point->y;
  }
  QCPGraph* line = addGraph();
  line->setName(QStringLiteral("front"));
  line->setData(x, y, true);
  line->setPen(QPen(Theme::instance().colors().textFaint, 1.2, Qt::DashLine));
}

void TradeoffChart::drawJoins() {
  if (m_quality != Quality::Kl) return;
  for (const Point& point : m_points) {
    for (const int other : m_rows[static_cast<std::size_t>(point.row)].sameAs) {
      const auto to = other > point.row ? pointFor(other) : std::nullopt;
      if (!to) continue;
      QCPGraph* line = addGraph();
      line->setData({point.x, to->x}, {point.y, to->y}, true);
      QColor ink = Theme::instance().colors().accent;
      ink.setAlpha(90);
      line->setPen(QPen(ink, Theme::instance().px(5), Qt::SolidLine, Qt::RoundCap));
    }
  }
}

void TradeoffChart::drawFloor() {
  const bool isBelow = std::ranges::any_of(
      m_rows, [this](const CompareRow& row) { return row.hasKl() && row.figures.klMean.value <= m_noiseFloor; });
  const bool isShown = m_quality == Quality::Kl && m_noiseFloor > 0 && (isBelow || m_noiseFloor > lowest());
  m_floor->setVisible(isShown);
  m_floorName->setVisible(isShown);
  if (!isShown) return;
  const double top = std::max(m_noiseFloor, lowest() * 2);
  m_floor->topLeft->setCoords(0, top);
  m_floor->bottomRight->setCoords(1, lowest() / 1e3);
  m_floorName->position->setCoords(1, top);
}

void TradeoffChart::showHome() {
  if (m_points.empty()) return;
  double right = 0, low = std::numeric_limits<double>::infinity(), high = 0, left = low;
  QString key = QString::number(static_cast<int>(m_quality));
  for (const Point& point : m_points) {
    right = std::max(right, point.x);
    left = std::min(left, point.x);
    low = std::min(low, point.y - (m_quality == Quality::Kl ? 0 : point.error));
    high = std::max(high, point.y + point.error);
    key += QStringLiteral(" %1").arg(point.row);
  }
  key += QStringLiteral(" %1 %2").arg(std::floor(std::log2(high))).arg(std::floor(std::log2(low)));
  if (key == m_homeOf) return;
  m_homeOf = key;
  const double room = std::max(right - left, right * 0.05);
  xAxis->setRange(std::max(0.0, left - 0.12 * room), right + 0.3 * room);
  if (m_quality == Quality::Kl)
    yAxis->setRange(lowest() / 2.2, high * 8);
  else
    yAxis->setRange(low - 0.12 * (high - low) - 1e-3, high + 0.18 * (high - low) + 1e-3);
  rememberHome();
}

// Names beside their points; where two would lie on each other, the later one moves down a line.
void TradeoffChart::placeNames() {
  std::vector<TextLayer::Entry> entries;
  std::vector<QRectF> taken;
  const QFontMetricsF metrics(TextLayer::font());
  const double beside = Theme::instance().px(20);
  for (const Point& point : m_points) {
    const CompareRow& row = m_rows[static_cast<std::size_t>(point.row)];
    const QPointF at(xAxis->coordToPixel(point.x) + beside, yAxis->coordToPixel(point.y));
    QRectF box(at.x(), at.y() - metrics.height() / 2, metrics.horizontalAdvance(row.title), metrics.height());
    for (int tries = 0; tries < 8; ++tries) {
      const bool isFree = std::ranges::none_of(taken, [&](const QRectF& other) { return other.intersects(box); });
      if (isFree) break;
      box.translate(0, (tries % 2 == 0 ? 1 : -1) * (tries + 1) * metrics.height());
    }
    taken.push_back(box);
    const ThemeColors& colors = Theme::instance().colors();
    entries.push_back({QPointF(xAxis->pixelToCoord(box.left()), yAxis->pixelToCoord(box.center().y())), row.title,
                       point.row == m_selected ? colors.text : colors.textMuted});
  }
  m_names->setEntries(std::move(entries));
}

void TradeoffChart::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  replot(QCustomPlot::rpImmediateRefresh);
  placeNames();
  replot(QCustomPlot::rpQueuedReplot);
}

void TradeoffChart::applyColors() {
  QColor ground = Theme::instance().colors().textFaint;
  ground.setAlpha(38);
  m_floor->setPen(Qt::NoPen);
  m_floor->setBrush(ground);
  m_floorName->setColor(Theme::instance().colors().textFaint);
  m_floorName->setFont(Theme::instance().textFont(-2));
  if (!m_rows.empty()) draw();
}

int TradeoffChart::rowAt(QPointF coordinates) const {
  const QPointF at(xAxis->coordToPixel(coordinates.x()), yAxis->coordToPixel(coordinates.y()));
  double nearest = Theme::instance().px(kReach);
  int row = -1;
  for (const Point& point : m_points) {
    const QPointF to(xAxis->coordToPixel(point.x), yAxis->coordToPixel(point.y));
    const double distance = std::hypot(to.x() - at.x(), to.y() - at.y());
    if (distance < nearest) nearest = distance, row = point.row;
  }
  return row;
}

std::optional<QPoint> TradeoffChart::pointOf(int row) const {
  for (const Point& point : m_points)
    if (point.row == row) return QPointF(xAxis->coordToPixel(point.x), yAxis->coordToPixel(point.y)).toPoint();
  return std::nullopt;
}

void TradeoffChart::clickedAt(QPointF coordinates) {
  if (const int row = rowAt(coordinates); row >= 0) Q_EMIT rowClicked(row);
}

void TradeoffChart::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  if (step == 0 || m_points.empty()) return Chart::keyPressEvent(event);
  const auto found = std::ranges::find(m_points, m_selected, &Point::row);
  const auto count = static_cast<int>(m_points.size());
  const int at = found == m_points.end() ? (step > 0 ? -1 : count) : static_cast<int>(found - m_points.begin());
  Q_EMIT rowClicked(m_points[static_cast<std::size_t>(std::clamp(at + step, 0, count - 1))].row);
}

std::optional<QString> TradeoffChart::readout(QPointF coordinates) const {
  const int index = rowAt(coordinates);
  if (index < 0) return std::nullopt;
  const CompareRow& row = m_rows[static_cast<std::size_t>(index)];
  QStringList lines{row.title, tr("%1, %2").arg(text::bytes(static_cast<std::uint64_t>(*row.bytes)),
                                                text::bitsPerWeight(row.bitsPerWeight.value_or(0)))};
  if (row.hasKl()) lines << tr("KL %1 nats").arg(text::estimate(row.figures.klMean));
  lines << tr("perplexity %1").arg(text::estimate(row.figures.perplexity));
  if (row.hasKl()) lines << tr("same top-1 %1").arg(text::percent(row.figures.sameTop.value, 2));
  if (row.decode > 0) lines << tr("%1 tokens/s here").arg(text::number(row.decode, 3));
  lines << row.verdict;
  return lines.join(u'\n');
}

ChartTable TradeoffChart::table() const {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  ChartTable result;
  result.columns = {QStringLiteral("method"),
                    QStringLiteral("bytes"),
                    QStringLiteral("bits_per_weight"),
                    QStringLiteral("kl_mean"),
                    QStringLiteral("kl_mean_error"),
                    QStringLiteral("perplexity"),
                    QStringLiteral("perplexity_error"),
                    QStringLiteral("same_top1"),
                    QStringLiteral("decode_tokens_per_s"),
                    QStringLiteral("prefill_tokens_per_s")};
  for (const CompareRow& row : m_rows) {
    result.rowLabels << row.title;
    const bool hasKl = row.hasKl();
    result.rows.push_back({row.bytes.value_or(kNan), row.bitsPerWeight.value_or(kNan),
                           hasKl ? row.figures.klMean.value : kNan, hasKl ? row.figures.klMean.error : kNan,
                           row.figures.perplexity.value, row.figures.perplexity.error,
                           hasKl ? row.figures.sameTop.value : kNan, row.decode > 0 ? row.decode : kNan,
                           row.prefill > 0 ? row.prefill : kNan});
  }
  return result;
}

std::vector<ChartLegendEntry> TradeoffChart::legend() const {
  std::vector<ChartLegendEntry> entries;
  for (const Point& point : m_points) {
    const CompareRow& row = m_rows[static_cast<std::size_t>(point.row)];
    entries.push_back({row.title, row.color});
  }
  if (m_noiseFloor > 0 && m_quality == Quality::Kl)
    entries.push_back({tr("noise floor %1").arg(text::number(m_noiseFloor, 2)), Theme::instance().colors().textFaint});
  return entries;
}

}  // namespace app
