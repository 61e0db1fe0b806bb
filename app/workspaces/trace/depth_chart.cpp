#include "app/workspaces/trace/depth_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/map_keys.h"
#include "app/workspaces/trace/rotated_words.h"

namespace app {

namespace {
constexpr double kWordRoom = 1.1;  // over the highest column, in its heights
}

DepthChart::DepthChart(QWidget* parent)
    : Chart(parent),
      m_same(new QCPBars(xAxis, yAxis)),
      m_other(new QCPBars(xAxis, yAxis)),
      m_band(new QCPItemRect(this)),
      m_words(new RotatedWords(this)) {
  setTitle(tr("Error over depth"));
  setAxisTitles(tr("layer"), tr("relative error"));
  axisRect()->setRangeDrag(Qt::Horizontal);
  axisRect()->setRangeZoom(Qt::Horizontal);
  for (QCPBars* bars : {m_same, m_other}) bars->setWidth(0.78);
  m_band->topLeft->setTypeX(QCPItemPosition::ptPlotCoords);
  m_band->topLeft->setTypeY(QCPItemPosition::ptAxisRectRatio);
  m_band->bottomRight->setTypeX(QCPItemPosition::ptPlotCoords);
  m_band->bottomRight->setTypeY(QCPItemPosition::ptAxisRectRatio);
  m_band->setVisible(false);
  m_band->setLayer(QStringLiteral("grid"));  // behind the columns
  applyColors();
}

void DepthChart::applyColors() {
  if (m_words == nullptr) return;
  const ThemeColors& c = Theme::instance().colors();
  m_same->setPen(Qt::NoPen);
  m_same->setBrush(mix(c.surface, c.reference, 0.75));
  m_other->setPen(QPen(c.sign, 1));
  m_other->setBrush(QBrush(c.sign, Qt::BDiagPattern));
  m_band->setPen(Qt::NoPen);
  m_band->setBrush(c.accentSoft);
  xAxis->grid()->setVisible(false);
  draw();
}

void DepthChart::setSteps(std::vector<Step> steps, const QColor& compared) {
  m_steps = std::move(steps);
  m_compared = compared;
  m_selected = -1;
  draw();
  rememberHome();
  replot(QCustomPlot::rpQueuedReplot);
}

void DepthChart::draw() {
  const ThemeColors& c = Theme::instance().colors();
  QVector<double> sameAt, same, otherAt, other;
  QSharedPointer<QCPAxisTickerText> ticks(new QCPAxisTickerText);
  std::vector<RotatedWords::Word> words;
  double largest = 0.0;
  const std::size_t every = m_steps.size() > 34 ? m_steps.size() / 17 : 1;
  for (std::size_t i = 0; i < m_steps.size(); ++i) {
    const Step& step = m_steps[i];
    const auto x = static_cast<double>(i);
    (step.differs() ? otherAt : sameAt).append(x);
    (step.differs() ? other : same).append(step.error);
    largest = std::max(largest, step.error);
    if (i % every == 0) ticks->addTick(x, step.shortName);
    const QString text =
        step.differs() ? step.referenceWord + QStringLiteral(" ≠ ") + step.comparedWord : step.referenceWord;
    words.push_back(
        {x, step.error, text, step.differs() ? c.sign : c.textMuted, words.empty() || words.back().text != text});
  }
  m_same->setData(sameAt, same, true);
  m_other->setData(otherAt, other, true);
  xAxis->setTicker(ticks);
  m_words->setWords(std::move(words));
  xAxis->setRange(-0.6, static_cast<double>(m_steps.size()) - 0.4);
  yAxis->setRange(0, largest > 0 ? largest * (1 + kWordRoom) : 1);
  for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(!m_steps.empty());
  setSelected(m_selected);
}

void DepthChart::setSelected(int step) {
  m_selected = step < static_cast<int>(m_steps.size()) ? step : -1;
  m_band->setVisible(m_selected >= 0);
  m_band->topLeft->setCoords(m_selected - 0.5, 0);
  m_band->bottomRight->setCoords(m_selected + 0.5, 1);
  setAccessibleDescription(m_selected >= 0 ? describe(m_selected) : QString());
  replot(QCustomPlot::rpQueuedReplot);
}

int DepthChart::parting() const {
  int first = static_cast<int>(m_steps.size());
  while (first > 0 && m_steps[static_cast<std::size_t>(first) - 1].differs()) --first;
  return first < static_cast<int>(m_steps.size()) ? first : -1;
}

QString DepthChart::describe(int step) const {
  const Step& at = m_steps[static_cast<std::size_t>(step)];
  return tr("%1: relative error %2, cosine %3\n%4")
      .arg(at.name, text::number(at.error, 3), text::number(at.cosine, 4), at.opinions);
}

int DepthChart::stepAt(QPointF coordinates) const {
  const int step = static_cast<int>(std::lround(coordinates.x()));
  return step >= 0 && step < static_cast<int>(m_steps.size()) ? step : -1;
}

std::optional<QString> DepthChart::readout(QPointF coordinates) const {
  const int step = stepAt(coordinates);
  return step < 0 ? std::nullopt : std::optional(describe(step));
}

void DepthChart::clickedAt(QPointF coordinates) {
  if (const int step = stepAt(coordinates); step >= 0) Q_EMIT stepClicked(step);
}

bool DepthChart::activatedAt(QPointF coordinates) {
  const int step = stepAt(coordinates);
  if (step >= 0) Q_EMIT stepActivated(step);
  return step >= 0;
}

void DepthChart::keyPressEvent(QKeyEvent* event) {
  const int last = static_cast<int>(m_steps.size()) - 1;
  const auto key = mapKey(event->key());
  if (last >= 0 && key && key->columns != 0) return Q_EMIT stepClicked(std::clamp(m_selected + key->columns, 0, last));
  if (m_selected >= 0 && key && key->opens) return Q_EMIT stepActivated(m_selected);
  Chart::keyPressEvent(event);
}

QPoint DepthChart::centerOf(int step) const {
  return {static_cast<int>(xAxis->coordToPixel(step)), axisRect()->rect().center().y()};
}

ChartTable DepthChart::table() const {
  ChartTable table{
      {tr("step"), QStringLiteral("relative_error"), QStringLiteral("cosine"), QStringLiteral("differs")}, {}, {}};
  for (const Step& step : m_steps) {
    table.rowLabels << step.name + QStringLiteral(": ") + step.referenceWord + QStringLiteral(" / ") +
                           step.comparedWord;
    table.rows.push_back({step.error, step.cosine, step.differs() ? 1.0 : 0.0});
  }
  return table;
}

std::vector<ChartLegendEntry> DepthChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("both would say the same"), c.reference}, {tr("they would say different words"), c.sign}};
}

}  // namespace app
