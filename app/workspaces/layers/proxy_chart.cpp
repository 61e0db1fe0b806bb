#include "app/workspaces/layers/proxy_chart.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <utility>

#include "app/plots/text_layer.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr Length kProxyReach{18};  ///< from a point within which it is meant
constexpr Length kDot{7};
constexpr double kBelowLeast = 4;  ///< the least that was found lies so many times above the lower end
constexpr double kMargin = 0.08;   ///< beyond the outermost points, of the range in logarithms
constexpr double kLeastMargin = 1.02;
constexpr double kPowersFrom = 20;  ///< ends so many times apart are told by powers of ten

/// A logarithmic axis from end to end and a little beyond.
void fit(QCPAxis* axis, double low, double high) {
  const double margin = std::max(std::pow(high / low, kMargin), kLeastMargin);
  const bool hasPowers = high / low >= kPowersFrom;
  if (hasPowers)
    axis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  else
    axis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  axis->ticker()->setTickCount(4);
  axis->setNumberFormat(hasPowers ? QStringLiteral("eb") : QStringLiteral("gb"));
  axis->setNumberPrecision(hasPowers ? 0 : 3);
  axis->setRange(low / margin, high * margin);
}

}  // namespace

ProxyChart::ProxyChart(QWidget* parent)
    : Chart(parent),
      m_solid(addGraph()),
      m_hollow(addGraph()),
      m_marked(addGraph()),
      m_measured(addGraph()),
      m_errors(new QCPErrorBars(xAxis, yAxis)),
      m_name(new TextLayer(this, xAxis, yAxis, Qt::AlignRight)) {
  setTitle(tr("Quick figures against measured KL"));
  for (QCPGraph* graph : {m_solid, m_hollow, m_marked, m_measured}) graph->setLineStyle(QCPGraph::lsNone);
  m_errors->setDataPlottable(m_measured);
  m_errors->setWhiskerWidth(4);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setScaleType(QCPAxis::stLogarithmic);
  applyColors();
}

void ProxyChart::setPoints(std::vector<Point> points, const QString& quick, const QColor& color) {
  m_points = std::move(points);
  m_quick = quick;
  m_color = color;
  setAxisTitles(quick, tr("measured KL (nats per token)"));
  double least = std::numeric_limits<double>::infinity();
  m_shown.clear();
  for (const Point& point : m_points) {
    if (!(point.quick > 0) || !std::isfinite(point.quick) || !std::isfinite(point.measured.value)) continue;
    m_shown.push_back(&point);
    if (point.measured.value > 0 && !point.isWithinError) least = std::min(least, point.measured.value);
  }
  m_lowest = (std::isfinite(least) ? least : 1e-6) / kBelowLeast;
  std::ranges::sort(m_shown, {}, &Point::quick);
  showHome();
  draw();
}

void ProxyChart::setSelected(int row) {
  m_selected = row;
  draw();
}

double ProxyChart::height(const Point& point) const { return std::max(point.measured.value, m_lowest); }

void ProxyChart::showHome() {
  if (m_shown.empty()) return;
  // A picture that a person has zoomed into stays while nothing in it changes.
  const QString key = QStringLiteral("%1 %2 %3 %4")
                          .arg(m_quick)
                          .arg(m_shown.size())
                          .arg(m_lowest)
                          .arg(m_shown.back()->quick / m_shown.front()->quick);
  if (std::exchange(m_homeOf, key) == key) return;
  double highest = m_lowest;
  for (const Point* point : m_shown)
    highest = std::max(highest, height(*point) + (std::isfinite(point->measured.error) ? point->measured.error : 0));
  fit(xAxis, m_shown.front()->quick, m_shown.back()->quick);
  fit(yAxis, m_lowest, highest);
  rememberHome();
}

void ProxyChart::draw() {
  QVector<double> solidX, solidY, hollowX, hollowY, markedX, markedY, x, y, down, up;
  std::vector<TextLayer::Entry> names;
  setAccessibleDescription({});
  for (const Point* point : m_shown) {
    const double at = height(*point);
    const bool isHollow = point->isWithinError || point->measured.value <= 0;
    (isHollow ? hollowX : solidX).append(point->quick);
    (isHollow ? hollowY : solidY).append(at);
    if (point->measured.error > 0) {
      x.append(point->quick);
      y.append(at);
      down.append(std::clamp(point->measured.error, 0.0, at - m_lowest / 2));
      up.append(point->measured.error);
    }
    if (point->row != m_selected) continue;
    markedX.append(point->quick);
    markedY.append(at);
    names.push_back({QPointF(point->quick, at), point->name, Theme::instance().colors().text});
    setAccessibleDescription(describe(*point));
  }
  m_solid->setData(solidX, solidY);
  m_hollow->setData(hollowX, hollowY);
  m_marked->setData(markedX, markedY);
  m_measured->setData(x, y, true);
  m_errors->setData(down, up);
  m_name->setEntries(std::move(names));
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void ProxyChart::applyColors() {
  const ThemeColors& colors = Theme::instance().colors();
  const QColor color = m_color.isValid() ? m_color : colors.reference;
  const double dot = kDot;
  m_solid->setScatterStyle({QCPScatterStyle::ssDisc, color, color, dot});
  m_hollow->setScatterStyle({QCPScatterStyle::ssCircle, QPen(color, 1.2), QBrush(colors.surface), dot});
  m_marked->setScatterStyle({QCPScatterStyle::ssCircle, QPen(colors.text, 2), QBrush(Qt::NoBrush), dot + 5});
  m_errors->setPen(QPen(mix(color, colors.surface, 0.45), 1));
}

const ProxyChart::Point* ProxyChart::nearest(QPointF coordinates) const {
  const QPointF at(xAxis->coordToPixel(coordinates.x()), yAxis->coordToPixel(coordinates.y()));
  double least = kProxyReach;
  const Point* found = nullptr;
  for (const Point* point : m_shown) {
    const double distance =
        std::hypot(xAxis->coordToPixel(point->quick) - at.x(), yAxis->coordToPixel(height(*point)) - at.y());
    if (distance < least) least = distance, found = point;
  }
  return found;
}

QString ProxyChart::describe(const Point& point) const {
  QString text = tr("%1\n%2: %3\nmeasured: KL %4 nats per token")
                     .arg(point.name, m_quick, text::number(point.quick, 3), text::estimate(point.measured));
  if (point.isWithinError) text += u'\n' + tr("indistinguishable from no harm");
  return text;
}

std::optional<QString> ProxyChart::readout(QPointF coordinates) const {
  const Point* point = nearest(coordinates);
  return point == nullptr ? std::nullopt : std::optional(describe(*point));
}

void ProxyChart::clickedAt(QPointF coordinates) {
  if (const Point* point = nearest(coordinates)) Q_EMIT pointClicked(point->row);
}

bool ProxyChart::activatedAt(QPointF coordinates) {
  const Point* point = nearest(coordinates);
  if (point != nullptr) Q_EMIT pointActivated(point->row);
  return point != nullptr;
}

// Left and right go from point to point in the order of the quick figure.
void ProxyChart::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  const auto selected = std::ranges::find(m_shown, m_selected, &Point::row);
  if (step != 0 && event->modifiers() == Qt::NoModifier && !m_shown.empty()) {
    const auto last = static_cast<std::ptrdiff_t>(m_shown.size()) - 1;
    const std::ptrdiff_t at = selected == m_shown.end() ? (step > 0 ? -1 : last + 1) : selected - m_shown.begin();
    const auto next = std::clamp<std::ptrdiff_t>(at + step, 0, last);
    return Q_EMIT pointClicked(m_shown[static_cast<std::size_t>(next)]->row);
  }
  const bool isEnter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (isEnter && selected != m_shown.end()) return Q_EMIT pointActivated(m_selected);
  Chart::keyPressEvent(event);
}

std::optional<QPoint> ProxyChart::centerOf(int row) const {
  const auto found = std::ranges::find(m_shown, row, &Point::row);
  if (found == m_shown.end()) return std::nullopt;
  return QPointF(xAxis->coordToPixel((*found)->quick), yAxis->coordToPixel(height(**found))).toPoint();
}

ChartTable ProxyChart::table() const {
  ChartTable result;
  result.columns = {tr("tensor"), m_quick, tr("measured KL (nats per token)"), tr("standard error")};
  for (const Point& point : m_points) {
    result.rowLabels.append(point.name);
    result.rows.push_back({point.quick, point.measured.value, point.measured.error});
  }
  return result;
}

}  // namespace app
