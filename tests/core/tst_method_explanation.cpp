// What methods did to a row, column by column: the numbers are those that the encoder had.
#include <QtTest>

#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/method_explanation.h"
#include "support/golden_layer.h"

using namespace core;
using quant::Scheme;
using support::GoldenLayer;

namespace {

const GoldenLayer& layer() {
  static const GoldenLayer golden;
  return golden;
}
const quant::TensorCalibration& calibration() {
  static const quant::TensorCalibration known = layer().calibration();
  return known;
}

quant::MethodExplanation explained(const Scheme& scheme, std::uint64_t row) {
  return quant::explainColumns(scheme, layer().tensor(), row, &calibration());
}

/// The row that quantize() makes.
std::vector<float> madeRow(const Scheme& scheme, std::uint64_t row) {
  const auto made = quant::quantize(scheme, layer().tensor(), JobContext(), &calibration());
  std::vector<float> values(GoldenLayer::kColumns);
  quant::dequantizeRows(*made, row, 1, values.data());
  return values;
}

float weightAt(std::uint64_t row, std::size_t column) { return layer().weights[row * GoldenLayer::kColumns + column]; }

/// Mean over the inputs of ((made − w) · x)², summed plainly.
double outputErrorOf(std::uint64_t row, const std::vector<float>& made) {
  double error = 0.0;
  for (std::size_t at = 0; at < layer().inputs.size(); at += GoldenLayer::kColumns) {
    double sum = 0.0;
    for (std::size_t c = 0; c < GoldenLayer::kColumns; ++c)
      sum += double(layer().inputs[at + c]) * (double(made[c]) - double(weightAt(row, c)));
    error += sum * sum;
  }
  return error * double(GoldenLayer::kColumns) / double(layer().inputs.size());
}

}  // namespace

class TestMethodExplanation : public QObject {
  Q_OBJECT

 private slots:
  void gptqStepsAreTheEncodersOwn_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"gptq:group=64", "gptq:group=32,act_order=on", "gptq:group=row",
                             "gptq:group=32,act_order=on,static_groups=on", "nf4:method=gptq", "q4_0:method=gptq",
                             "gptq:bits=2,group=64,sym=on"})
      QTest::newRow(text) << QString(text);
  }

  void gptqStepsAreTheEncodersOwn() {
    QFETCH(QString, text);
    const Scheme scheme = Scheme::parse(text.toStdString());
    for (const std::uint64_t row : {0U, 37U, 63U}) {
      const auto explanation = explained(scheme, row);
      const auto& of = *explanation.as<quant::GptqExplanation>();
      const auto& steps = of.trace.steps;
      QCOMPARE(steps.size(), GoldenLayer::kColumns);
      const std::vector<float> made = madeRow(scheme, row);
      std::vector<bool> taken(GoldenLayer::kColumns);
      for (std::size_t k = 0; k < steps.size(); ++k) {
        const quant::GptqStep& step = steps[k];
        QVERIFY(!taken[step.column]);
        taken[step.column] = true;
        QCOMPARE(step.weight, double(weightAt(row, step.column)));
        QCOMPARE(step.decoded, made[step.column]);
        QCOMPARE(step.scaledError, (step.stood - double(step.decoded)) / step.diagonal);
        QCOMPARE(step.pushed.size(), std::min(quant::GptqTrace::kMostPushed, steps.size() - k - 1));
        // As it stood is as it was and everything that came before pushed into it.
        double stood = step.weight, size = std::abs(step.weight);
        for (std::size_t j = 0; j < k; ++j) {
          stood += steps[j].pushed[k - j - 1];
          size += std::abs(steps[j].pushed[k - j - 1]);
        }
        // Pushes from blocks of 128 columns before are summed in float32 there.
        QVERIFY2(std::abs(stood - step.stood) <= 1e-6 * size, qPrintable(QString::number(k)));
      }
      if (scheme.method.actOrder == quant::ActOrder::On)
        for (std::size_t k = 1; k < steps.size(); ++k)
          QVERIFY(of.inputs[steps[k - 1].column] >= of.inputs[steps[k].column]);
      QVERIFY(std::abs(of.error / outputErrorOf(row, made) - 1.0) < 1e-3);
      QVERIFY(std::abs(of.errorAlone / outputErrorOf(row, of.roundedAlone) - 1.0) < 1e-3);
      // What the columns add one after the other is the damped error of all of them.
      double lost = 0.0, squares = 0.0, squaresAlone = 0.0, diagonal = 0.0;
      for (const quant::GptqStep& step : steps) {
        lost += step.scaledError * step.scaledError;
        squares += std::pow(double(step.decoded) - step.weight, 2);
        squaresAlone += std::pow(double(of.roundedAlone[step.column]) - step.weight, 2);
        diagonal += double(of.inputs[step.column]);
      }
      const double damping = of.trace.damping * diagonal / double(steps.size());
      QVERIFY(std::abs(lost / (of.error + damping * squares) - 1.0) < 1e-3);
      QVERIFY(std::abs(of.lossAlone / (of.errorAlone + damping * squaresAlone) - 1.0) < 1e-6);
    }
  }

  void scaledColumnsAreTheEncodersOwn_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"awq:group=64", "awq:bits=3,group=64,clip=off", "nf4:method=awq", "int8:method=smooth",
                             "int4:method=smooth,alpha=0.8"})
      QTest::newRow(text) << QString(text);
  }

  void scaledColumnsAreTheEncodersOwn() {
    QFETCH(QString, text);
    const Scheme scheme = Scheme::parse(text.toStdString());
    const bool isAwq = scheme.method.name == quant::MethodName::Awq;
    const auto whole = quant::quantize(scheme, layer().tensor(), JobContext(), &calibration());
    const auto explanation = explained(scheme, 5);
    const auto& of = *explanation.as<quant::ScaledExplanation>();
    const std::vector<float> made = madeRow(scheme, 5);
    QCOMPARE(quant::columnCount(explanation), GoldenLayer::kColumns);
    QCOMPARE(of.ratio.has_value(), isAwq);
    QCOMPARE(of.losses.size(), std::size_t(isAwq ? 20 : 0));
    if (isAwq) {
      const auto best = std::min_element(of.losses.begin(), of.losses.end());
      QVERIFY(std::abs(*of.ratio - double(best - of.losses.begin()) / 20.0) < 1e-12);
    }
    bool isAnyClipped = false, isAnyMultiplied = false;
    for (std::size_t c = 0; c < made.size(); ++c) {
      const quant::ScaledColumn& column = of.columns[c];
      QCOMPARE(column.weight, weightAt(5, c));
      QCOMPARE(column.factor, whole->changes->inputScales[c]);
      QCOMPARE(column.input, isAwq ? calibration().meanMagnitude[c] : calibration().maxMagnitude[c]);
      QCOMPARE(column.multiplied, column.weight * column.factor);
      QVERIFY(std::abs(column.limited) <= std::abs(column.multiplied));
      QCOMPARE(column.decoded, made[c]);
      QCOMPARE(column.code.has_value(), !whole->dtype());
      isAnyClipped = isAnyClipped || column.limited != column.multiplied;
      isAnyMultiplied = isAnyMultiplied || column.factor != 1.0F;
    }
    QVERIFY(isAnyMultiplied);
    QCOMPARE(isAnyClipped, isAwq && scheme.method.clip == quant::Clip::On);
    QVERIFY(std::abs(*of.error / outputErrorOf(5, made) - 1.0) < 1e-3);
  }

  void hqqMovesZeroPointsForLessError_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"hqq:bits=4,group=64", "hqq:bits=2,group=16", "hqq:group=row", "hqq:group=tensor"})
      QTest::newRow(text) << QString(text);
  }

  void hqqMovesZeroPointsForLessError() {
    QFETCH(QString, text);
    const Scheme scheme = Scheme::parse(text.toStdString());
    const auto explanation = quant::explainColumns(scheme, layer().tensor(), 9, nullptr);
    const auto& of = *explanation.as<quant::HqqExplanation>();
    const std::vector<float> made = madeRow(scheme, 9);
    QVERIFY(of.trace.errors.size() >= 2);
    QCOMPARE(of.trace.grids.size(), of.trace.errors.size() + 1);
    QVERIFY(*std::min_element(of.trace.errors.begin(), of.trace.errors.end()) < of.trace.errors.front());
    double before = 0.0;
    for (std::size_t c = 0; c < made.size(); ++c) {
      const quant::HqqColumn& column = of.columns[c];
      const quant::HqqGrid& grid = of.trace.stored.at(column.group);
      QCOMPARE(column.weight, weightAt(9, c));
      QCOMPARE(column.decoded, made[c]);
      QVERIFY(std::abs((float(column.code) - grid.zero) * grid.scale - column.decoded) <= 2e-6F * 16 * grid.scale);
      before += std::abs(double(column.decodedBefore) - double(column.weight));
    }
    QVERIFY(before > 0.0);
    for (std::size_t g = 0; g < of.trace.stored.size(); ++g)
      QVERIFY(of.trace.stored[g].zero != of.trace.grids.front()[g].zero);
  }

  /// What a block says of its codes and what the row says of its columns is one story.
  void blocksAgreeWithTheirRow() {
    for (const char* text : {"gptq:group=32,act_order=on", "gptq:group=32", "awq:group=32", "int8:method=smooth"}) {
      const Scheme scheme = Scheme::parse(text);
      const auto block = quant::explainBlock(scheme, layer().tensor(), 3, 0, JobContext(), &calibration());
      const auto row = explained(scheme, 3);
      const auto& codes = block.step(quant::StepId::Code)->values;
      const auto& decoded = block.step(quant::StepId::Decoded)->values;
      for (std::size_t i = 0; i < codes.size(); ++i) {
        if (const auto* of = row.as<quant::GptqExplanation>()) {
          const quant::GptqStep& step = of->trace.steps[i];
          QCOMPARE(step.stored, std::uint64_t(i));
          QCOMPARE(codes[i], double(step.code));
          QCOMPARE(decoded[i], double(step.decoded));
          continue;
        }
        const quant::ScaledColumn& column = row.as<quant::ScaledExplanation>()->columns[i];
        QCOMPARE(codes[i], double(*column.code));
        QCOMPARE(decoded[i], double(column.decoded));
        QCOMPARE(block.step(quant::StepId::Factor)->values[i], double(column.factor));
      }
    }
  }

  void whatCannotBeExplainedIsASentence() {
    const auto complaint = [](const char* text, std::uint64_t row, const quant::TensorCalibration* known) {
      try {
        quant::explainColumns(Scheme::parse(text), layer().tensor(), row, known);
      } catch (const Error& error) {
        return QString(error.what());
      }
      return QString();
    };
    QVERIFY(complaint("gptq", 0, nullptr).contains("needs a calibration text"));
    QVERIFY(complaint("awq", 64, &calibration()).contains("there is no row 64"));
    QVERIFY(!quant::explainsColumns(Scheme::parse("int4")));
    QVERIFY(!quant::explainsColumns(Scheme::parse("q4_k:method=imatrix")));
    QVERIFY(quant::explainsColumns(Scheme::parse("hqq")));
  }
};

QTEST_GUILESS_MAIN(TestMethodExplanation)
#include "tst_method_explanation.moc"
