#include "app/workspaces/trace/depth_map.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr std::size_t kMostDots = 4096, kMostTicks = 18;
}

DepthMap::DepthMap(QWidget* parent) : Chart(parent), m_map(new QCPColorMap(xAxis, yAxis)), m_differs(addGraph()) {
  setTitle(tr("Error of every token over depth"));
  setAxisTitles(tr("layer"), QString());
  m_map->setInterpolate(false);
  m_map->setTightBoundary(false);
  yAxis->setRangeReversed(true);
  yAxis->grid()->setVisible(false);
  m_differs->setLineStyle(QCPGraph::lsNone);
  applyColors();
}

void DepthMap::applyColors() {
  if (m_differs == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  QCPColorGradient gradient;
  gradient.clearColorStops();
  gradient.setColorStopAt(0, c.dark ? c.sunken : QColor(0xF7F7F7));
  gradient.setColorStopAt(1, c.exponent);
  m_map->setGradient(gradient);
  m_differs->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(c.surface, 1), QBrush(c.sign), 6));
  yAxis->grid()->setVisible(false);
}

void DepthMap::clearData() {
  m_depth = {};
  m_map->setVisible(false);
  m_differs->data()->clear();
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(false);
  replot(QCustomPlot::rpQueuedReplot);
}

void DepthMap::setDepth(const core::trace::Depth& depth, QStringList depths, QStringList words) {
  m_depth = depth;
  m_depth.steps.clear();
  m_depths = std::move(depths);
  m_words = std::move(words);
  const auto steps = static_cast<std::size_t>(m_depths.size());
  m_map->setVisible(true);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(true);
  m_map->data()->setSize(static_cast<int>(steps), static_cast<int>(depth.positions));
  m_map->data()->setRange(QCPRange(0, static_cast<double>(steps) - 1),
                          QCPRange(0, static_cast<double>(depth.positions) - 1));
  QVector<double> x, y;
  for (std::size_t position = 0; position < depth.positions; ++position) {
    for (std::size_t step = 0; step < steps; ++step) {
      const std::size_t at = position * steps + step;
      // The square root spreads what is small: errors grow over the layers.
      m_map->data()->setCell(static_cast<int>(step), static_cast<int>(position),
                             std::sqrt(static_cast<double>(depth.relativeErrors[at])));
      if (depth.agrees.empty() || depth.agrees[at] != 0 || static_cast<std::size_t>(x.size()) >= kMostDots) continue;
      x.append(static_cast<double>(step));
      y.append(static_cast<double>(position));
    }
  }
  m_map->rescaleDataRange(true);
  m_map->setDataRange(QCPRange(0, std::max(m_map->dataRange().upper, 1e-9)));
  m_differs->setData(x, y);
  const auto ticksOf = [](const QStringList& texts) {
    QSharedPointer<QCPAxisTickerText> ticks(new QCPAxisTickerText);
    const auto every = std::max<qsizetype>(1, texts.size() / static_cast<qsizetype>(kMostTicks));
    for (qsizetype i = texts.size() - 1; i >= 0; i -= every) ticks->addTick(static_cast<double>(i), texts[i]);
    return ticks;
  };
  xAxis->setTicker(ticksOf(m_depths));
  yAxis->setTicker(ticksOf(m_words));
  xAxis->setRange(-0.5, static_cast<double>(steps) - 0.5);
  yAxis->setRange(-0.5, static_cast<double>(depth.positions) - 0.5);
  rememberHome();
  replot(QCustomPlot::rpQueuedReplot);
}

std::optional<QString> DepthMap::readout(QPointF coordinates) const {
  const long step = std::lround(coordinates.x()), position = std::lround(coordinates.y());
  if (step < 0 || step >= m_depths.size() || position < 0 || position >= static_cast<long>(m_depth.positions))
    return std::nullopt;
  const std::size_t at =
      static_cast<std::size_t>(position) * static_cast<std::size_t>(m_depths.size()) + static_cast<std::size_t>(step);
  QString text = tr("token %1, %2, at %3: relative error %4")
                     .arg(m_depth.firstPosition + static_cast<std::size_t>(position))
                     .arg(m_words.value(position), m_depths.value(step),
                          text::number(static_cast<double>(m_depth.relativeErrors[at]), 3));
  if (!m_depth.agrees.empty() && m_depth.agrees[at] == 0) text += u'\n' + tr("the lens shows different words");
  return text;
}

ChartTable DepthMap::table() const {
  ChartTable table{QStringList{tr("token")} + m_depths, {}, {}};
  const auto steps = static_cast<std::size_t>(m_depths.size());
  for (std::size_t position = 0; position < m_depth.positions; ++position) {
    table.rowLabels << QString::number(m_depth.firstPosition + position);
    std::vector<double>& row = table.rows.emplace_back();
    for (std::size_t step = 0; step < steps; ++step)
      row.push_back(static_cast<double>(m_depth.relativeErrors[position * steps + step]));
  }
  return table;
}

}  // namespace app
