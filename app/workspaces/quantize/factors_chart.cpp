#include "app/workspaces/quantize/factors_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

FactorsChart::FactorsChart(QWidget* parent)
    : Chart(parent),
      m_bars(new QCPBars(xAxis, yAxis)),
      m_line(new QCPGraph(xAxis, yAxis2)),
      m_chosen(new QCPItemStraightLine(this)) {
  setTitle(tr("Inputs and factor of every column"));
  setAxisTitles(tr("column"), {});
  styleAxis(yAxis2);
  yAxis2->setVisible(true);
  yAxis2->setLabel(tr("s"));
  m_bars->setWidth(1);
  for (QCPAxis* axis : {yAxis, yAxis2}) axis->ticker()->setTickCount(3);
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  applyColors();
}

void FactorsChart::setColumns(std::vector<double> inputs, std::vector<double> factors, const QString& inputTitle) {
  m_inputs = std::move(inputs);
  m_factors = std::move(factors);
  m_inputTitle = inputTitle;
  setAxisTitles(tr("column"), inputTitle);
  QVector<double> columns;
  for (std::size_t c = 0; c < m_inputs.size(); ++c) columns << static_cast<double>(c);
  m_bars->setData(columns, QVector<double>(m_inputs.begin(), m_inputs.end()), true);
  m_line->setData(columns, QVector<double>(m_factors.begin(), m_factors.end()), true);
  if (!m_inputs.empty()) {
    xAxis->setRange(-0.5, static_cast<double>(m_inputs.size()) - 0.5);
    yAxis->setRange(0, std::max(1e-12, *std::max_element(m_inputs.begin(), m_inputs.end()) * 1.08));
    yAxis2->setRange(0, *std::max_element(m_factors.begin(), m_factors.end()) * 1.08);
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void FactorsChart::setChosen(std::size_t column) {
  m_chosen->point1->setCoords(static_cast<double>(column), 0);
  m_chosen->point2->setCoords(static_cast<double>(column), 1);
  replot(QCustomPlot::rpQueuedReplot);
}

void FactorsChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.reference, c.surface, 0.45));
  m_line->setPen(QPen(c.scale, 1.4));
  m_chosen->setPen(QPen(c.accent, 1.2));
  yAxis2->setLabelColor(c.scale);
  yAxis2->setTickLabelColor(c.scale);
}

int FactorsChart::columnAt(QPointF at) const {
  const double column = std::round(at.x());
  return column >= 0 && column < static_cast<double>(m_inputs.size()) ? static_cast<int>(column) : -1;
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

std::vector<ChartLegendEntry> FactorsChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{m_inputTitle, mix(c.reference, c.surface, 0.45)}, {tr("s"), c.scale}};
}

}  // namespace app
