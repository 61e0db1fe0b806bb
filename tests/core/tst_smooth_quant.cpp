#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/quant/methods/smooth_quant.h"
#include "support/golden_layer.h"

using namespace core;
using support::GoldenLayer;

namespace {

const GoldenLayer& layer() {
  static const GoldenLayer golden;
  return golden;
}

std::filesystem::path path(const QString& name) {
  return std::filesystem::path(QS_TEST_DATA) / "smooth_quant" / name.toStdString();
}

quant::QuantizedTensorPtr quantized(const QString& scheme) {
  const auto calibration = layer().calibration();
  return quant::quantize(quant::Scheme::parse(scheme.toStdString()), layer().tensor(), JobContext(), &calibration);
}

/// Inputs [512, 256] as one symmetric INT8 scale per row makes them.
std::vector<float> roundedRows(std::vector<float> inputs) {
  for (std::size_t x = 0; x < inputs.size(); x += GoldenLayer::kColumns) {
    float most = 0.0F;
    for (std::size_t c = 0; c < GoldenLayer::kColumns; ++c) most = std::max(most, std::abs(inputs[x + c]));
    for (std::size_t c = 0; c < GoldenLayer::kColumns; ++c)
      inputs[x + c] = std::nearbyint(inputs[x + c] * 127.0F / most) * most / 127.0F;
  }
  return inputs;
}

}  // namespace

/// SmoothQuant against tests/peer/reference_smooth_quant.py.
class TestSmoothQuant : public QObject {
  Q_OBJECT
 private slots:
  void isWhatTheReferenceMakes_data();
  void isWhatTheReferenceMakes();
  void evensInputsAndWeights();
  void takesAnyFormat();
  void takesColumnsThatNeverCame();
  void refusesWhatDoesNotFit();
};

void TestSmoothQuant::isWhatTheReferenceMakes_data() {
  QTest::addColumn<QString>("alpha");
  for (const char* alpha : {"0.25", "0.5", "0.75"}) QTest::newRow(alpha) << QString(alpha);
}

void TestSmoothQuant::isWhatTheReferenceMakes() {
  QFETCH(QString, alpha);
  const auto tensor = quantized("int8:method=smooth,alpha=" + alpha);
  const auto scales = support::readArray<float>(path("alpha" + alpha + ".scales.f32"));
  QCOMPARE(tensor->changes->inputScales.size(), scales.size());
  for (std::size_t c = 0; c < scales.size(); ++c)
    QVERIFY(std::abs(tensor->changes->inputScales[c] - scales[c]) <= 1e-6F * scales[c]);
  if (alpha != "0.5") return;
  const auto expected = support::readArray<float>(path("alpha" + alpha + ".weights.f32"));
  const auto values = quant::dequantize(*tensor);
  const auto& steps = tensor->as<quant::Uniform>()->scales;
  std::size_t near = 0;  // a value in the middle of two levels may go either way
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float step = steps[i / GoldenLayer::kColumns] / scales[i % GoldenLayer::kColumns];
    near += std::abs(values[i] - expected[i]) <= 1e-3F * step ? 1U : 0U;
  }
  QVERIFY(near >= values.size() - 4);
}

/// With rounded inputs, too, the output is nearer to what it was: what the method is for.
void TestSmoothQuant::evensInputsAndWeights() {
  const auto errorOf = [](const QString& scheme) {
    const auto tensor = quantized(scheme);
    GoldenLayer layerOfCodes = layer();
    auto weights = quant::dequantize(*tensor);
    auto inputs = layerOfCodes.inputs;
    std::vector<float> scales(GoldenLayer::kColumns, 1.0F);
    if (tensor->changes) scales = tensor->changes->inputScales;
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] /= scales[i % GoldenLayer::kColumns];
    inputs = roundedRows(inputs);
    double error = 0.0;
    for (std::size_t x = 0; x < inputs.size(); x += GoldenLayer::kColumns)
      for (std::size_t r = 0; r < GoldenLayer::kRows; ++r) {
        double sum = 0.0;
        for (std::size_t c = 0; c < GoldenLayer::kColumns; ++c) {
          const std::size_t at = r * GoldenLayer::kColumns + c;
          sum += double(inputs[x + c]) * double(scales[c]) * double(weights[at]) -
                 double(layerOfCodes.inputs[x + c]) * double(layerOfCodes.weights[at]);
        }
        error += sum * sum;
      }
    return error;
  };
  const double plain = errorOf("int8"), smooth = errorOf("int8:method=smooth");
  qInfo("%.3f of the error without", smooth / plain);
  QVERIFY(smooth < 0.3 * plain);
}

void TestSmoothQuant::takesAnyFormat() {
  for (const char* scheme :
       {"int4:group=64,method=smooth", "int8:range=minmax,method=smooth", "fp8_e4m3:scale=row,method=smooth",
        "fp8_e4m3:method=smooth", "fp8_e4m3:scale=block128,method=smooth", "int8:group=tensor,method=smooth"}) {
    const auto tensor = quantized(scheme);
    QCOMPARE(tensor->changes->inputScales.size(), GoldenLayer::kColumns);
    const auto values = quant::dequantize(*tensor);
    double error = 0.0, norm = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      error += std::pow(double(values[i]) - double(layer().weights[i]), 2);
      norm += std::pow(double(layer().weights[i]), 2);
    }
    QVERIFY2(error < 0.05 * norm, scheme);
  }
}

void TestSmoothQuant::takesColumnsThatNeverCame() {
  auto calibration = layer().calibration();
  calibration.maxMagnitude[3] = 0.0F;
  GoldenLayer golden = layer();
  for (std::size_t r = 0; r < GoldenLayer::kRows; ++r) golden.weights[r * GoldenLayer::kColumns + 9] = 0.0F;
  const auto scales = quant::smoothingScales(golden.tensor(), calibration, 0.5, JobContext());
  QCOMPARE(scales[3], 1.0F);
  QCOMPARE(scales[9], 1.0F);
}

void TestSmoothQuant::refusesWhatDoesNotFit() {
  auto calibration = layer().calibration();
  calibration.maxMagnitude[3] = -1.0F;
  QVERIFY_EXCEPTION_THROWN(quant::smoothingScales(layer().tensor(), calibration, 0.5, JobContext()), Error);
  calibration.maxMagnitude.resize(3);
  QVERIFY_EXCEPTION_THROWN(quant::smoothingScales(layer().tensor(), calibration, 0.5, JobContext()), Error);
}

QTEST_GUILESS_MAIN(TestSmoothQuant)
#include "tst_smooth_quant.moc"
