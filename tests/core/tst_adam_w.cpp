// AdamW against its formula in double precision, and its state in 8 bits and in pages against the one in FP32.
#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/numeric/code_books.h"
#include "core/train/adam_w.h"
#include "support/random_values.h"

using namespace core;
using support::randomValues;
using train::AdamW;
using train::AdamWSettings;
using train::Parameter;
using train::StateKind;

class TestAdamW : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Algorithm 2 of Loshchilov & Hutter in double. Float32 state: an ulp or two of the values, 1e-6 of them.
  void adamWIsTheFormula() {
    const std::size_t count = 1000;
    std::vector<Parameter> parameters(1);
    parameters[0] = {.name = "w", .values = randomValues(count, 1), .gradient = std::vector<float>(count)};
    parameters[0].rateFactor = 0.5;
    std::vector<double> w(parameters[0].values.begin(), parameters[0].values.end()), m(count), v(count);
    const AdamWSettings settings{.beta1 = 0.9, .beta2 = 0.95, .epsilon = 1e-6, .weightDecay = 0.1};
    AdamW optimizer(parameters, settings);
    for (unsigned step = 1; step <= 5; ++step) {
      parameters[0].gradient = randomValues(count, 10 + step, 3.0F);
      for (std::size_t i = 0; i < count; ++i) {
        const double g = 0.25 * static_cast<double>(parameters[0].gradient[i]);
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.95 * v[i] + 0.05 * g * g;
        const double move = m[i] / (1 - std::pow(0.9, step)) / (std::sqrt(v[i] / (1 - std::pow(0.95, step))) + 1e-6);
        w[i] -= 0.5 * 1e-2 * (move + 0.1 * w[i]);
      }
      optimizer.step(parameters, 1e-2, 0.25, step);
    }
    for (std::size_t i = 0; i < count; ++i)
      QVERIFY2(std::abs(static_cast<double>(parameters[0].values[i]) - w[i]) < 1e-6, qPrintable(QString::number(i)));
  }

  void whatDoesNotDecayStaysWithoutAGradient() {
    std::vector<Parameter> parameters(2);
    for (Parameter& one : parameters)
      one = {.name = "w", .values = {2.0F, -1.0F}, .gradient = std::vector<float>(2, 0.0F)};
    parameters[1].decays = false;
    AdamW(parameters, {.weightDecay = 0.5}).step(parameters, 0.1, 1.0, 1);
    QCOMPARE(parameters[0].values, (std::vector<float>{1.9F, -0.95F}));  // w − 0.1 · 0.5 · w
    QCOMPARE(parameters[1].values, (std::vector<float>{2.0F, -1.0F}));
  }

  /// bitsandbytes' create_dynamic_map(signed=False): its ends, its middle and its spacing.
  void unsignedMap() {
    const std::span<const float> map = numeric::dynamicMapUnsigned();
    QCOMPARE(map.size(), std::size_t{256});
    QVERIFY(std::ranges::is_sorted(map));
    QCOMPARE(map[0], 0.0F);
    QCOMPARE(map[1], 3.25e-7F);
    QCOMPARE(map[2], 7.75e-7F);
    QCOMPARE(map[254], 0.996484375F);
    QCOMPARE(map[255], 1.0F);
  }

  void stateIsSmaller_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<double>("bytesPerValue");
    QTest::newRow("fp32") << static_cast<int>(StateKind::Fp32) << 8.0;
    QTest::newRow("8 bits") << static_cast<int>(StateKind::Int8) << 2.03125;  // two codes, two absmax of each 256
    QTest::newRow("paged") << static_cast<int>(StateKind::Paged) << 0.0;
  }
  /// Each goes the way of FP32: pages exactly, 8 bits to a few percent of what the parameters move.
  void stateIsSmaller() {
    QFETCH(int, kind);
    QFETCH(double, bytesPerValue);
    const std::size_t count = 8192;
    std::vector<Parameter> exact(1), kept(1);
    exact[0] = kept[0] = {.name = "w", .values = std::vector<float>(count), .gradient = std::vector<float>(count)};
    AdamW first(exact, {}), second(kept, {.state = static_cast<StateKind>(kind)});
    QCOMPARE(static_cast<double>(second.stateBytes()) / static_cast<double>(count), bytesPerValue);
    QCOMPARE(AdamW::predictedBytes(count, static_cast<StateKind>(kind)), second.stateBytes());
    double moved = 0, apart = 0;
    for (unsigned step = 1; step <= 10; ++step) {
      exact[0].gradient = kept[0].gradient = randomValues(count, step);
      first.step(exact, 1e-2, 1.0, step);
      second.step(kept, 1e-2, 1.0, step);
    }
    for (std::size_t i = 0; i < count; ++i) {
      moved += std::pow(static_cast<double>(exact[0].values[i]), 2);
      apart += std::pow(static_cast<double>(exact[0].values[i] - kept[0].values[i]), 2);
    }
    const double share = std::sqrt(apart / moved);
    QVERIFY2(static_cast<StateKind>(kind) == StateKind::Int8 ? share > 0 && share < 0.05 : share == 0,
             qPrintable(QString::number(share)));
  }

  void noFolderForPages() {
    std::vector<Parameter> parameters(1);
    parameters[0] = {.name = "w", .values = std::vector<float>(16), .gradient = std::vector<float>(16)};
    QVERIFY_THROWS_EXCEPTION(Error, AdamW(parameters, {.state = StateKind::Paged, .pageFolder = "/nowhere/at/all"}));
  }
};

QTEST_APPLESS_MAIN(TestAdamW)
#include "tst_adam_w.moc"
