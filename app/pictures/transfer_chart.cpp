#include "app/pictures/transfer_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr double kDotReach = 12;        ///< pixels around a dot that belong to it
constexpr std::size_t kMostDots = 400;  ///< of a long block some are drawn

QCPRange withRoom(double low, double high) {
  const double room = std::max(high - low, 1e-30) * 0.05;
  return {low - room, high + room};
}
}  // namespace

TransferChart::TransferChart(View view, QWidget* parent)
    : Chart(parent),
      m_view(view),
      m_diagonal(addGraph()),
      m_curve(addGraph()),
      m_dots(addGraph()),
      m_chosenDot(addGraph()) {
  setTitle(view == View::Staircase ? tr("Staircase: what each weight becomes") : tr("Error of each weight"));
  setAxisTitles(tr("weight"), view == View::Staircase ? tr("stored as") : tr("error"));
  for (QCPGraph* graph : {m_dots, m_chosenDot}) graph->setLineStyle(QCPGraph::lsNone);
  xAxis->ticker()->setTickCount(3);  // three of these charts may stand side by side
  yAxis->ticker()->setTickCount(4);
  applyColors();
}

void TransferChart::setCurve(Data curve) {
  m_data = std::move(curve);
  QVector<double> xs, ys, dotXs, dotYs;
  double lowX = 0, highX = 0, lowY = 0, highY = 0;
  const auto take = [&](double x, double stored, QVector<double>& intoX, QVector<double>& intoY) {
    if (!std::isfinite(x) || !std::isfinite(stored)) return;
    const double y = yOf(x, stored);
    intoX << x;
    intoY << y;
    lowX = std::min(lowX, x), highX = std::max(highX, x);
    lowY = std::min(lowY, y), highY = std::max(highY, y);
  };
  for (std::size_t i = 0; i < m_data.x.size(); ++i) take(m_data.x[i], m_data.stored[i], xs, ys);
  const std::size_t every = m_data.weights.size() / kMostDots + 1;
  for (std::size_t i = 0; i < m_data.weights.size(); i += every)
    take(m_data.weights[i], m_data.storedWeights[i], dotXs, dotYs);
  m_curve->setData(xs, ys, true);
  m_dots->setData(dotXs, dotYs);
  m_diagonal->setData({lowX, highX}, {yOf(lowX, lowX), yOf(highX, highX)}, true);
  m_chosenDot->data()->clear();
  if (m_data.chosen >= 0 && m_data.chosen < static_cast<int>(m_data.weights.size())) {
    const auto at = static_cast<std::size_t>(m_data.chosen);
    if (std::isfinite(m_data.weights[at]))
      m_chosenDot->addData(m_data.weights[at], yOf(m_data.weights[at], m_data.storedWeights[at]));
  }
  const QCPRange x = withRoom(lowX, highX), y = withRoom(lowY, highY);
  if (x != m_x || y != m_y) {  // where a person zoomed to stays while nothing changes
    xAxis->setRange(m_x = x);
    yAxis->setRange(m_y = y);
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void TransferChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_diagonal->setPen(QPen(c.reference, 1, Qt::DashLine));
  m_curve->setPen(QPen(c.accent, 1));  // thicker ones are slow to draw, and a hand waits
  m_dots->setScatterStyle({QCPScatterStyle::ssDisc, QPen(c.text), QBrush(c.text), 4});
  m_chosenDot->setScatterStyle({QCPScatterStyle::ssCircle, QPen(c.sign, 2.4), QBrush(c.surface), 11});
}

int TransferChart::dotAt(QPointF at) const {
  const QPointF pixel(xAxis->coordToPixel(at.x()), yAxis->coordToPixel(at.y()));
  int best = -1;
  double nearest = kDotReach;
  for (std::size_t i = 0; i < m_data.weights.size(); ++i) {
    const QPointF dot(xAxis->coordToPixel(m_data.weights[i]),
                      yAxis->coordToPixel(yOf(m_data.weights[i], m_data.storedWeights[i])));
    const double distance = std::hypot(dot.x() - pixel.x(), dot.y() - pixel.y());
    if (distance < nearest) nearest = distance, best = static_cast<int>(i);
  }
  return best;
}

void TransferChart::clickedAt(QPointF at) {
  if (const int dot = dotAt(at); dot >= 0) Q_EMIT weightChosen(dot);
}

std::optional<QString> TransferChart::readout(QPointF at) const {
  const auto say = [](double x, double stored) {
    return tr("%1 becomes %2, error %3").arg(text::number(x, 5), text::number(stored, 5), text::number(stored - x, 3));
  };
  if (const int dot = dotAt(at); dot >= 0) {
    const auto i = static_cast<std::size_t>(dot);
    return tr("a weight of the block") + u'\n' + say(m_data.weights[i], m_data.storedWeights[i]);
  }
  const auto next = std::lower_bound(m_data.x.begin(), m_data.x.end(), at.x());
  if (next == m_data.x.end() || next == m_data.x.begin()) return std::nullopt;
  const auto i = static_cast<std::size_t>(next - m_data.x.begin());
  return say(m_data.x[i], m_data.stored[i]);
}

ChartTable TransferChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("weight"), QStringLiteral("stored"), QStringLiteral("error")};
  for (std::size_t i = 0; i < m_data.x.size(); ++i)
    result.rows.push_back({m_data.x[i], m_data.stored[i], m_data.stored[i] - m_data.x[i]});
  return result;
}

std::vector<ChartLegendEntry> TransferChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("every number"), c.accent}, {tr("the weights"), c.text}, {tr("no error"), c.reference}};
}

}  // namespace app
