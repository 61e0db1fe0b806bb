#include "app/workspaces/train/train_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/plots/text_layer.h"
#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr double kLeastNats = 1e-4;  ///< what is less is drawn here: a logarithm has no 0
constexpr double kPerplexities[] = {1.001, 1.003, 1.01, 1.03, 1.1, 1.3, 2.0, 5.0, 20.0, 150.0, 5000.0};
constexpr double kLine = 15;        ///< pixels that a tick's label takes
constexpr double kNamesFrom = 0.3;  ///< of the axis: where names of lines begin
constexpr double kReach = 18;       ///< pixels from a point within which it is meant

double shown(double nats) { return std::max(nats, kLeastNats); }

}  // namespace

TrainChart::TrainChart(QWidget* parent)
    : Chart(parent),
      m_loss(addGraph()),
      m_heldOut(addGraph()),
      m_errors(new QCPErrorBars(xAxis, yAxis)),
      m_names(new TextLayer(this, xAxis, yAxis, Qt::AlignLeft)) {
  setTitle(tr("Training"));
  setObjectName(QStringLiteral("train-chart"));
  setAxisTitles(tr("step"), tr("loss (nats per token)"));
  yAxis->setScaleType(QCPAxis::stLogarithmic);
  yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
  yAxis->setNumberFormat(QStringLiteral("g"));
  yAxis2->setScaleType(QCPAxis::stLogarithmic);
  yAxis2->setLabel(tr("held-out perplexity"));
  yAxis2->setVisible(true);
  connect(yAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), yAxis2,
          qOverload<const QCPRange&>(&QCPAxis::setRange));
  connect(yAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, &TrainChart::tickPerplexities);
  m_heldOut->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 6));
  m_errors->setDataPlottable(m_heldOut);
  m_errors->setErrorType(QCPErrorBars::etValueError);
  begin(0, 1);
  applyColors();
}

void TrainChart::begin(std::uint64_t run, std::uint64_t steps) {
  m_run = run;
  m_steps = steps;
  m_reports.clear();
  m_points.clear();
  m_loss->data()->clear();
  m_heldOut->data()->clear();
  m_errors->data()->clear();
  m_fitted.clear();
}

void TrainChart::show(std::uint64_t run, const TrainHistory& history, std::uint64_t steps) {
  const bool isShorter = history.steps.size() < m_reports.size() || history.evaluations.size() < m_points.size();
  if (run != m_run || steps != m_steps || isShorter) begin(run, steps);
  append(history);
  fit();
  QStringList described;
  if (!m_reports.empty())
    described << tr("step %1: loss %2 nats per token")
                     .arg(text::count(m_reports.back().step), text::number(m_reports.back().loss, 3));
  if (!history.evaluations.empty())
    described << tr("held-out perplexity %1").arg(text::estimate(history.evaluations.back().now.perplexity));
  for (const Line& line : m_lines) described << tr("%1: %2").arg(line.name, text::number(line.perplexity, 4));
  setAccessibleDescription(described.join(u'\n'));
  replot(QCustomPlot::rpQueuedReplot);
}

void TrainChart::append(const TrainHistory& history) {
  for (std::size_t i = m_reports.size(); i < history.steps.size(); ++i) {
    m_reports.push_back(history.steps[i]);
    m_loss->addData(static_cast<double>(history.steps[i].step), shown(history.steps[i].loss));
  }
  for (std::size_t i = m_points.size(); i < history.evaluations.size(); ++i) {
    const auto& perplexity = history.evaluations[i].now.perplexity;
    const double error = std::isfinite(perplexity.error) ? perplexity.error / perplexity.value : 0.0;
    const Point point{static_cast<double>(history.evaluations[i].step), std::log(perplexity.value), error};
    m_points.push_back(point);
    m_heldOut->addData(point.step, shown(point.nats));
    m_errors->addData(std::min(point.error, shown(point.nats) * 0.9), point.error);
  }
}

void TrainChart::setLines(std::vector<Line> lines) {
  std::erase_if(lines, [](const Line& line) { return !(line.perplexity > 1) || !std::isfinite(line.perplexity); });
  if (lines == m_lines) return;
  for (QCPGraph* graph : m_lineGraphs) removeGraph(graph);
  m_lineGraphs.clear();
  m_lines = std::move(lines);
  for (const Line& line : m_lines) {
    QCPGraph* graph = addGraph();
    const double nats = shown(std::log(line.perplexity));
    graph->setData({-1e6, 1e6}, {nats, nats}, true);
    graph->setPen(QPen(line.color, 1.4, Qt::DashLine));
    m_lineGraphs.push_back(graph);
  }
  fit();
  replot(QCustomPlot::rpQueuedReplot);
}

// It stays while figures come in, and widens when they leave it.
void TrainChart::fit() {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  const auto include = [&](double nats) { low = std::min(low, shown(nats)), high = std::max(high, shown(nats)); };
  for (const auto& report : m_reports) include(report.loss);
  for (const Point& point : m_points) include(point.nats);
  for (const Line& line : m_lines) include(std::log(line.perplexity));
  const bool isEmpty = !(high > 0);
  for (QCPAxis* axis : {xAxis, yAxis, yAxis2}) axis->setVisible(!isEmpty);
  yAxis->grid()->setVisible(!isEmpty);
  if (isEmpty) return;
  // Half powers of ten, so that it moves seldom.
  const double from = std::floor(2 * std::log10(low * 0.85)) / 2, to = std::ceil(2 * std::log10(high * 1.25)) / 2;
  const QString key = QStringLiteral("%1 %2 %3").arg(from).arg(to).arg(m_steps);
  if (key != m_fitted) {
    m_fitted = key;
    xAxis->setRange(0, static_cast<double>(std::max<std::uint64_t>(m_steps, 1)) * 1.03);
    yAxis->setRange(std::pow(10, from), std::pow(10, to));
    rememberHome();
  }
  placeNames();
}

// Names stand over their lines; of two that lie on each other, the lower one moves down.
void TrainChart::placeNames() {
  const ThemeColors& c = Theme::instance().colors();
  const double height = std::max(axisRect()->height(), 60);
  const double line = std::pow(yAxis->range().upper / yAxis->range().lower, 14.0 / height);
  const QFontMetricsF metrics(TextLayer::font());
  std::vector<TextLayer::Entry> names;
  for (const Line& entry : m_lines) {
    const QString name = QStringLiteral("%1 · %2").arg(entry.name, text::number(entry.perplexity, 4));
    // Clear of where the loss begins, as far as it fits.
    const double fits = 1.0 - (metrics.horizontalAdvance(name) + 12.0) / std::max(axisRect()->width(), 1);
    const double at = xAxis->range().upper * std::clamp(fits, 0.0, kNamesFrom);
    names.push_back({QPointF(at, shown(std::log(entry.perplexity))), name, c.textMuted});
  }
  std::ranges::sort(names, std::greater<>(), [](const TextLayer::Entry& entry) { return entry.at.y(); });
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i].at.ry() *= std::sqrt(line);
    if (i > 0 && names[i].at.y() * line > names[i - 1].at.y()) names[i].at.ry() = names[i - 1].at.y() / line;
  }
  m_names->setEntries(std::move(names));
}

// Perplexities a person can read, at their logarithms, where there is room for them.
void TrainChart::tickPerplexities() {
  const QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  const double line = Theme::instance().px(kLine);
  double last = std::numeric_limits<double>::infinity();
  for (const double perplexity : kPerplexities) {
    const double at = yAxis->coordToPixel(std::log(perplexity));
    if (last - at < line) continue;
    ticker->addTick(std::log(perplexity), QLocale().toString(perplexity, 'g', 6));
    last = at;
  }
  yAxis2->setTicker(ticker);
}

void TrainChart::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  placeNames();
  tickPerplexities();
}

void TrainChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_loss->setPen(QPen(mix(c.textFaint, c.surface, 0.25), 1.3));
  m_heldOut->setPen(QPen(c.accent, 2));
  m_heldOut->setScatterStyle({QCPScatterStyle::ssDisc, QPen(c.accent), QBrush(c.accent), 6});
  m_errors->setPen(QPen(c.accent, 1.2));
  placeNames();
}

std::optional<QString> TrainChart::readout(QPointF coordinates) const {
  const QPointF at(xAxis->coordToPixel(coordinates.x()), yAxis->coordToPixel(coordinates.y()));
  const auto distance = [&](double step, double nats) {
    return std::hypot(xAxis->coordToPixel(step) - at.x(), yAxis->coordToPixel(shown(nats)) - at.y());
  };
  double nearest = Theme::instance().px(kReach);
  std::optional<QString> found;
  for (const Point& point : m_points) {
    const double away = distance(point.step, point.nats);
    if (away > nearest) continue;
    nearest = away;
    const double perplexity = std::exp(point.nats);
    found = tr("after step %1\nheld-out perplexity %2")
                .arg(text::count(static_cast<std::uint64_t>(point.step)),
                     text::estimate({perplexity, point.error * perplexity}));
  }
  if (found) return found;
  for (const auto& report : m_reports) {
    const double away = distance(static_cast<double>(report.step), report.loss);
    if (away > nearest) continue;
    nearest = away;
    found = tr("step %1\nloss %2 nats per token\ngradient %3, rate %4\n%5")
                .arg(text::count(report.step), text::number(report.loss, 3), text::number(report.gradientNorm, 3),
                     text::number(report.rate, 3), text::duration(report.seconds));
  }
  if (found) return found;
  for (const Line& line : m_lines)
    if (std::abs(yAxis->coordToPixel(shown(std::log(line.perplexity))) - at.y()) < 5)
      return tr("%1\nheld-out perplexity %2").arg(line.name, text::number(line.perplexity, 4));
  return std::nullopt;
}

ChartTable TrainChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("what"), QStringLiteral("step"), QStringLiteral("loss"),
                    QStringLiteral("held_out_perplexity"), QStringLiteral("held_out_perplexity_error")};
  const double none = std::nan("");
  for (const auto& report : m_reports) {
    result.rowLabels << QStringLiteral("step");
    result.rows.push_back({static_cast<double>(report.step), report.loss, none, none});
  }
  for (const Point& point : m_points) {
    result.rowLabels << QStringLiteral("evaluation");
    result.rows.push_back({point.step, none, std::exp(point.nats), point.error * std::exp(point.nats)});
  }
  for (const Line& line : m_lines) {
    result.rowLabels << line.name;
    result.rows.push_back({none, none, line.perplexity, none});
  }
  return result;
}

std::vector<ChartLegendEntry> TrainChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  std::vector<ChartLegendEntry> entries{{tr("loss of each step"), mix(c.textFaint, c.surface, 0.25)},
                                        {tr("held-out perplexity"), c.accent}};
  for (const Line& line : m_lines) entries.push_back({line.name, line.color});
  return entries;
}

}  // namespace app
