// What a choice costs: clip, group size, format, and errors in units of the step. Against plain loops.
#include <QTest>
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/metrics/clip_curve.h"
#include "core/metrics/drawn_weights.h"
#include "core/metrics/range_choices.h"
#include "core/metrics/rivals.h"
#include "core/metrics/step_errors.h"
#include "core/quant/quantizer.h"

using namespace core;

namespace {
quant::QuantizedTensor tensorOf(std::vector<float> numbers, std::uint64_t rows = 1) {
  auto values = std::make_shared<std::vector<float>>(std::move(numbers));
  return tensor::TensorView{"t", tensor::DType::F32, tensor::Shape{rows, values->size() / rows},
                            std::as_bytes(std::span<const float>(*values)), values};
}
std::vector<float> drawn(std::uint32_t count, std::uint32_t outliers = 0) {
  metrics::WeightDraw draw;
  draw.count = count;
  draw.outliers = outliers;
  return metrics::drawWeights(draw);
}
std::vector<std::string> texts(const std::vector<quant::Scheme>& schemes) {
  std::vector<std::string> result;
  for (const auto& scheme : schemes) result.push_back(scheme.toString());
  return result;
}
}  // namespace

class TestMetricsChoices : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  /// INT4 by hand: S = clip · absmax / 7, codes to nearest even within ±7.
  void clipCostIsThatOfTheFormula() {
    const std::vector<float> values = drawn(1024, 1);
    const auto source = tensorOf(values);
    const auto scheme = quant::Scheme::parse("int4:group=tensor");
    const std::vector<double> clips{1, 0.8, 0.5, 0.25};
    const auto curve = metrics::clipCurve(scheme, source, {0, 1024}, clips);
    QCOMPARE(curve.size(), clips.size());
    float absmax = 0;
    for (const float v : values) absmax = std::max(absmax, std::fabs(v));
    for (const metrics::ClipCost& cost : curve) {
      const double end = static_cast<double>(static_cast<float>(static_cast<double>(absmax) * cost.clip));
      const double scale = static_cast<double>(static_cast<float>(end / 7));
      double rounding = 0, clipping = 0;
      for (const float v : values) {
        const double x = static_cast<double>(v), q = std::clamp(std::nearbyint(x / scale), -7.0, 7.0);
        (std::abs(x) > end ? clipping : rounding) += (q * scale - x) * (q * scale - x) / 1024;
      }
      QVERIFY(std::abs(cost.rounding - rounding) < 1e-6 && std::abs(cost.clipping - clipping) < 1e-6);
    }
    QCOMPARE(curve.front().clipping, 0.0);
    // With one outlier of eight deviations among a thousand weights the best clip is not the maximum.
    QVERIFY(curve[2].total() < curve.front().total());
  }

  void onlyTheBlockIsClipped() {
    std::vector<float> values = drawn(64);
    values[0] = 100;  // of another group
    const auto curve =
        metrics::clipCurve(quant::Scheme::parse("int4:group=32"), tensorOf(values), {32, 32}, std::vector<double>{1});
    const auto alone =
        metrics::clipCurve(quant::Scheme::parse("int4:group=32"), tensorOf({values.begin() + 32, values.end()}),
                           {0, 32}, std::vector<double>{1});
    QCOMPARE(curve.front().total(), alone.front().total());
  }

  void affineRangesAreClippedAtBothEnds() {
    const std::vector<float> values{-1, 0.5F, 3};
    const auto symmetric = metrics::clipRange(quant::Scheme::parse("int4"), values, 0.5);
    QCOMPARE(symmetric.low, -1.5F);
    QCOMPARE(symmetric.high, 1.5F);
    const auto affine = metrics::clipRange(quant::Scheme::parse("int4:range=minmax"), values, 0.5);
    QCOMPARE(affine.low, -0.5F);
    QCOMPARE(affine.high, 1.5F);
  }

  /// All groups clipped alike cost what they cost one by one, however the tensor is cut into pieces.
  void groupsAddUp_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* text : {"int4:group=24", "int4:group=row", "nf4:block=16", "q4_0", "nf4:block=16,double=on"})
      QTest::newRow(text) << QString::fromLatin1(text);
  }
  void groupsAddUp() {
    QFETCH(QString, scheme);
    const auto parsed = quant::Scheme::parse(scheme.toStdString());
    const auto source = tensorOf(drawn(256, 3), 4);
    const std::vector<double> clips{0.4, 0.8, 1};
    const auto all = metrics::clipCurve(parsed, source, {0, 256}, clips);
    const bool isNested = scheme.contains(QLatin1String("double"));
    std::vector<metrics::ClipCost> sum(clips.size(), metrics::ClipCost{0, 0, 0, 0});
    for (std::uint64_t first = 0; first < 256;) {
      const auto grid = quant::gridAround(*quant::quantize(parsed, source), first);
      const auto one = metrics::clipCurve(parsed, source, {grid.first, grid.count}, clips);
      for (std::size_t c = 0; c < clips.size(); ++c) {
        sum[c].rounding += one[c].rounding * static_cast<double>(grid.count) / 256;
        sum[c].clipping += one[c].clipping * static_cast<double>(grid.count) / 256;
        sum[c].inside += one[c].inside * static_cast<double>(grid.count) / 256;
      }
      first = grid.first + grid.count;
    }
    for (std::size_t c = 0; c < clips.size(); ++c) {
      QCOMPARE(all[c].clip, clips[c]);
      QVERIFY(std::abs(all[c].inside - sum[c].inside) < 1e-12);
      if (isNested && clips[c] < 1) continue;  // the scales of one group depend on those of the others
      QVERIFY(std::abs(all[c].total() - sum[c].total()) < 1e-12);
      QVERIFY(std::abs(all[c].clipping - sum[c].clipping) < 1e-12);
    }
    QVERIFY(all.front().inside < 1 && all.back().inside == 1.0);
  }

  void aLargeTensorIsTakenInPieces() {
    constexpr std::uint32_t kColumns = 1U << 19U, kRows = 3;
    std::vector<float> values = drawn(4096, 2);
    while (values.size() < std::size_t{kColumns} * kRows) values.push_back(-0.9F * values[values.size() - 4096]);
    const auto source = tensorOf(values, kRows);
    const auto scheme = quant::Scheme::parse("int4:group=row");
    const std::vector<double> clips{0.5, 1};
    const auto all = metrics::clipCurve(scheme, source, {0, values.size()}, clips);
    double total = 0;
    for (std::uint64_t row = 0; row < kRows; ++row)
      total += metrics::clipCurve(scheme, source, {row * kColumns, kColumns}, clips).front().total() / kRows;
    QVERIFY(std::abs(all.front().total() / total - 1) < 1e-9);
    const auto whole = quant::dequantize(*quant::quantize(scheme, source));
    double plain = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double error = static_cast<double>(whole[i]) - static_cast<double>(values[i]);
      plain += error * error / static_cast<double>(values.size());
    }
    QVERIFY(std::abs(all.back().total() / plain - 1) < 1e-9);
    QVERIFY(std::abs(metrics::meanSquaredError(scheme, source, {0, values.size()}) / plain - 1) < 1e-9);
  }

  /// A tile is clipped in all of its rows, though only the part in one is measured.
  void tilesAreClippedAsAWhole() {
    std::vector<float> values(256 * 256, 0.5F);
    values[0] = 8;  // in row 0: the tile's range is 8, and a quarter of it does not touch row 1
    const auto scheme = quant::Scheme::parse("fp8_e4m3:scale=block128");
    const auto curve =
        metrics::clipCurve(scheme, tensorOf(values, 256), {256, 128}, std::vector<double>{0.01, 0.25, 1});
    QCOMPARE(curve[0].inside, 0.0);
    QCOMPARE(curve[1].inside, 1.0);
    QVERIFY(curve[0].clipping > 0.17 && curve[0].clipping < 0.18);  // (0.5 − 0.08)²
  }

  void schemesWithAKeyForTheRange() {
    const auto source = tensorOf(drawn(1024, 1));
    const quant::FlatRange all{0, 1024};
    const auto scheme = quant::Scheme::parse("int4:group=row,range=minmax");
    const auto choices = metrics::rangeChoices(scheme, source, all, 1023.0 / 1024);
    QCOMPARE(choices.size(), std::size_t{3});
    QCOMPARE(choices[0].scheme, scheme);
    QCOMPARE(choices[1].scheme.toString(), std::string("int4:group=row,range=mse,zero=on"));
    QVERIFY(choices[2].scheme.toString().starts_with("int4:group=row,range=percentile,"));
    QCOMPARE(choices[2].scheme.format.zeroPoint, quant::ZeroPoint::On);
    for (const auto& choice : choices) {
      const auto decoded = quant::dequantize(*quant::quantize(choice.scheme, source));
      const auto values = drawn(1024, 1);
      double error = 0;
      for (std::size_t i = 0; i < values.size(); ++i)
        error += std::pow(static_cast<double>(decoded[i]) - static_cast<double>(values[i]), 2) / 1024;
      QVERIFY(std::abs(choice.error / error - 1) < 1e-9);
    }
    QVERIFY(choices[1].error < choices[0].error && choices[2].error < choices[0].error);
    for (const char* none : {"nf4", "q4_0", "log4", "kmeans4", "mx_e2m1", "fp8_e4m3:scale=row"})
      QVERIFY2(metrics::rangeChoices(quant::Scheme::parse(none), source, all, 0.99).empty(), none);
  }

  void sharingGoesFromSixteenToTheTensor() {
    const tensor::Shape shape{4, 128};
    QCOMPARE(texts(metrics::sharingChoices(quant::Scheme::parse("int4:group=48"), shape)),
             (std::vector<std::string>{"int4:group=16", "int4", "int4:group=48", "int4:group=64", "int4:group=row",
                                       "int4:group=tensor"}));
    QCOMPARE(texts(metrics::sharingChoices(quant::Scheme::parse("nf4"), shape)),
             (std::vector<std::string>{"nf4:block=16", "nf4:block=32", "nf4", "nf4:block=128", "nf4:block=256",
                                       "nf4:block=512"}));
    QVERIFY(metrics::sharingChoices(quant::Scheme::parse("q4_0"), shape).empty());
  }

  void smallerGroupsCostBitsAndSaveError() {
    const auto source = tensorOf(drawn(1024, 8), 4);
    const auto trials =
        metrics::tryAll(metrics::sharingChoices(quant::Scheme::parse("int4:scales=bf16"), source.shape), source);
    QCOMPARE(trials.size(), std::size_t{6});
    for (std::size_t i = 1; i < trials.size(); ++i) {
      QVERIFY(trials[i].bitsPerWeight < trials[i - 1].bitsPerWeight);
      QVERIFY(trials[i].error.relativeError() > trials[i - 1].error.relativeError());
    }
    QCOMPARE(trials.front().bitsPerWeight, 5.0);  // 4 + 16 / 16
  }

  void rivalsHaveCodesOfTheSameWidthAndShareAlike() {
    const auto rivals = texts(metrics::rivalsOf(quant::Scheme::parse("int4:group=64"), {1, 256}));
    QCOMPARE(rivals.front(), std::string("int4:group=64"));
    for (const char* expected : {"log4:group=64", "kmeans4", "nf4", "fp4", "mx_e2m1", "nv_e2m1", "q4_0", "q4_k"})
      QVERIFY2(std::find(rivals.begin(), rivals.end(), expected) != rivals.end(), expected);
    // Rows of 48 hold no block of 32.
    const auto few = texts(metrics::rivalsOf(quant::Scheme::parse("int4"), {1, 48}));
    QVERIFY(std::find(few.begin(), few.end(), "q4_0") == few.end());
    QVERIFY(std::find(few.begin(), few.end(), "fp4:block=32") != few.end());
  }

  void errorsInStepsByHand() {
    const std::vector<float> values{0.2F, 0.9F, 3.0F, -5.0F, NAN}, decoded{0, 1, 2, -2, 0};
    const std::vector<double> levels{-2, 0, 1, 5};
    const auto errors = metrics::stepErrors(values, decoded, levels);
    QCOMPARE(errors.inSteps.size(), std::size_t{3});
    QVERIFY(std::abs(errors.inSteps[0] + 0.2) < 1e-7);
    QVERIFY(std::abs(errors.inSteps[1] - 0.1) < 1e-7);
    QCOMPARE(errors.inSteps[2], -0.25);  // a step of 4 from 1 to 5
    QCOMPARE(errors.beyond, std::uint64_t{1});
    QCOMPARE(errors.left, std::uint64_t{1});
  }

  /// Many values in many steps: even errors, 1/12 of a squared step; and every value counted once.
  void fineStepsMakeEvenErrors() {
    const auto source = tensorOf(drawn(4096), 8);
    const auto errors = metrics::stepErrors(source, *quant::quantize(quant::Scheme::parse("int8"), source), {0, 4096});
    QCOMPARE(errors.inSteps.size() + errors.beyond, std::size_t{4096});
    QVERIFY(std::abs(errors.variance() - 1.0 / 12) < 0.005);
    for (const double error : errors.inSteps) QVERIFY(std::abs(error) < 0.5001);
    const auto cast = metrics::stepErrors(source, *quant::quantize(quant::Scheme::parse("bf16"), source), {0, 100});
    QCOMPARE(cast.left, std::uint64_t{100});
    QVERIFY(std::isnan(cast.variance()));
  }
};

QTEST_APPLESS_MAIN(TestMetricsChoices)
#include "tst_metrics_choices.moc"
