// Bounds of a divergence of which one distribution is known in part.
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/model/kl_bounds.h"
#include "core/model/probabilities.h"

using core::model::KlBounds;
using core::model::klBounds;
using core::model::KnownProbability;

class TestKlBounds : public QObject {
  Q_OBJECT
 private:
  static std::vector<float> drawn(std::mt19937& random, std::size_t size, float spread) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> logits(size);
    for (float& logit : logits) logit = normal(random);
    return logits;
  }
  static std::vector<KnownProbability> top(const std::vector<float>& logits, std::size_t k) {
    std::vector<KnownProbability> known;
    const double all = core::model::logSumExp(logits);
    for (const auto& choice : core::model::topProbabilities(logits, k))
      known.push_back({choice.token, static_cast<double>(logits[static_cast<std::size_t>(choice.token)]) - all});
    return known;
  }

 private Q_SLOTS:
  void theDivergenceLiesBetween() {
    std::mt19937 random(13);
    for (int trial = 0; trial < 200; ++trial) {
      const std::size_t size = 2 + random() % 60;
      const auto q = drawn(random, size, 0.1F + static_cast<float>(trial % 8)), p = drawn(random, size, 2);
      const double exact = core::model::klDivergence(q, p);
      double width = std::numeric_limits<double>::infinity();
      for (std::size_t k = 1; k <= size; k += 1 + random() % 4) {
        const auto known = top(q, k);
        const KlBounds bounds = klBounds(known, k, p);
        QVERIFY2(bounds.low <= exact + 1e-6 && exact <= bounds.high + 1e-6,
                 qPrintable(QStringLiteral("%1 ≤ %2 ≤ %3").arg(bounds.low).arg(exact).arg(bounds.high)));
        QVERIFY(bounds.high - bounds.low <= width + 1e-6);  // who knows more is nearer
        width = bounds.high - bounds.low;
      }
      const auto all = top(q, size);
      const KlBounds whole = klBounds(all, size, p);
      QVERIFY(std::abs(whole.low - exact) < 1e-5 && std::abs(whole.high - exact) < 1e-5);
    }
  }

  // By hand: Q = {1/2, 1/4, …} known to its second token; P uniform over four.
  void knownFigures() {
    const std::vector<float> p(4, 0.0F);
    const std::vector<KnownProbability> known{{2, std::log(0.5)}, {0, std::log(0.25)}};
    const KlBounds bounds = klBounds(known, 2, p);
    QVERIFY(std::abs(bounds.missing - 0.25) < 1e-12);
    QVERIFY(std::abs(bounds.low - (0.5 * std::log(2.0) + 0.25 * std::log(0.5))) < 1e-12);
    QVERIFY(std::abs(bounds.high - 0.5 * std::log(2.0)) < 1e-12);  // all of it on one of the two
  }

  void theTokenThatWasDrawnMayComeBesides() {
    const std::vector<float> p(4, 0.0F);
    const std::vector<KnownProbability> known{{2, std::log(0.5)}, {1, std::log(0.1)}};
    // The list ends with 0.5: what is missing may all lie on one token.
    QVERIFY(std::abs(klBounds(known, 1, p).high - (0.5 * std::log(2.0) + 0.1 * std::log(0.4) + 0.4 * std::log(1.6))) <
            1e-12);
  }

  void whatCannotBeIsRefusedOrInfinite() {
    const std::vector<float> p{0, 0, -std::numeric_limits<float>::infinity()};
    const std::vector<KnownProbability> ruledOut{{2, std::log(0.5)}};
    QVERIFY(std::isinf(klBounds(ruledOut, 1, p).low));
    for (const core::text::TokenId token : {-1, 3}) {
      const std::vector<KnownProbability> outside{{token, -1.0}};
      QVERIFY_THROWS_EXCEPTION(core::Error, klBounds(outside, 1, p));
    }
    const std::vector<KnownProbability> twice{{0, -1.0}, {0, -1.0}};
    QVERIFY_THROWS_EXCEPTION(core::Error, klBounds(twice, 2, p));
    const std::vector<KnownProbability> tooMuch{{0, 0.0}, {1, 0.0}};
    QCOMPARE(klBounds(tooMuch, 2, p).missing, 0.0);
  }
};

QTEST_GUILESS_MAIN(TestKlBounds)
#include "tst_kl_bounds.moc"
