#include "app/lesson_view/point_chart.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

PointChart::PointChart(const PointQuestion& question, const QString& title, QWidget* parent)
    : Chart(parent), m_graph(addGraph()), m_guessLine(addLine()), m_truthLine(addLine()) {
  setTitle(title);
  setAxisTitles(question.xTitle, question.yTitle);
  setObjectName(QStringLiteral("lesson-chart"));
  setMinimumHeight(Theme::instance().px(190));
  if (question.logX) {
    xAxis->setScaleType(QCPAxis::stLogarithmic);
    xAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  }
  if (question.logY) {
    yAxis->setScaleType(QCPAxis::stLogarithmic);
    yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  }
  setAccessibleDescription(tr("Left and Right move your guess, with Shift in larger steps; Enter checks"));
  setInteractions({});  // a click is a guess; there is nothing to zoom into before
  applyColors();
}

QCPItemStraightLine* PointChart::addLine() {
  auto* line = new QCPItemStraightLine(this);
  line->setVisible(false);
  return line;
}

void PointChart::setCurve(const Curve& curve, bool shown) {
  m_curve = curve;
  m_shown = shown;
  const auto span = [](QCPAxis& axis, const std::vector<double>& values, bool fromZero) {
    const auto [least, most] = std::ranges::minmax(values);
    const bool isLog = axis.scaleType() == QCPAxis::stLogarithmic;
    axis.setRange(fromZero && !isLog ? 0 : least, isLog ? most : most + (fromZero ? (most - least) * 0.05 : 0));
  };
  span(*xAxis, curve.x, false);
  span(*yAxis, curve.y, true);
  rememberHome();
  m_graph->setData(QVector<double>(curve.x.begin(), curve.x.end()), QVector<double>(curve.y.begin(), curve.y.end()),
                   true);
  m_graph->setVisible(shown);
  yAxis->setTickLabels(shown);
  replot(QCustomPlot::rpQueuedReplot);
}

void PointChart::place(QCPItemStraightLine& line, std::optional<double> x) {
  line.setVisible(x.has_value());
  if (!x) return;
  line.point1->setCoords(*x, yAxis->range().lower);
  line.point2->setCoords(*x, yAxis->range().upper);
}

void PointChart::setGuess(std::optional<double> x) {
  m_guess = x;
  place(*m_guessLine, x);
  if (x) setAccessibleDescription(tr("Your guess: %1").arg(text::trimmed(*x, 4)));
  replot(QCustomPlot::rpQueuedReplot);
}

void PointChart::setTruth(std::optional<double> x) {
  m_truth = x;
  place(*m_truthLine, x);
  replot(QCustomPlot::rpQueuedReplot);
}

ChartTable PointChart::table() const {
  ChartTable table;
  table.columns = {xAxis->label(), yAxis->label()};
  for (std::size_t i = 0; m_shown && i < m_curve.x.size(); ++i) table.rows.push_back({m_curve.x[i], m_curve.y[i]});
  return table;
}

std::optional<QString> PointChart::readout(QPointF coordinates) const {
  if (!m_shown) return tr("Click: %1").arg(text::trimmed(coordinates.x(), 3));
  const auto next = std::ranges::lower_bound(m_curve.x, coordinates.x());
  const auto index = static_cast<std::size_t>(std::min(next, m_curve.x.end() - 1) - m_curve.x.begin());
  return QStringLiteral("%1: %2\n%3: %4")
      .arg(xAxis->label(), text::trimmed(m_curve.x[index], 4), yAxis->label(), text::trimmed(m_curve.y[index], 4));
}

void PointChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_graph->setPen(QPen(Theme::instance().seriesColor(0), 2));
  m_guessLine->setPen(QPen(c.accent, 2, Qt::DashLine));
  m_truthLine->setPen(QPen(c.success, 2));
}

void PointChart::clickedAt(QPointF coordinates) {
  if (m_shown) return;
  setGuess(std::clamp(coordinates.x(), xAxis->range().lower, xAxis->range().upper));
  Q_EMIT guessed();
}

void PointChart::moveGuess(double shareOfAxis) {
  const double pixels = shareOfAxis * axisRect()->width();
  const double from = m_guess ? xAxis->coordToPixel(*m_guess) : axisRect()->left() + axisRect()->width() / 2.0;
  setGuess(std::clamp(xAxis->pixelToCoord(from + pixels), xAxis->range().lower, xAxis->range().upper));
  Q_EMIT guessed();
}

void PointChart::keyPressEvent(QKeyEvent* event) {
  const double step = event->modifiers().testFlag(Qt::ShiftModifier) ? 0.1 : 0.01;
  if (!m_shown && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right))
    moveGuess(event->key() == Qt::Key_Left ? -step : step);
  else if (!m_shown && m_guess && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter))
    Q_EMIT submitted();
  else
    Chart::keyPressEvent(event);
}

}  // namespace app
