#include "app/workspaces/quantize/push_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

PushChart::PushChart(QWidget* parent)
    : Chart(parent), m_more(new QCPBars(xAxis, yAxis)), m_less(new QCPBars(xAxis, yAxis)) {
  setTitle(tr("What the error pushes into the next columns"));
  setAxisTitles(tr("turn"), tr("added to w"));
  yAxis->ticker()->setTickCount(3);
  for (QCPBars* bars : {m_more, m_less}) bars->setWidth(0.8);
  applyColors();
}

void PushChart::setPushed(const std::vector<double>& pushed, std::size_t turn,
                          const std::vector<std::uint32_t>& columns) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(kMostBars, pushed.size()));
  m_pushed = {pushed.begin(), pushed.begin() + count};
  const auto next = columns.begin() + static_cast<std::ptrdiff_t>(turn + 1);
  m_columns = {next, next + count};
  m_turn = turn;
  QVector<double> moreAt, more, lessAt, less;
  double largest = 0;
  for (std::size_t i = 0; i < m_pushed.size(); ++i) {
    (m_pushed[i] < 0 ? lessAt : moreAt) << static_cast<double>(turn + 2 + i);
    (m_pushed[i] < 0 ? less : more) << m_pushed[i];
    largest = std::max(largest, std::abs(m_pushed[i]));
  }
  m_more->setData(moreAt, more, true);
  m_less->setData(lessAt, less, true);
  const double first = static_cast<double>(turn) + 1;
  xAxis->setRange(first, first + static_cast<double>(std::max<std::size_t>(m_pushed.size(), 8)) + 0.5);
  const double room = largest > 0 ? 1.1 * largest : 1;
  yAxis->setRange(-room, room);
  rememberHome();
  setMessage(m_pushed.empty() ? tr("No column is left to make up for it.")
             : largest == 0   ? tr("Nothing was lost here: nothing is pushed.")
                              : QString());
  replot(QCustomPlot::rpQueuedReplot);
}

void PushChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  for (QCPBars* bars : {m_more, m_less}) bars->setPen(Qt::NoPen);
  m_more->setBrush(c.exponent);
  m_less->setBrush(c.sign);
}

int PushChart::barAt(QPointF at) const {
  const double bar = std::round(at.x()) - static_cast<double>(m_turn) - 2;
  return bar >= 0 && bar < static_cast<double>(m_pushed.size()) ? static_cast<int>(bar) : -1;
}

void PushChart::clickedAt(QPointF at) {
  if (const int bar = barAt(at); bar >= 0) Q_EMIT turnChosen(static_cast<int>(m_turn) + 1 + bar);
}

std::optional<QString> PushChart::readout(QPointF at) const {
  const int bar = barAt(at);
  if (bar < 0) return std::nullopt;
  const auto index = static_cast<std::size_t>(bar);
  return tr("turn %1, column %2: %3 is added")
      .arg(m_turn + 2 + index)
      .arg(m_columns[index])
      .arg(text::number(m_pushed[index], 4));
}

ChartTable PushChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("turn"), QStringLiteral("pushed"), QStringLiteral("column")};
  for (std::size_t i = 0; i < m_pushed.size(); ++i)
    result.rows.push_back({static_cast<double>(m_turn + 2 + i), m_pushed[i], static_cast<double>(m_columns[i])});
  return result;
}

}  // namespace app
