// Two rows of logits against each other, compared with the textbook formulas in double.
#include <QtTest>
#include <cmath>
#include <limits>
#include <random>

#include "core/evaluate/row_comparison.h"

using namespace core::evaluate;

namespace {

std::vector<float> drawn(std::size_t count, std::uint64_t seed, double spread) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0.0, spread);
  std::vector<float> row(count);
  for (float& value : row) value = static_cast<float>(normal(random));
  return row;
}

long double logSum(const std::vector<float>& row) {
  long double most = -INFINITY, sum = 0;
  for (const float value : row) most = std::max<long double>(most, value);
  for (const float value : row) sum += std::exp(static_cast<long double>(value) - most);
  return most + std::log(sum);
}

long double divergence(const std::vector<float>& p, const std::vector<float>& q) {
  const long double ofP = logSum(p), ofQ = logSum(q);
  long double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const long double logP = p[i] - ofP, logQ = q[i] - ofQ;
    if (std::isfinite(p[i])) sum += std::exp(logP) * (logP - logQ);
  }
  return sum;
}

TokenComparison compare(const std::vector<float>& p, const std::vector<float>& q, core::text::TokenId token = 0) {
  return compareRows(p, summarizeRow(p), q, summarizeRow(q), token);
}

bool isClose(double found, long double expected, double relative) {
  return std::abs(static_cast<long double>(found) - expected) <= relative * std::abs(expected);
}

}  // namespace

class TestRowComparison : public QObject {
  Q_OBJECT

 private slots:
  void sumsAreThoseOfDouble() {
    for (const std::size_t count : {1, 2, 7, 8, 9, 63, 1000, 32003}) {
      for (const double spread : {0.01, 1.0, 8.0, 60.0}) {
        const auto row = drawn(count, count, spread);
        const auto summary = summarizeRow(row);
        QVERIFY(std::abs(summary.logSum - static_cast<double>(logSum(row))) <= 3e-7);
        QCOMPARE(std::size_t{summary.top},
                 static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()));
      }
    }
  }

  void divergenceIsThatOfTheFormula() {
    for (const std::size_t count : {2, 7, 8, 100, 2048, 32003}) {
      for (const double spread : {0.1, 3.0, 10.0}) {
        for (const double change : {1e-3, 0.1, 1.0, 10.0}) {
          const auto p = drawn(count, 1, spread), noise = drawn(count, 2, change);
          auto q = p;
          for (std::size_t i = 0; i < count; ++i) q[i] += noise[i];
          const long double expected = divergence(p, q);
          const auto found = compare(p, q);
          // Logits are floats: what the change rounds to is known to the last bit, its effect to 1e-5.
          if (expected > 1e-9L)
            QVERIFY2(isClose(found.kl, expected, 1e-5),
                     qPrintable(QString("%1 %2").arg(found.kl).arg(double(expected))));
          QVERIFY(std::abs(found.nllCompared - static_cast<double>(logSum(q) - static_cast<long double>(q[0]))) < 1e-5);
        }
      }
    }
  }

  /// The last bits of logits are no divergence worth a figure, and never a negative one.
  void tinyDifferencesStayTiny() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const auto p = drawn(2048, seed, 5.0);
      auto q = p;
      for (std::size_t i = 0; i < q.size(); ++i) q[i] = std::nextafter(q[i], i % 2 == 0 ? 100.0F : -100.0F);
      const double kl = compare(p, q).kl;
      QVERIFY(kl > 0 && kl < 2e-12);
      QVERIFY(isClose(kl, divergence(p, q), 0.01));
    }
    const auto p = drawn(2048, 3, 5.0);
    QCOMPARE(compare(p, p).kl, 0.0);
    auto shifted = p;  // the same distribution
    for (float& value : shifted) value += 4.0F;
    QVERIFY(compare(p, shifted).kl < 1e-11);
  }

  void ruledOutColumnsDoNotCount() {
    auto p = drawn(100, 1, 2.0), q = drawn(100, 2, 2.0);
    const std::vector<float> shortP(p.begin(), p.begin() + 90), shortQ(q.begin(), q.begin() + 90);
    for (std::size_t i = 90; i < 100; ++i) p[i] = q[i] = -std::numeric_limits<float>::infinity();
    const auto all = compare(p, q, 5), some = compare(shortP, shortQ, 5);
    QVERIFY(isClose(all.kl, some.kl, 1e-6));
    QVERIFY(isClose(all.nllCompared, some.nllCompared, 1e-6));
  }

  /// What one model thinks nearly impossible and the other certain.
  void extremesAreFinite() {
    std::vector<float> p(16, -50.0F), q(16, -50.0F);
    p[3] = 50.0F, q[4] = 50.0F;
    const auto found = compare(p, q, 3);
    QVERIFY(isClose(found.kl, 100.0L, 1e-5));
    QVERIFY(!found.sameTop && found.referenceRight && !found.comparedRight);
    QVERIFY(isClose(found.deltaP(), -1.0L, 1e-6));
    std::vector<float> far(16, -3e4F), high(16, 3e4F);
    far[0] = 3e4F, high[0] = -3e4F;
    QVERIFY(isClose(compare(far, high).kl, 6e4L, 1e-3));
  }

  void theFirstOfEqualFavouritesCounts() {
    std::vector<float> row(20, 1.0F);
    QCOMPARE(summarizeRow(row).top, 0U);
    row[7] = row[13] = 2.0F;
    QCOMPARE(summarizeRow(row).top, 7U);
  }
};

QTEST_APPLESS_MAIN(TestRowComparison)
#include "tst_row_comparison.moc"
