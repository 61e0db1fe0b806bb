#include <QtTest>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/metrics/error_stats.h"
#include "core/metrics/matrix_map.h"
#include "core/metrics/tensor_stats.h"
#include "core/numeric/half.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "support/drawn_calibration.h"

using namespace core;
using namespace core::metrics;
using quant::Scheme;
using tensor::DType;

namespace {
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr std::uint64_t kRows = 600, kColumns = 512;

/// Values that no part of a parallel loop sees all of, with NaN and Inf late in it.
std::vector<float> damaged() {
  std::vector<float> values(kRows * kColumns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.25F * static_cast<float>(i % 13) - 1.5F;
  values[577 * kColumns + 300] = kInf;
  values[577 * kColumns + 299] = kNan;
  values[590 * kColumns] = -kInf;
  return values;
}
const NonFinite kExpected{1, 2, Position{577, 299}};

template <typename T>
tensor::TensorView viewOf(const std::vector<T>& values, DType dtype, tensor::Shape shape = {kRows, kColumns}) {
  return {"w", dtype, std::move(shape), std::as_bytes(std::span(values)), nullptr};
}
}  // namespace

/// What is no number is counted, located and never taken for one, in every type and by every measure.
class TestNonFinite : public QObject {
  Q_OBJECT
 private slots:
  void isDescribed() {
    QCOMPARE(describe(NonFinite{}), std::string("none"));
    QCOMPARE(describe(NonFinite{1, 0, Position{3, 17}}), std::string("1 NaN at [3, 17]"));
    QCOMPARE(describe(kExpected), std::string("1 NaN and 2 Inf, the first at [577, 299]"));
  }

  void everyTypeIsSearched() {
    const auto floats = damaged();
    const std::vector<double> doubles(floats.begin(), floats.end());
    std::vector<std::uint16_t> halves(floats.size()), brains(floats.size());
    numeric::floatToHalf(floats, halves);
    numeric::floatToBfloat16(floats, brains);
    for (const auto& view : {viewOf(floats, DType::F32), viewOf(doubles, DType::F64), viewOf(halves, DType::F16),
                             viewOf(brains, DType::BF16)}) {
      QCOMPARE(nonFiniteValues(view), kExpected);
      const auto stats = summarize(view, 16).stats;
      QCOMPARE(stats.nonFinite, kExpected);
      QCOMPARE(stats.finite, floats.size() - 3);
      QCOMPARE(stats.max, 1.5);
      QCOMPARE(matrixMap(view, 20, 20).nonFinite, kExpected);
      QCOMPARE(nonFiniteValues(*quant::wrapStored(view)), kExpected);
    }
    const auto e5m2 = quant::quantize(Scheme::parse("fp8_e5m2"), viewOf(floats, DType::F32));
    QCOMPARE(nonFiniteValues(*e5m2), kExpected);
    QCOMPARE(nonFiniteValues(viewOf(std::vector<float>{}, DType::F32, {0, 4})), NonFinite{});
  }

  void largeDoublesAreFinite() {
    const std::vector<double> values = {1e300, -1e-320, 0, 1};
    const auto view = viewOf(values, DType::F64, {2, 2});
    QCOMPARE(nonFiniteValues(view), NonFinite{});
    QCOMPARE(matrixMap(view, 2, 2).extreme[0], std::numeric_limits<float>::max());
    const auto cast = quant::quantize(quant::Scheme::parse("fp32"), view);
    QCOMPARE(nonFiniteValues(*cast), (NonFinite{0, 1, Position{0, 0}}));  // as float32 they are not
  }

  void blockScalesMayBeNan() {
    std::vector<std::byte> blocks(2 * 34);  // q8_0: FP16 scale, 32 bytes
    blocks[35] = std::byte{0x7e};
    const tensor::TensorView view{"w", DType::Q8_0, tensor::Shape{2, 32}, blocks, nullptr};
    QCOMPARE(nonFiniteValues(view), (NonFinite{32, 0, Position{1, 0}}));
    QCOMPARE(summarize(view, 4).stats.nonFinite, (NonFinite{32, 0, Position{1, 0}}));
  }

  void aTensorWithoutNumbersHasNoFigures() {
    for (const auto& values : {std::vector<float>{kNan, kInf, kNan}, std::vector<float>{}}) {
      const auto stats = summarize(viewOf(values, DType::F32, {values.size()}), 4).stats;
      for (const double figure :
           {stats.min, stats.max, stats.absMax, stats.mean, stats.standardDeviation, stats.kurtosis})
        QVERIFY(std::isnan(figure));
    }
    const std::vector<float> constant(100, 3.0F);
    const auto stats = summarize(viewOf(constant, DType::F32, {100}), 4).stats;
    QCOMPARE(stats.standardDeviation, 0.0);
    QVERIFY(std::isnan(stats.kurtosis));
  }

  void everyEncoderSaysWhatItReplaced_data() {
    QTest::addColumn<QString>("text");
    for (const auto& preset : quant::presets())
      QTest::newRow(preset.scheme.toString().c_str()) << QString::fromStdString(preset.scheme.toString());
  }

  void everyEncoderSaysWhatItReplaced() {
    QFETCH(QString, text);
    const auto floats = damaged();
    const auto view = viewOf(floats, DType::F32);
    const Scheme scheme = Scheme::parse(text.toStdString());
    const auto calibration = support::drawnCalibration(scheme, view.shape.rowValues());
    const auto quantized = quant::quantize(scheme, view, JobContext(), &calibration);
    const auto stats = compare(view, *quantized);
    QCOMPARE(stats.nonFinite(), kExpected);
    QCOMPARE(stats.overflowed(), NonFinite{});
    QCOMPARE(stats.count(), floats.size() - 3);
    const auto kept = nonFiniteValues(*quantized);
    const auto decoded = quant::dequantize(*quantized);
    std::uint64_t replaced = 0;
    for (std::size_t i = 0; i < floats.size(); ++i)
      replaced +=
          !std::isfinite(floats[i]) && !(std::isnan(floats[i]) ? std::isnan(decoded[i]) : decoded[i] == floats[i]);
    QCOMPARE(stats.replaced(), replaced);
    QVERIFY(replaced == 0 || stats.outcome() == Outcome::Finite);
    QVERIFY(kept.count() <= 3);
    // A tensor of nothing but NaN is never the best.
    const std::vector<float> nans(512, kNan);
    const auto none = viewOf(nans, DType::F32, {2, 256});
    const auto ofNone = support::drawnCalibration(scheme, 256);
    const auto worst = compare(none, *quant::quantize(scheme, none, JobContext(), &ofNone));
    QVERIFY(worst.outcome() == Outcome::Nothing && std::isnan(worst.sqnrDb()));
    QVERIFY(isWorse(worst, stats, Metric::SqnrDb));
  }

  void overflowIsAnInfiniteError() {
    const std::vector<float> values = {1, 2, 70000, 4};
    const auto view = viewOf(values, DType::F32, {2, 2});
    const auto half = compare(view, *quant::quantize(Scheme::parse("fp16"), view));
    QVERIFY(half.outcome() == Outcome::Infinite);
    QCOMPARE(half.overflowed(), (NonFinite{0, 1, Position{1, 0}}));
    const std::vector<float> huge = {3.4e38F, 1, 1, 1};
    const auto top = viewOf(huge, DType::F32, {2, 2});
    QVERIFY(compare(top, *quant::quantize(Scheme::parse("bf16"), top)).outcome() == Outcome::Infinite);
    // FP8 saturates instead, so its error is finite.
    QVERIFY(compare(view, *quant::quantize(Scheme::parse("fp8_e4m3"), view)).outcome() == Outcome::Finite);
  }

  void extremeWeightsNeverOverflowInAnyOtherScheme_data() { everyEncoderSaysWhatItReplaced_data(); }

  void extremeWeightsNeverOverflowInAnyOtherScheme() {
    QFETCH(QString, text);
    if (text == "fp16" || text == "bf16") return;
    constexpr float kTop = std::numeric_limits<float>::max();
    std::vector<float> values(512);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = (i % 3 == 0 ? -1.0F : 1.0F) * kTop / static_cast<float>(1 + i % 70);
    const auto view = viewOf(values, DType::F32, {2, 256});
    const Scheme scheme = Scheme::parse(text.toStdString());
    const auto calibration = support::drawnCalibration(scheme, 256);
    const auto stats = compare(view, *quant::quantize(scheme, view, JobContext(), &calibration));
    QVERIFY2(stats.outcome() != Outcome::Infinite, qPrintable(QString::number(stats.overflowed().count())));
    QVERIFY(std::isfinite(stats.relativeError()));
  }
};

QTEST_GUILESS_MAIN(TestNonFinite)
#include "tst_metrics_non_finite.moc"
