#include "app/pictures/clip_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

using core::metrics::ClipCost;

ClipChart::ClipChart(QWidget* parent)
    : Chart(parent),
      m_total(addGraph()),
      m_rounding(addGraph()),
      m_clipping(addGraph()),
      m_best(addGraph()),
      m_line(new QCPItemStraightLine(this)),
      m_bestText(new QCPItemText(this)) {
  setTitle(tr("Error against the clip of the range"));
  setAxisTitles(tr("clip, % of each group's range"), tr("error"));
  yAxis->ticker()->setTickCount(3);
  m_best->setLineStyle(QCPGraph::lsNone);
  m_bestText->setPositionAlignment(Qt::AlignBottom | Qt::AlignHCenter);
  m_bestText->setPadding(QMargins(0, 0, 0, 8));
  xAxis->setRange(0, 104);
  setClip(1);
  applyColors();
}

void ClipChart::setCurve(std::vector<ClipCost> costs) {
  m_costs = std::move(costs);
  QVector<double> clips, total, rounding, clipping;
  for (const ClipCost& cost : m_costs) {
    clips << 100 * cost.clip;
    total << cost.total();
    rounding << cost.rounding;
    clipping << cost.clipping;
  }
  m_total->setData(clips, total, true);
  m_rounding->setData(clips, rounding, true);
  m_clipping->setData(clips, clipping, true);
  m_best->data()->clear();
  m_bestText->setVisible(best() != nullptr);
  if (const ClipCost* lowest = best()) {
    m_best->addData(100 * lowest->clip, lowest->total());
    m_bestText->setText(tr("best: %1").arg(text::percent(lowest->clip, 0)));
    constexpr double kAtTheEdge = 0.9;  // there a centred text would stand over the edge
    const Qt::Alignment side = lowest->clip > kAtTheEdge ? Qt::AlignRight : Qt::AlignHCenter;
    m_bestText->setPositionAlignment(Qt::AlignBottom | side);
    m_bestText->position->setCoords(100 * lowest->clip, lowest->total());
    // The interesting part: what lies far above both the best and no clip at all is cut off.
    const double top = std::max(m_costs.back().total(), lowest->total()) * 2.2;
    yAxis->setRange(0, top > 0 ? top : 1);
    xAxis->setRange(100 * m_costs.front().clip, 102);
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void ClipChart::setClip(double clip) {
  m_clip = clip;
  m_line->point1->setCoords(100 * clip, 0);
  m_line->point2->setCoords(100 * clip, 1);
  replot(QCustomPlot::rpQueuedReplot);
}

const ClipCost* ClipChart::best() const {
  const auto lowest = std::min_element(m_costs.rbegin(), m_costs.rend(),
                                       [](const ClipCost& a, const ClipCost& b) { return a.total() < b.total(); });
  return lowest == m_costs.rend() ? nullptr : &*lowest;
}

const ClipCost* ClipChart::at(double clip) const {
  const auto nearest = std::min_element(m_costs.begin(), m_costs.end(), [clip](const ClipCost& a, const ClipCost& b) {
    return std::abs(a.clip - clip) < std::abs(b.clip - clip);
  });
  return nearest == m_costs.end() ? nullptr : &*nearest;
}

void ClipChart::applyColors() {
  const Theme& theme = Theme::instance();
  const ThemeColors& c = theme.colors();
  m_total->setPen(QPen(c.text, 2));
  m_rounding->setPen(QPen(c.exponent, 1.4, Qt::DashLine));
  m_clipping->setPen(QPen(c.sign, 1.4, Qt::DotLine));
  m_best->setScatterStyle({QCPScatterStyle::ssDisc, QPen(c.success), QBrush(c.success), 9});
  m_bestText->setColor(c.success);
  m_bestText->setFont(theme.textFont(-1, QFont::DemiBold));
  m_line->setPen(QPen(c.accent, 2));
}

void ClipChart::mousePressEvent(QMouseEvent* event) {
  m_holding = event->button() == Qt::LeftButton && axisRect()->rect().contains(event->pos());
  if (m_holding) {
    setInteraction(QCP::iRangeDrag, false);
    Q_EMIT clipBegan();
    Q_EMIT clipMoved(std::clamp(toCoordinates(event->position()).x() / 100, 0.0, 1.0));
  }
  Chart::mousePressEvent(event);
}

void ClipChart::mouseMoveEvent(QMouseEvent* event) {
  Chart::mouseMoveEvent(event);
  if (m_holding) Q_EMIT clipMoved(std::clamp(toCoordinates(event->position()).x() / 100, 0.0, 1.0));
}

void ClipChart::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  setInteraction(QCP::iRangeDrag, true);
  if (std::exchange(m_holding, false)) Q_EMIT clipEnded();
}

std::optional<QString> ClipChart::readout(QPointF place) const {
  const ClipCost* cost = at(place.x() / 100);
  if (cost == nullptr) return std::nullopt;
  return tr("clipped to %1: error %2\nrounding %3, clipping %4")
      .arg(text::percent(cost->clip, 0), text::number(cost->total(), 3), text::number(cost->rounding, 3),
           text::number(cost->clipping, 3));
}

ChartTable ClipChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("clip"), QStringLiteral("rounding"), QStringLiteral("clipping"),
                    QStringLiteral("mean_squared_error")};
  for (const ClipCost& cost : m_costs) result.rows.push_back({cost.clip, cost.rounding, cost.clipping, cost.total()});
  return result;
}

std::vector<ChartLegendEntry> ClipChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("error"), c.text}, {tr("of it rounding (dashed)"), c.exponent}, {tr("of it clipping (dotted)"), c.sign}};
}

}  // namespace app
