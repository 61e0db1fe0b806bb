#include "app/pictures/step_error_chart.h"

#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr double kStepHalfWidth = 0.75;  ///< errors beyond this are counted in the outermost bins
constexpr int kFewestBins = 6, kMostBins = 30, kWeightsPerBin = 12;
constexpr double kEvenVariance = 1.0 / 12;

double lowEdge(std::size_t bin, std::size_t bins) {
  return -kStepHalfWidth + 2 * kStepHalfWidth * static_cast<double>(bin) / static_cast<double>(bins);
}
}  // namespace

StepErrorChart::StepErrorChart(QWidget* parent) : Chart(parent), m_bars(new QCPBars(xAxis, yAxis)), m_even(addGraph()) {
  setTitle(tr("Errors in units of the step"));
  setAxisTitles(tr("error in steps"), tr("weights"));
  xAxis->setRange(-kStepHalfWidth, kStepHalfWidth);
  xAxis->ticker()->setTickCount(5);
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  applyColors();
}

void StepErrorChart::setErrors(core::metrics::StepErrors errors) {
  m_errors = std::move(errors);
  const double total = static_cast<double>(m_errors.inSteps.size());
  // A multiple of three: then the edges of the even spread, ±1/2, are edges of bins.
  const int wanted = std::clamp(static_cast<int>(total) / kWeightsPerBin, kFewestBins, kMostBins);
  const auto bins = static_cast<std::size_t>(wanted / 6 * 6);
  m_counts.assign(bins, 0);
  for (const double error : m_errors.inSteps) {
    const double place = std::floor((error + kStepHalfWidth) / (2 * kStepHalfWidth) * static_cast<double>(bins));
    m_counts[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins) - 1))] += 1;
  }
  const double width = 2 * kStepHalfWidth / static_cast<double>(bins), even = total * width;
  QVector<double> centres;
  for (std::size_t bin = 0; bin < bins; ++bin) centres << lowEdge(bin, bins) + width / 2;
  m_bars->setWidth(width * 0.92);
  m_bars->setData(centres, QVector<double>(m_counts.begin(), m_counts.end()), true);
  m_even->setData({-0.5, -0.5, 0.5, 0.5}, {0, even, even, 0}, true);
  const double tallest = std::max(*std::max_element(m_counts.begin(), m_counts.end()), even);
  yAxis->setRange(0, std::max(tallest, 1.0) * 1.12);
  rememberHome();
  setMessage(m_errors.inSteps.empty() ? tr("These weights have no steps to measure by.") : QString());
  replot(QCustomPlot::rpQueuedReplot);
}

QString StepErrorChart::verdict() const {
  const double variance = m_errors.variance();
  if (!std::isfinite(variance)) return {};
  const QString figures = tr("Mean square %1 steps² over %2 weights; an even spread has 1/12 = 0.0833.")
                              .arg(text::number(variance, 3), text::count(m_errors.inSteps.size()));
  // The mean of n squares of an even spread has a standard deviation of sqrt(1/180 / n).
  const double noise = std::sqrt(1.0 / 180 / static_cast<double>(m_errors.inSteps.size()));
  const QString words = std::abs(variance - kEvenVariance) < 2 * noise ? tr("As good as even.")
                        : variance < kEvenVariance                     ? tr("Less than even: weights lie near levels.")
                                                   : tr("More than even: weights lie between levels.");
  return words + u' ' + figures;
}

void StepErrorChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(mix(c.accent, c.surface, 0.35));
  m_even->setPen(QPen(c.reference, 1.6, Qt::DashLine));
}

std::optional<QString> StepErrorChart::readout(QPointF at) const {
  if (m_counts.empty() || std::abs(at.x()) >= kStepHalfWidth) return std::nullopt;
  const auto bins = m_counts.size();
  const auto bin =
      static_cast<std::size_t>((at.x() + kStepHalfWidth) / (2 * kStepHalfWidth) * static_cast<double>(bins));
  return tr("errors from %1 to %2 steps: %3 weights")
      .arg(text::number(lowEdge(bin, bins), 2), text::number(lowEdge(bin + 1, bins), 2))
      .arg(m_counts[bin]);
}

ChartTable StepErrorChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("from"), QStringLiteral("to"), QStringLiteral("weights")};
  for (std::size_t bin = 0; bin < m_counts.size(); ++bin)
    result.rows.push_back({lowEdge(bin, m_counts.size()), lowEdge(bin + 1, m_counts.size()), m_counts[bin]});
  return result;
}

std::vector<ChartLegendEntry> StepErrorChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("weights"), mix(c.accent, c.surface, 0.35)}, {tr("even spread"), c.reference}};
}

}  // namespace app
