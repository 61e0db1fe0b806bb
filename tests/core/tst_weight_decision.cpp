// Why a weight is not what it was, on blocks made so that the answer is known.
#include <QtTest>

#include "core/quant/explain/weight_decision.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "support/random_blocks.h"

using namespace core;
using quant::DecidedWeight;
using quant::WeightDecision;

namespace {

tensor::TensorView row(std::vector<float> values) {
  const auto kept = std::make_shared<std::vector<float>>(std::move(values));
  return {"weight", tensor::DType::F32, {1, kept->size()}, std::as_bytes(std::span(*kept)), kept};
}

std::vector<DecidedWeight> decide(const std::string& scheme, const std::vector<float>& values) {
  const tensor::TensorView source = row(values);
  return quant::decisionsOf(source, *quant::quantize(quant::Scheme::parse(scheme), source), 0, 0);
}

}  // namespace

class TestWeightDecision : public QObject {
  Q_OBJECT

 private slots:
  void knownBlocks() {
    // Levels −7 … 7: one weight lies between two of them, the others on them.
    std::vector<float> values(32);
    for (std::size_t i = 0; i < 32; ++i) values[i] = static_cast<float>(static_cast<int>(i % 15) - 7);
    values[9] = 2.4F;
    const auto rounded = decide("int4:scales=fp32", values);
    QCOMPARE(rounded.size(), std::size_t{32});
    QVERIFY(rounded[9].decision == WeightDecision::Rounding);
    QVERIFY(std::abs(rounded[9].step - 1.0) < 1e-6 && std::abs(rounded[9].decoded - 2.0F) < 1e-6F);
    QCOMPARE(*rounded[9].code, std::uint64_t{9});  // 2 is the ninth of −7 …
    QVERIFY(rounded[4].decision == WeightDecision::Exact);
  }

  void anOutlierSetsTheScale() {
    std::vector<float> values(32, 0.0F);
    for (std::size_t i = 0; i < 32; ++i) values[i] = 0.3F - 0.02F * static_cast<float>(i);
    values[20] = 7.0F;
    const auto weights = decide("int4:scales=fp32", values);
    QVERIFY(weights[20].decision == WeightDecision::Exact);
    QVERIFY(weights[0].decision == WeightDecision::OutlierScale);
    QCOMPARE(*weights[0].cause, std::uint64_t{20});
    QVERIFY(weights[15].decision != WeightDecision::OutlierScale);  // 0 stays 0
  }

  void beyondTheRange() {
    std::vector<float> values(64);
    support::RandomNumbers random(3);
    for (float& value : values) value = static_cast<float>(random.bell());
    values[5] = 30.0F;
    const auto weights = decide("int4:group=64,range=percentile,p=95", values);
    QVERIFY(weights[5].decision == WeightDecision::Clipped);
    QVERIFY(weights[5].decoded < 10.0F);
  }

  void aGapInTheCodeBook() {
    // NF4's outermost levels are −1 and −0.6962: farther apart than any others.
    std::vector<float> values(64, 0.0F);
    values[0] = 1.0F;
    values[1] = -1.0F;
    values[2] = -0.84F;
    const auto weights = decide("nf4", values);
    QVERIFY(weights[2].decision == WeightDecision::CodeBookGap);
    QVERIFY(weights[0].decision == WeightDecision::Exact);
  }

  // A plain number that lies farther from the reference than rounding goes is nobody's rounding.
  void plainNumbersAreRoundedOrGiven() {
    const std::vector<float> values = {0.1F, -0.25F, 0.3F, 0.0F};
    const auto cast = quant::quantize(quant::Scheme::parse("bf16"), row(values));
    const auto rounded = quant::decisionsOf(row(values), *cast, 0, 0);
    QVERIFY(rounded[0].decision == WeightDecision::Rounding && rounded[1].decision == WeightDecision::Exact);
    const std::vector<float> others = {0.1F, -0.25F, 0.7F, 0.01F};
    const auto given =
        quant::decisionsOf(row(values), *quant::quantize(quant::Scheme::parse("fp32"), row(others)), 0, 0);
    QVERIFY(given[0].decision == WeightDecision::Exact);
    QVERIFY(given[2].decision == WeightDecision::Given && given[3].decision == WeightDecision::Given);
    QCOMPARE(QString::fromUtf8(quant::toString(given[2].decision).data()), QStringLiteral("given"));
  }

  void everyScheme_data() {
    QTest::addColumn<QString>("scheme");
    for (const auto& preset : quant::presets())
      if (quant::calibrationNeed(preset.scheme) == quant::CalibrationNeed::None)
        QTest::newRow(preset.scheme.toString().c_str()) << QString::fromStdString(preset.scheme.toString());
  }
  void everyScheme() {
    QFETCH(QString, scheme);
    support::RandomNumbers random(5);
    std::vector<float> values(512);
    for (float& value : values) value = static_cast<float>(random.bell() * 0.05);
    const tensor::TensorView source = row(values);
    const auto stored = quant::quantize(quant::Scheme::parse(scheme.toStdString()), source);
    const auto decoded = quant::dequantize(*stored);
    for (const DecidedWeight& weight : quant::decisionsOf(source, *stored, 0, 0)) {
      QCOMPARE(weight.value, values[weight.element]);
      QCOMPARE(weight.decoded, decoded[weight.element]);
      if (weight.decision != WeightDecision::Shared)
        QCOMPARE(weight.decision == WeightDecision::Exact, weight.value == weight.decoded);
      QVERIFY(weight.code.has_value());
    }
  }
};

QTEST_GUILESS_MAIN(TestWeightDecision)
#include "tst_weight_decision.moc"
