#include "app/pictures/normal_quantiles_chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "core/numeric/nf4_quantiles.h"
#include "core/numeric/normal_distribution.h"

namespace app {
namespace {

using core::numeric::kNf4LargestShare;
using core::numeric::normalDensity;
using core::numeric::normalQuantile;

constexpr int kBins = 41, kPointsPerSlice = 12;

/// Standard deviations that the level 1 stands for.
double reach() { return normalQuantile(kNf4LargestShare); }

/// The density over numbers divided by the reach.
double density(double x) { return normalDensity(x * reach()) * reach(); }

double level(std::size_t k) { return normalQuantile(core::numeric::nf4Shares()[k]) / reach(); }

}  // namespace

NormalQuantilesChart::NormalQuantilesChart(QWidget* parent) : Chart(parent), m_histogram(new QCPBars(xAxis, yAxis)) {
  setTitle(tr("NF4: levels at the quantiles of a normal distribution"));
  setAxisTitles(tr("weight / largest of its block"), tr("density"));
  m_histogram->setWidth(2.0 / kBins * 0.94);
  constexpr std::size_t kSlices = 15;
  for (std::size_t k = 0; k < kSlices; ++k) {
    QVector<double> xs, ys;
    const double from = level(k), to = level(k + 1);
    for (int i = 0; i <= kPointsPerSlice; ++i) {
      const double x = from + (to - from) * i / kPointsPerSlice;
      xs << x;
      ys << density(x);
    }
    m_slices.push_back(addGraph());
    m_slices.back()->setData(xs, ys, true);
  }
  for (std::size_t k = 0; k <= kSlices; ++k) {
    auto* line = new QCPItemLine(this);
    line->start->setCoords(level(k), 0);
    line->end->setCoords(level(k), density(level(k)));
    m_levels.push_back(line);
  }
  xAxis->setRange(-1.04, 1.04);
  yAxis->setRange(0, density(0) * 1.25);
  rememberHome();
  applyColors();
}

void NormalQuantilesChart::setWeights(const std::vector<double>& weights) {
  std::array<double, kBins> counts{};
  double total = 0;
  for (const double weight : weights) {
    if (!std::isfinite(weight) || std::abs(weight) > 1) continue;
    counts[static_cast<std::size_t>(std::min((weight + 1) / 2 * kBins, kBins - 1.0))] += 1;
    total += 1;
  }
  const double width = 2.0 / kBins;
  QVector<double> centres, densities;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    centres << -1 + (static_cast<double>(bin) + 0.5) * width;
    densities << (total > 0 ? counts[bin] / total / width : 0);
  }
  m_histogram->setData(centres, densities, true);
  yAxis->setRange(0, std::max(density(0), *std::max_element(densities.begin(), densities.end())) * 1.15);
  rememberHome();
  replot(QCustomPlot::rpQueuedReplot);
}

void NormalQuantilesChart::applyColors() {
  const ThemeColors& c = Theme::instance().colors();
  m_histogram->setPen(Qt::NoPen);
  m_histogram->setBrush(mix(c.reference, c.surface, 0.45));
  for (std::size_t k = 0; k < m_slices.size(); ++k) {
    QColor fill = c.accent;
    fill.setAlphaF(k % 2 == 0 ? 0.28F : 0.12F);
    m_slices[k]->setPen(QPen(c.accent, 1.6));
    m_slices[k]->setBrush(fill);
  }
  for (QCPItemLine* line : m_levels) line->setPen(QPen(c.accent, 1.4));
}

std::optional<QString> NormalQuantilesChart::readout(QPointF at) const {
  const auto shares = core::numeric::nf4Shares();
  std::size_t nearest = 0;
  for (std::size_t k = 1; k < shares.size(); ++k)
    if (std::abs(level(k) - at.x()) < std::abs(level(nearest) - at.x())) nearest = k;
  return tr("level %1 = %2\nbelow it lies %3 of a normal distribution\n= quantile %4 ÷ %5")
      .arg(nearest)
      .arg(text::number(level(nearest), 5), text::percent(shares[nearest], 2),
           text::number(normalQuantile(shares[nearest]), 4), text::number(reach(), 4));
}

ChartTable NormalQuantilesChart::table() const {
  ChartTable result;
  result.columns = {QStringLiteral("level"), QStringLiteral("share_below"), QStringLiteral("quantile")};
  const auto shares = core::numeric::nf4Shares();
  for (std::size_t k = 0; k < shares.size(); ++k)
    result.rows.push_back({level(k), shares[k], normalQuantile(shares[k])});
  return result;
}

std::vector<ChartLegendEntry> NormalQuantilesChart::legend() const {
  const ThemeColors& c = Theme::instance().colors();
  return {{tr("these weights"), mix(c.reference, c.surface, 0.45)},
          {tr("normal distribution, cut at the levels"), c.accent}};
}

}  // namespace app
