#include "app/workspaces/layers/design_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/plots/text_layer.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_words.h"

namespace app {

namespace {

constexpr double kReach = 18;  ///< pixels from a point within which it is meant

}  // namespace

DesignChart::DesignChart(QWidget* parent) : Chart(parent), m_names(new TextLayer(this, xAxis, yAxis, Qt::AlignLeft)) {
  setTitle(tr("The search for a recipe"));
  setObjectName(QStringLiteral("design-chart"));
  setAxisTitles(tr("measurement"), tr("KL (nats per token)"));
  yAxis->setScaleType(QCPAxis::stLogarithmic);
  yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  yAxis->setNumberFormat(QStringLiteral("eb"));
  yAxis->setNumberPrecision(0);
  xAxis->ticker()->setTickCount(4);
}

void DesignChart::show(const DesignOutcome& outcome, std::vector<Mark> marks, bool isOld) {
  m_points.clear();
  for (const DesignSingle& single : outcome.singles) {
    if (!(single.kl.value > 0)) continue;
    const QString text = tr("measurement %1: %2 alone under %3\nKL %4")
                             .arg(text::count(single.measurement), QString::fromStdString(single.item),
                                  schemeTitle(single.scheme), text::estimate(single.kl));
    m_points.push_back({static_cast<double>(single.measurement), single.kl.value, 0, text, true});
  }
  for (const DesignStep& step : outcome.steps) {
    if (!(step.kl.value > 0)) continue;
    const QString text = tr("after %1 measurements: a recipe of %2 bytes\nKL %3")
                             .arg(text::count(step.measurement), text::count(step.bytes), text::estimate(step.kl));
    m_points.push_back({static_cast<double>(step.measurement), step.kl.value,
                        std::isfinite(step.kl.error) ? step.kl.error : 0, text, false});
  }
  m_marks = std::move(marks);
  std::erase_if(m_marks, [](const Mark& mark) { return !(mark.kl > 0) || !std::isfinite(mark.kl); });
  m_wanted = static_cast<double>(std::max(outcome.singlesWanted, outcome.measurements()));
  m_isOld = isOld;
  draw();
}

void DesignChart::clear() {
  m_points.clear();
  m_marks.clear();
  m_homeOf.clear();
  draw();
}

void DesignChart::draw() {
  const bool isEmpty = m_points.empty() && m_marks.empty();
  for (QCPAxis* axis : {xAxis, yAxis}) {  // the message stands alone
    axis->setVisible(!isEmpty);
    axis->grid()->setVisible(!isEmpty && axis == yAxis);
  }
  clearPlottables();
  for (int i = itemCount() - 1; i >= 0; --i)
    if (item(i) != m_names) removeItem(item(i));
  const double right = std::max(m_wanted * 1.04, 10.0);
  showHome(right);
  drawMarks(right);
  const ThemeColors& c = Theme::instance().colors();
  QCPGraph* singles = addGraph();
  for (const Point& point : m_points)
    if (point.isSingle) singles->addData(point.at, point.kl);
  singles->setLineStyle(QCPGraph::lsNone);
  const QColor ink = mix(c.textFaint, c.surface, m_isOld ? 0.6 : 0.2);
  singles->setScatterStyle({QCPScatterStyle::ssDisc, QPen(ink), QBrush(ink), 3});
  drawSteps(right);
  QStringList described;
  for (const Point& point : m_points)
    if (!point.isSingle) described << QString(point.text).replace(u'\n', QStringLiteral(", "));
  for (const Mark& mark : m_marks) described << tr("%1: KL %2").arg(mark.name, text::number(mark.kl, 3));
  setAccessibleDescription(described.join(u'\n'));
  replot(QCustomPlot::rpQueuedReplot);
}

void DesignChart::drawMarks(double right) {
  const ThemeColors& c = Theme::instance().colors();
  std::vector<TextLayer::Entry> names;
  for (const Mark& mark : m_marks) {
    const QColor color = m_isOld ? mix(mark.color, c.surface, 0.55) : mark.color;
    auto* line = addGraph();
    line->setData({0, right * 10}, {mark.kl, mark.kl}, true);
    line->setPen(QPen(color, 1.4, mark.pen));
    names.push_back({QPointF(right * 0.015, mark.kl * 1.02), QStringLiteral("%1").arg(mark.name), c.textMuted});
  }
  // Names stand over their lines; of two that lie on each other, the upper one is read.
  std::ranges::sort(names, std::greater<>(), [](const TextLayer::Entry& entry) { return entry.at.y(); });
  const double line = std::pow(yAxis->range().upper / yAxis->range().lower, 14.0 / std::max(axisRect()->height(), 60));
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i].at.ry() *= std::sqrt(line);
    if (i > 0 && names[i].at.y() * line > names[i - 1].at.y()) names[i].at.ry() = names[i - 1].at.y() / line;
  }
  m_names->setEntries(std::move(names));
}

// From one better recipe to the next the best stays what it was.
void DesignChart::drawSteps(double right) {
  const ThemeColors& c = Theme::instance().colors();
  const QColor ink = m_isOld ? mix(c.accent, c.surface, 0.55) : c.accent;
  QCPGraph *stairs = addGraph(), *dots = addGraph();
  double last = 0;
  for (const Point& point : m_points) {
    if (point.isSingle) continue;
    stairs->addData(point.at, point.kl);
    dots->addData(point.at, point.kl);
    last = point.kl;
    if (!(point.error > 0)) continue;
    QCPGraph* bar = addGraph();
    bar->setData({point.at, point.at}, {std::max(point.kl - point.error, point.kl / 10), point.kl + point.error}, true);
    bar->setPen(QPen(ink, 1.2));
  }
  if (last > 0) stairs->addData(std::max(right / 1.04, m_wanted), last);
  stairs->setLineStyle(QCPGraph::lsStepLeft);
  stairs->setPen(QPen(ink, 1.8));
  dots->setLineStyle(QCPGraph::lsNone);
  dots->setScatterStyle({QCPScatterStyle::ssDisc, QPen(ink), QBrush(ink), 7});
}

// It stays while figures come in, and widens when they leave it.
void DesignChart::showHome(double right) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  const auto include = [&](double kl) { low = std::min(low, kl), high = std::max(high, kl); };
  for (const Point& point : m_points) include(point.kl);
  for (const Mark& mark : m_marks) include(mark.kl);
  if (!(high > 0)) return;
  // Whole powers of ten, so that there are few ticks, none of them twice.
  const double powerLow = std::floor(std::log10(low)), powerHigh = std::ceil(std::log10(high * 1.3));
  const QString key = QStringLiteral("%1 %2 %3").arg(powerLow).arg(powerHigh).arg(right);
  if (key == m_homeOf) return;
  m_homeOf = key;
  xAxis->setRange(0, right);
  yAxis->setRange(std::pow(10, powerLow), std::pow(10, powerHigh));
  rememberHome();
}

void DesignChart::applyColors() { draw(); }

std::optional<QString> DesignChart::readout(QPointF coordinates) const {
  const QPointF at(xAxis->coordToPixel(coordinates.x()), yAxis->coordToPixel(coordinates.y()));
  double nearest = Theme::instance().px(kReach);
  std::optional<QString> found;
  for (const Point& point : m_points) {
    const QPointF to(xAxis->coordToPixel(point.at), yAxis->coordToPixel(point.kl));
    const double distance = std::hypot(to.x() - at.x(), to.y() - at.y());
    if (distance <= nearest) nearest = distance, found = point.text;
  }
  if (found) return found;
  for (const Mark& mark : m_marks)
    if (std::abs(yAxis->coordToPixel(mark.kl) - at.y()) < 5)
      return tr("%1\nKL %2").arg(mark.name, text::number(mark.kl, 3));
  return std::nullopt;
}

ChartTable DesignChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("what"), QStringLiteral("measurement"), QStringLiteral("kl"),
                    QStringLiteral("kl_error")};
  for (const Point& point : m_points) {
    result.rowLabels << (point.isSingle ? QStringLiteral("single") : QStringLiteral("recipe"));
    result.rows.push_back({point.at, point.kl, point.error > 0 ? point.error : std::nan("")});
  }
  for (const Mark& mark : m_marks) {
    result.rowLabels << mark.name;
    result.rows.push_back({std::nan(""), mark.kl, std::nan("")});
  }
  return result;
}

std::vector<ChartLegendEntry> DesignChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  std::vector<ChartLegendEntry> entries{{tr("best recipe so far"), c.accent},
                                        {tr("single tensor quantized"), mix(c.textFaint, c.surface, 0.2)}};
  for (const Mark& mark : m_marks) entries.push_back({mark.name, mark.color});
  return entries;
}

}  // namespace app
