// Drawn weights and the normal distribution, with the quantiles that NF4 is made of.
#include <QTest>
#include <cmath>
#include <limits>

#include "core/metrics/drawn_weights.h"
#include "core/numeric/nf4_quantiles.h"
#include "core/numeric/normal_distribution.h"
#include "core/numeric/number_format.h"

using namespace core;

namespace {
struct Moments {
  double mean = 0, deviation = 0, kurtosis = 0;
};
Moments momentsOf(const std::vector<float>& values) {
  Moments m;
  const double n = static_cast<double>(values.size());
  for (const float v : values) m.mean += static_cast<double>(v) / n;
  double second = 0, fourth = 0;
  for (const float v : values) {
    const double d = static_cast<double>(v) - m.mean;
    second += d * d / n, fourth += d * d * d * d / n;
  }
  m.deviation = std::sqrt(second);
  m.kurtosis = fourth / (second * second);
  return m;
}
}  // namespace

class TestDrawnWeights : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  /// Quantiles of published tables (NIST/SEMATECH e-Handbook; Φ⁻¹ of common confidence levels).
  void normalQuantilesAreThoseOfTheTables() {
    QCOMPARE(numeric::normalQuantile(0.5), 0.0);
    QVERIFY(std::abs(numeric::normalQuantile(0.975) - 1.959963984540054) < 1e-14);
    QVERIFY(std::abs(numeric::normalQuantile(0.841344746068543) - 1) < 1e-13);
    QVERIFY(std::abs(numeric::normalQuantile(1e-10) + 6.361340902404056) < 1e-12);
    QVERIFY(std::isinf(numeric::normalQuantile(0)) && std::isinf(numeric::normalQuantile(1)));
    for (double share = 0.001; share < 1; share += 0.0137)
      QVERIFY(std::abs(numeric::normalShareBelow(numeric::normalQuantile(share)) - share) < 1e-15);
  }

  void densityIsTheSlopeOfTheShare() {
    for (double x = -4; x <= 4; x += 0.31) {
      const double h = 1e-5;
      const double slope = (numeric::normalShareBelow(x + h) - numeric::normalShareBelow(x - h)) / (2 * h);
      QVERIFY(std::abs(slope - numeric::normalDensity(x)) < 1e-9);
    }
  }

  /// The table of NF4 (QLoRA) is the quantiles, not a coincidence.
  void nf4IsTheQuantilesOfTheNormalDistribution() {
    const auto shares = numeric::nf4Shares();
    const auto levels = numeric::numberFormat(numeric::FormatId::Nf4).codeBook;
    const double largest = numeric::normalQuantile(numeric::kNf4LargestShare);
    QCOMPARE(levels.size(), shares.size());
    for (std::size_t k = 0; k < shares.size(); ++k)
      QVERIFY2(std::abs(numeric::normalQuantile(shares[k]) / largest - static_cast<double>(levels[k])) < 1e-6,
               qPrintable(QString::number(k)));
  }

  void drawsHaveTheMomentsOfTheirDistribution() {
    const std::pair<metrics::Distribution, double> kurtosis[] = {
        {metrics::Distribution::Normal, 3}, {metrics::Distribution::Laplace, 6}, {metrics::Distribution::Uniform, 1.8}};
    for (const auto& [distribution, expected] : kurtosis) {
      metrics::WeightDraw draw;
      draw.distribution = distribution;
      draw.count = 4096;
      const Moments m = momentsOf(metrics::drawWeights(draw));
      QVERIFY(std::abs(m.mean) < 0.06);
      QVERIFY(std::abs(m.deviation - 1) < 0.05);
      QVERIFY(std::abs(m.kurtosis / expected - 1) < 0.25);
    }
  }

  void theSeedDecidesAndOutliersComeOnTop() {
    metrics::WeightDraw draw;
    const auto plain = metrics::drawWeights(draw);
    QCOMPARE(metrics::drawWeights(draw), plain);
    draw.outliers = 3;
    draw.outlierSize = 9;
    const auto spiked = metrics::drawWeights(draw);
    int changed = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      if (spiked[i] == plain[i]) continue;
      QCOMPARE(std::abs(spiked[i]), 9.0F);
      ++changed;
    }
    QCOMPARE(changed, 3);
    draw.seed = 2;
    QVERIFY(metrics::drawWeights(draw) != spiked);
  }

  void sizesAreBounded() {
    metrics::WeightDraw draw;
    draw.count = std::numeric_limits<std::uint32_t>::max();
    draw.outliers = draw.count;
    QCOMPARE(metrics::drawWeights(draw).size(), std::size_t{metrics::WeightDraw::kMostValues});
    draw.count = 0;
    QVERIFY(metrics::drawWeights(draw).empty());
  }
};

QTEST_APPLESS_MAIN(TestDrawnWeights)
#include "tst_drawn_weights.moc"
