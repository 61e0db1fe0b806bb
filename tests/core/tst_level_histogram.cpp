// Where weights lie between the levels that their groups can store, against counts made by hand.
#include <QtTest>
#include <cmath>

#include "core/quant/methods/finite_weights.h"
#include "core/quant/quantizer.h"
#include "core/train/qat/level_histogram.h"

using namespace core;

class TestLevelHistogram : public QObject {
  Q_OBJECT

 private slots:
  void histogramsShowWhereWeightsLie() {
    // One group of four: the largest magnitude 3 is 3 steps of 1; 0.5 and −1.25 lie between levels.
    const std::vector<float> weights = {3.0F, 0.5F, -1.25F, 0.0F};
    const auto tensor =
        quant::quantize(quant::Scheme::parse("int3:group=4,scales=fp32"), quant::tensorOf(weights, {1, 4}));
    const train::LevelHistogram steps = train::levelHistogram(*tensor, weights, 32);
    QCOMPARE(static_cast<int>(steps.axis), static_cast<int>(train::LevelAxis::Steps));
    QVERIFY(steps.levels == (std::vector<double>{-3, -2, -1, 0, 1, 2, 3}));
    QCOMPARE(steps.edges.front(), -4.0);
    QCOMPARE(steps.edges.back(), 4.0);
    QCOMPARE(steps.counts.size(), std::size_t{32});  // bins of a quarter step
    for (std::size_t i = 0; i < 32; ++i) {
      const double from = -4 + 0.25 * static_cast<double>(i);
      const bool isFilled = from == 3.0 || from == 0.5 || from == -1.25 || from == 0.0;
      QCOMPARE(steps.counts[i], std::uint64_t{isFilled ? 1U : 0U});
    }
    const auto affine = quant::quantize(quant::Scheme::parse("int2:group=4,range=minmax,scales=fp32"),
                                        quant::tensorOf(weights, {1, 4}));
    const train::LevelHistogram shifted = train::levelHistogram(*affine, weights, 5);
    QVERIFY(shifted.levels == (std::vector<double>{-2, -1, 0, 1}));
    QVERIFY(shifted.counts == (std::vector<std::uint64_t>{0, 1, 2, 0, 1}));  // at −1.88, −1, −0.65 and 1.12
    // Scale 17 / 12: they are 2/17, 0, 6/17 and 2/17 from a level, whatever the bins. To the rounding of FP32.
    QVERIFY(std::abs(shifted.meanDistance - 10.0 / 17 / 4) < 1e-6);

    const auto table = quant::quantize(quant::Scheme::parse("nf4"), quant::tensorOf(weights, {1, 4}));
    const train::LevelHistogram scales = train::levelHistogram(*table, weights, 100);
    QCOMPARE(static_cast<int>(scales.axis), static_cast<int>(train::LevelAxis::Scales));
    QCOMPARE(scales.levels.size(), std::size_t{16});
    QCOMPARE(scales.levels.front(), -1.0);
    const auto block =
        quant::quantize(quant::Scheme::parse("q8_0"), quant::tensorOf(std::vector<float>(32, 0.7F), {1, 32}));
    const train::LevelHistogram plain = train::levelHistogram(*block, std::vector<float>(32, 0.7F), 10);
    QCOMPARE(static_cast<int>(plain.axis), static_cast<int>(train::LevelAxis::Weights));
    QVERIFY(plain.levels.empty());
    QCOMPARE(plain.meanDistance, 0.0);
    QCOMPARE(plain.edges.back(), 1.0);
    QCOMPARE(plain.counts[8], std::uint64_t{32});
    const std::vector<float> zeros(4, 0.0F);
    const auto none = quant::quantize(quant::Scheme::parse("int3:group=4"), quant::tensorOf(zeros, {1, 4}));
    QCOMPARE(train::levelHistogram(*none, zeros).leftOut, std::uint64_t{4});
  }
};

QTEST_APPLESS_MAIN(TestLevelHistogram)
#include "tst_level_histogram.moc"
