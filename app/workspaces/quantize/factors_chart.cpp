#include "app/workspaces/quantize/factors_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr double kReach = 12;  ///< pixels

/// Ticks at powers of ten, or of two where there would be few.
void span(QCPAxis* axis, double low, double high) {
  const double room = std::max(std::pow(high / low, 0.06), 1.05);
  axis->setRange(low / room, high * room);
  QSharedPointer<QCPAxisTickerLog> ticker(new QCPAxisTickerLog);
  ticker->setLogBase(high / low > 200 ? 10 : 2);
  ticker->setTickCount(4);
  axis->setTicker(ticker);
}

}  // namespace

FactorsChart::FactorsChart(QWidget* parent)
    : Chart(parent), m_dots(addGraph()), m_chosen(addGraph()), m_one(new QCPItemStraightLine(this)) {
  setTitle(tr("Factor of every column over its inputs"));
  for (QCPAxis* axis : {xAxis, yAxis}) {
    axis->setScaleType(QCPAxis::stLogarithmic);
    axis->setNumberFormat(QStringLiteral("g"));
    axis->setNumberPrecision(3);
  }
  for (QCPGraph* graph : {m_dots, m_chosen}) graph->setLineStyle(QCPGraph::lsNone);
  m_one->point1->setCoords(1, 1);
  m_one->point2->setCoords(2, 1);
  applyColors();
}

void FactorsChart::setColumns(std::vector<double> inputs, std::vector<double> factors, const QString& inputTitle) {
  m_inputs = std::move(inputs);
  m_factors = std::move(factors);
  m_inputTitle = inputTitle;
  setAxisTitles(tr("%1 of the column").arg(inputTitle), tr("factor s"));
  m_chosen->data()->clear();
  m_least = std::numeric_limits<double>::max();
  for (const double input : m_inputs)
    if (input > 0) m_least = std::min(m_least, input);
  if (m_least == std::numeric_limits<double>::max()) m_least = 1;
  QVector<double> at;
  for (std::size_t c = 0; c < m_inputs.size(); ++c) at << drawnInput(c);
  m_dots->setData(at, QVector<double>(m_factors.begin(), m_factors.end()));
  if (!m_inputs.empty()) {
    const auto [low, high] = std::minmax_element(m_factors.begin(), m_factors.end());
    span(xAxis, m_least, *std::max_element(at.begin(), at.end()));
    span(yAxis, std::min(*low, 1.0), std::max(*high, 1.0));
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

double FactorsChart::drawnInput(std::size_t column) const { return std::max(m_inputs[column], m_least); }

void FactorsChart::setChosen(std::size_t column) {
  m_chosen->setData({drawnInput(column)}, {m_factors[column]});
  replot(QCustomPlot::rpQueuedReplot);
}

QPointF FactorsChart::dotAt(std::size_t column) const {
  return {xAxis->coordToPixel(drawnInput(column)), yAxis->coordToPixel(m_factors[column])};
}

void FactorsChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  QColor dot = c.scale;
  dot.setAlphaF(0.55F);
  m_dots->setScatterStyle({QCPScatterStyle::ssDisc, QPen(dot, 0.5), QBrush(dot), 5});
  m_chosen->setScatterStyle({QCPScatterStyle::ssCircle, QPen(c.accent, 2.2), QBrush(c.surface), 10});
  m_one->setPen(QPen(c.reference, 1.2, Qt::DashLine));
}

int FactorsChart::columnAt(QPointF at) const {
  const QPointF pixel(xAxis->coordToPixel(at.x()), yAxis->coordToPixel(at.y()));
  int best = -1;
  double nearest = kReach;
  for (std::size_t c = 0; c < m_inputs.size(); ++c) {
    const QPointF away = dotAt(c) - pixel;
    const double distance = std::hypot(away.x(), away.y());
    if (distance < nearest) nearest = distance, best = static_cast<int>(c);
  }
  return best;
}

void FactorsChart::clickedAt(QPointF at) {
  if (const int column = columnAt(at); column >= 0) Q_EMIT columnChosen(column);
}

std::optional<QString> FactorsChart::readout(QPointF at) const {
  const int column = columnAt(at);
  if (column < 0) return std::nullopt;
  const auto index = static_cast<std::size_t>(column);
  return tr("column %1: %2 = %3, s = %4")
      .arg(column)
      .arg(m_inputTitle, text::number(m_inputs[index], 4), text::number(m_factors[index], 4));
}

ChartTable FactorsChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("column"), QStringLiteral("input"), QStringLiteral("factor")};
  for (std::size_t c = 0; c < m_inputs.size(); ++c)
    result.rows.push_back({static_cast<double>(c), m_inputs[c], m_factors[c]});
  return result;
}

}  // namespace app
