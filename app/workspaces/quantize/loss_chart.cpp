#include "app/workspaces/quantize/loss_chart.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

LossChart::LossChart(QWidget* parent)
    : Chart(parent),
      m_line(addGraph()),
      m_dot(addGraph()),
      m_aloneLine(new QCPItemStraightLine(this)),
      m_aloneName(new QCPItemText(this)) {
  setTitle(tr("What the row's output has lost, turn by turn"));
  setAxisTitles(tr("turn"), tr("lost so far"));
  m_dot->setLineStyle(QCPGraph::lsNone);
  yAxis->ticker()->setTickCount(4);
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  m_aloneName->setText(tr("rounding alone, in the end"));
  m_aloneName->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
  m_aloneName->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
  m_aloneName->setPadding(QMargins(6, 2, 0, 0));
  applyColors();
}

void LossChart::setLosses(const std::vector<double>& lost, double alone) {
  m_sums.resize(lost.size());
  std::partial_sum(lost.begin(), lost.end(), m_sums.begin());
  m_alone = alone;
  QVector<double> turns, sums(m_sums.begin(), m_sums.end());
  for (std::size_t k = 0; k < m_sums.size(); ++k) turns << static_cast<double>(k + 1);
  m_line->setData(turns, sums, true);
  m_aloneLine->point1->setCoords(0, alone);
  m_aloneLine->point2->setCoords(1, alone);
  m_aloneName->position->setCoords(0, alone);
  if (!m_sums.empty()) {
    xAxis->setRange(0.5, static_cast<double>(m_sums.size()) + 0.5);
    const double most = std::max(m_sums.back(), alone);
    yAxis->setRange(0, most > 0 ? 1.1 * most : 1);
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void LossChart::setChosen(std::size_t turn) {
  m_dot->setData({static_cast<double>(turn + 1)}, {m_sums[turn]}, true);
  replot(QCustomPlot::rpQueuedReplot);
}

void LossChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_line->setPen(QPen(c.accent, 1.6));
  m_dot->setScatterStyle({QCPScatterStyle::ssCircle, QPen(c.accent, 2.2), QBrush(c.surface), 10});
  m_aloneLine->setPen(QPen(c.reference, 1.4, Qt::DashLine));
  m_aloneName->setColor(c.textMuted);
  m_aloneName->setFont(Theme::instance().textFont(-1.5));
}

int LossChart::turnAt(QPointF at) const {
  const double turn = std::round(at.x()) - 1;
  return turn >= 0 && turn < static_cast<double>(m_sums.size()) ? static_cast<int>(turn) : -1;
}

void LossChart::clickedAt(QPointF at) {
  if (const int turn = turnAt(at); turn >= 0) Q_EMIT turnChosen(turn);
}

std::optional<QString> LossChart::readout(QPointF at) const {
  const int turn = turnAt(at);
  if (turn < 0) return std::nullopt;
  const auto index = static_cast<std::size_t>(turn);
  const double added = m_sums[index] - (index == 0 ? 0 : m_sums[index - 1]);
  return tr("turn %1 adds %2: %3 so far").arg(turn + 1).arg(text::number(added, 3), text::number(m_sums[index], 4));
}

ChartTable LossChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("turn"), QStringLiteral("lost_so_far"), QStringLiteral("rounding_alone")};
  for (std::size_t k = 0; k < m_sums.size(); ++k)
    result.rows.push_back({static_cast<double>(k + 1), m_sums[k], m_alone});
  return result;
}

std::vector<ChartLegendEntry> LossChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("lost so far"), c.accent}, {tr("rounding alone, in the end"), c.reference}};
}

}  // namespace app
