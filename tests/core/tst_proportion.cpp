// Intervals of shares and the sign test, against values computed by hand and from tables.
#include <QtTest>

#include <cmath>

#include "core/evaluate/estimate.h"
#include "core/evaluate/proportions.h"

using namespace core::evaluate;

class TestProportion : public QObject {
  Q_OBJECT
 private slots:
  void wilsonsIntervalIsThePublishedOne() {
    // 8 of 10 and 0 of 10, as in Brown, Cai, DasGupta (2001) and every calculator: 0.4902 … 0.9433, 0 … 0.2775.
    const Proportion eight = wilsonInterval(8, 10);
    QVERIFY(std::abs(eight.low - 0.49016) < 1e-4 && std::abs(eight.high - 0.94331) < 1e-4);
    const Proportion none = wilsonInterval(0, 10);
    QVERIFY(std::abs(none.low) < 1e-12 && std::abs(none.high - 0.27754) < 1e-4);
    const Proportion all = wilsonInterval(10, 10);
    QVERIFY(std::abs(all.high - 1) < 1e-12 && std::abs(all.low - 0.72246) < 1e-4);
    const Proportion unknown = wilsonIntervalOf(0.5, 0);
    QVERIFY(unknown.low == 0 && unknown.high == 1);
  }

  // The ends are the shares p for which the observed one is z standard errors of p away.
  void theEndsSolveTheDefinition() {
    for (const double share : {0.1, 0.35, 0.8})
      for (const double samples : {4.0, 30.0}) {
        const Proportion interval = wilsonIntervalOf(share, samples);
        for (const double p : {interval.low, interval.high})
          QVERIFY(std::abs(std::abs(share - p) - kConfidence95 * std::sqrt(p * (1 - p) / samples)) < 1e-12);
      }
  }
};

QTEST_APPLESS_MAIN(TestProportion)
#include "tst_proportion.moc"
