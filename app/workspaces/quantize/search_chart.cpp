#include "app/workspaces/quantize/search_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

SearchChart::SearchChart(QWidget* parent) : Chart(parent), m_line(addGraph()), m_taken(addGraph()) {
  setTitle(tr("What the search tried"));
  m_taken->setLineStyle(QCPGraph::lsNone);
  yAxis->ticker()->setTickCount(3);
  applyColors();
}

void SearchChart::setTries(std::vector<Try> tries, int taken, const QString& xTitle, const QString& yTitle) {
  m_tries = std::move(tries);
  m_xTitle = xTitle;
  m_yTitle = yTitle;
  setAxisTitles(xTitle, yTitle);
  m_line->data()->clear();
  m_taken->data()->clear();
  for (const Try& one : m_tries) m_line->addData(one.at, one.found);
  if (taken >= 0) {
    const Try& one = m_tries[static_cast<std::size_t>(taken)];
    m_taken->addData(one.at, one.found);
  }
  const bool isCounted = std::ranges::all_of(m_tries, [](const Try& one) { return one.at == std::floor(one.at); });
  const QSharedPointer<QCPAxisTickerFixed> whole(new QCPAxisTickerFixed);
  whole->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
  xAxis->setTicker(isCounted ? whole : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
  xAxis->ticker()->setTickCount(5);
  styleAxis(xAxis);
  xAxis->grid()->setVisible(false);
  if (!m_tries.empty()) {
    const auto byFound = [](const Try& a, const Try& b) { return a.found < b.found; };
    const auto [low, high] = std::minmax_element(m_tries.begin(), m_tries.end(), byFound);
    const double room = std::max((high->found - low->found) * 0.15, std::abs(high->found) * 0.02 + 1e-300);
    yAxis->setRange(low->found - room, high->found + room);
    const double width = std::max(m_tries.back().at - m_tries.front().at, 1e-9);
    xAxis->setRange(m_tries.front().at - 0.04 * width, m_tries.back().at + 0.04 * width);
    rememberHome();
  }
  replot(QCustomPlot::rpQueuedReplot);
}

void SearchChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_line->setPen(QPen(mix(c.accent, c.surface, 0.4), 1.4));
  m_line->setScatterStyle({QCPScatterStyle::ssDisc, QPen(c.accent), QBrush(c.accent), 5});
  m_taken->setScatterStyle({QCPScatterStyle::ssCircle, QPen(c.success, 2.2), Qt::NoBrush, 12});
}

std::optional<QString> SearchChart::readout(QPointF at) const {
  const auto nearest = std::min_element(m_tries.begin(), m_tries.end(), [&](const Try& a, const Try& b) {
    return std::abs(a.at - at.x()) < std::abs(b.at - at.x());
  });
  if (nearest == m_tries.end()) return std::nullopt;
  return tr("%1 %2: %3 %4").arg(m_xTitle, text::trimmed(nearest->at, 4), m_yTitle, text::number(nearest->found, 4));
}

ChartTable SearchChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("at"), QStringLiteral("found")};
  for (const Try& one : m_tries) result.rows.push_back({one.at, one.found});
  return result;
}

}  // namespace app
