#include "app/workspaces/quantize/range_strip.h"

#include <cmath>

#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr double kBarHeight = 15;

/// The end of a bar.
QCPScatterStyle capStyle(const QColor& color, double width) {
  QPainterPath path;
  path.moveTo(0, -4);
  path.lineTo(0, 4);
  return {path, QPen(color, width), Qt::NoBrush, 8};
}

}  // namespace

RangeStrip::RangeStrip(QCustomPlot& chart)
    : m_chart(chart),
      m_rect(new QCPAxisRect(&chart)),
      m_x(m_rect->axis(QCPAxis::atBottom)),
      m_y(m_rect->axis(QCPAxis::atLeft)) {
  chart.plotLayout()->insertRow(0);
  chart.plotLayout()->addElement(0, 0, m_rect);
  chart.plotLayout()->setRowSpacing(2);
  auto* margins = new QCPMarginGroup(&chart);
  for (QCPAxisRect* rect : {m_rect, chart.axisRect(1)}) rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
  m_rect->setAutoMargins(QCP::msLeft | QCP::msRight);
  m_rect->setMargins({});
  m_rect->setRangeDrag(Qt::Horizontal);
  m_rect->setRangeZoom(Qt::Horizontal);
  for (QCPAxis* axis : m_rect->axes()) {
    axis->setLayer(QStringLiteral("axes"));
    axis->grid()->setLayer(QStringLiteral("grid"));
  }
  m_x->setVisible(false);
  m_y->setTicker(QSharedPointer<QCPAxisTickerText>(new QCPAxisTickerText));
  for (const auto& [from, to] : {std::pair(chart.xAxis, m_x), std::pair(m_x, chart.xAxis)})
    QObject::connect(from, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), to,
                     qOverload<const QCPRange&>(&QCPAxis::setRange));
}

void RangeStrip::setRanges(const core::calibrate::InputStudy& study, const QStringList& names) {
  for (const Bar& bar : m_bars)
    for (QCPGraph* graph : {bar.whole, bar.most})
      if (graph != nullptr) m_chart.removeGraph(graph);
  m_bars.resize(study.ranges.size());
  auto* ticker = static_cast<QCPAxisTickerText*>(m_y->ticker().data());
  ticker->clear();
  for (std::size_t i = 0; i < m_bars.size(); ++i) {
    const auto& range = study.ranges[i];
    const double height = heightOf(i);
    ticker->addTick(height, names[static_cast<int>(i)]);
    m_bars[i] = {m_chart.addGraph(m_x, m_y), nullptr, !range.how.isStatic()};
    m_bars[i].whole->setData({static_cast<double>(range.range.low), static_cast<double>(range.range.high)},
                             {height, height}, true);
    if (!m_bars[i].isDynamic) continue;
    const auto middle = static_cast<double>(study.magnitudeOf(0.5));
    m_bars[i].most = m_chart.addGraph(m_x, m_y);
    m_bars[i].most->setData({-middle, middle}, {height, height}, true);
  }
  m_y->setRange(0.4, static_cast<double>(m_bars.size()) + 0.6);
  applyColors();
}

void RangeStrip::setChosen(int range) {
  m_chosen = range;
  applyColors();
}

QColor RangeStrip::colorOf(int range) const { return Theme::instance().seriesColor(range); }

void RangeStrip::applyColors() {
  const Theme& theme = Theme::instance();
  m_y->setTickLabelColor(theme.colors().text);
  m_y->setBasePen(Qt::NoPen);
  m_y->setTickPen(Qt::NoPen);
  m_y->grid()->setVisible(false);
  const int height = theme.px(kBarHeight * static_cast<double>(std::max<std::size_t>(m_bars.size(), 1)));
  m_rect->setMinimumSize(0, height);
  m_rect->setMaximumSize(QWIDGETSIZE_MAX, height);
  for (std::size_t i = 0; i < m_bars.size(); ++i) {
    const int index = static_cast<int>(i);
    const double width = index == m_chosen ? 3.2 : 1.6;
    const QColor color = colorOf(index);
    m_bars[i].whole->setPen(QPen(color, m_bars[i].isDynamic ? 1.2 : width));
    m_bars[i].whole->setScatterStyle(capStyle(color, width));
    if (m_bars[i].most != nullptr) m_bars[i].most->setPen(QPen(color, width + 1.6));
  }
}

int RangeStrip::rangeAt(QPointF pixel) const {
  if (m_bars.empty() || !m_rect->outerRect().contains(pixel.toPoint())) return -1;
  const double bar = static_cast<double>(m_bars.size()) - std::round(m_y->pixelToCoord(pixel.y()));
  return bar >= 0 && bar < static_cast<double>(m_bars.size()) ? static_cast<int>(bar) : -1;
}

}  // namespace app
