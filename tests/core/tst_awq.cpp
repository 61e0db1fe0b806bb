#include <QtTest>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/quant/methods/awq.h"
#include "support/golden_layer.h"

using namespace core;
using support::GoldenLayer;

namespace {

const GoldenLayer& layer() {
  static const GoldenLayer golden;
  return golden;
}

nlohmann::json runs() { return support::readJson(layer().folder / "manifest.json")["awq"]["runs"]; }

/// A run of the manifest as it is written here.
quant::Scheme schemeOf(const nlohmann::json& run, const char* clip) {
  const int size = run["group_size"].get<int>();
  const std::string group = size < 0 ? "row" : std::to_string(size);
  return quant::Scheme::parse("int" + std::to_string(run["bits"].get<int>()) + ":group=" + group +
                              ",range=minmax,scales=fp32,method=awq,clip=" + clip);
}

bool isNear(double value, double expected, double relative) {
  return std::abs(value - expected) <= relative * std::abs(expected);
}

/// With mean |x| to the last bit of the reference: in groups that were clipped on both sides, 0 lies in the middle of
/// two levels.
quant::TensorCalibration referenceCalibration() {
  auto calibration = layer().calibration();
  calibration.meanMagnitude = support::readArray<float>(layer().folder / "awq.act_scale.f32");
  return calibration;
}

quant::QuantizedTensorPtr quantized(const quant::Scheme& scheme, const quant::TensorCalibration& calibration) {
  return quant::quantize(scheme, layer().tensor(), JobContext(), &calibration);
}

}  // namespace

/// AWQ against llm-awq (tests/data/gptq_awq/README.md).
class TestAwq : public QObject {
  Q_OBJECT
 private slots:
  void findsTheScalesOfTheReference_data();
  void findsTheScalesOfTheReference();
  void clipsAsTheReference_data() { findsTheScalesOfTheReference_data(); }
  void clipsAsTheReference();
  void protectsAnyFormat_data();
  void protectsAnyFormat();
  void refusesWhatDoesNotFit();
  void takesInputsThatNeverCame();
};

void TestAwq::findsTheScalesOfTheReference_data() {
  QTest::addColumn<int>("run");
  const auto all = runs();
  QCOMPARE(all.size(), std::size_t{9});
  for (std::size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i]["name"].get<std::string>().c_str()) << int(i);
}

void TestAwq::findsTheScalesOfTheReference() {
  QFETCH(int, run);
  const auto expected = runs()[std::size_t(run)];
  const auto name = expected["name"].get<std::string>();
  const quant::Scheme scheme = schemeOf(expected, "off");
  const auto calibration = layer().calibration();
  const auto found = quant::awq(layer().tensor(), scheme, calibration, JobContext());
  QCOMPARE(found.ratio, expected["best_ratio"].get<double>());
  const auto scales = support::readArray<float>(layer().folder / (name + ".scales.f32"));
  for (std::size_t c = 0; c < scales.size(); ++c)
    QVERIFY(isNear(double(found.inputScales[c]), double(scales[c]), 1e-5));
  const auto losses = expected["loss_history"].get<std::vector<double>>();
  QCOMPARE(found.losses.size(), losses.size());
  double worst = 0.0;
  for (std::size_t i = 0; i < losses.size(); ++i) worst = std::max(worst, std::abs(found.losses[i] / losses[i] - 1.0));
  const auto tensor = quantized(scheme, calibration);
  const double error = layer().outputError(quant::dequantize(*tensor));
  qInfo("%s: losses within %.1e, error %.6f of the reference's", name.c_str(), worst,
        error / expected["error"].get<double>());
  QVERIFY(worst <= 1e-4);
  QVERIFY(isNear(error, expected["error"].get<double>(), 1e-4));
  QCOMPARE(tensor->changes->inputScales, found.inputScales);
}

void TestAwq::clipsAsTheReference() {
  QFETCH(int, run);
  const auto expected = runs()[std::size_t(run)];
  const auto name = expected["name"].get<std::string>();
  const quant::Scheme scheme = schemeOf(expected, "on");
  const auto calibration = referenceCalibration();
  const double error = layer().outputError(quant::dequantize(*quantized(scheme, calibration)));
  const auto found = quant::awq(layer().tensor(), scheme, calibration, JobContext());
  const auto maxima = support::readArray<float>(layer().folder / (name + ".clip.f32"));
  const std::size_t size = found.weights.size() / maxima.size();
  std::size_t equal = 0;
  for (std::size_t g = 0; g < maxima.size(); ++g) {
    float most = 0.0F;
    for (std::size_t i = g * size; i < (g + 1) * size; ++i) most = std::max(most, std::abs(found.weights[i]));
    equal += isNear(double(most), double(maxima[g]), 1e-5) ? 1U : 0U;
  }
  const double reference = expected["error_with_clip"].get<double>();
  qInfo("%s: %zu of %zu maxima differ, error %.6f of the reference's", name.c_str(), maxima.size() - equal,
        maxima.size(), error / reference);
  QVERIFY(double(equal) >= 0.99 * double(maxima.size()));
  QVERIFY(isNear(error, reference, 1e-3));
}

void TestAwq::protectsAnyFormat_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme :
       {"int4", "int3:group=64", "int2:range=mse,zero=on", "int4:group=tensor", "int3:group=row,range=percentile",
        "int4:group=100", "nf4", "nf4:double=on", "fp4", "int4:group=64,scales=uint8"})
    QTest::newRow(scheme) << QString(scheme);
}

void TestAwq::protectsAnyFormat() {
  QFETCH(QString, scheme);
  const QString separator = scheme.contains(':') ? "," : ":";
  const auto calibration = layer().calibration();
  const auto errorOf = [&](const QString& text) {
    return layer().outputError(quant::dequantize(*quantized(quant::Scheme::parse(text.toStdString()), calibration)));
  };
  const double rounded = errorOf(scheme), open = errorOf(scheme + separator + "method=awq,clip=off"),
               clipped = errorOf(scheme + separator + "method=awq");
  qInfo("%s: %.3f of rounding's error, %.3f clipped", qPrintable(scheme), open / rounded, clipped / rounded);
  QVERIFY(open < 0.7 * rounded);
  QVERIFY(clipped < 1.1 * open);  // groups are clipped each for itself
}

void TestAwq::refusesWhatDoesNotFit() {
  const quant::Scheme scheme = quant::Scheme::parse("int4:method=awq");
  const auto sentence = [&](const quant::TensorCalibration& calibration) -> QString {
    try {
      quant::quantize(scheme, layer().tensor(), JobContext(), &calibration);
    } catch (const Error& error) {
      return QString::fromUtf8(error.what());
    }
    return {};
  };
  auto calibration = layer().calibration();
  QVERIFY(sentence(calibration).isEmpty());
  calibration.meanMagnitude.pop_back();
  QVERIFY(sentence(calibration).contains("255"));
  calibration.meanMagnitude.push_back(std::numeric_limits<float>::quiet_NaN());
  QVERIFY(sentence(calibration).contains("not finite"));
  calibration = layer().calibration();
  calibration.hessian[3] = std::numeric_limits<float>::infinity();
  QVERIFY(sentence(calibration).contains("not finite"));
  calibration.hessian.clear();
  QVERIFY(sentence(calibration).contains("calibration"));
}

/// Columns without any input, and weights that are no numbers: everything that is read back is finite.
void TestAwq::takesInputsThatNeverCame() {
  GoldenLayer golden;
  for (std::size_t i = 0; i < golden.inputs.size(); ++i)
    if (i % GoldenLayer::kColumns < 100) golden.inputs[i] = 0.0F;
  golden.weights[7] = std::numeric_limits<float>::infinity();
  golden.weights[600] = std::numeric_limits<float>::quiet_NaN();
  auto calibration = golden.calibration();
  const auto check = [&] {
    const auto tensor = quant::quantize(quant::Scheme::parse("int4:range=minmax,method=awq"), golden.tensor(),
                                        JobContext(), &calibration);
    for (const float value : quant::dequantize(*tensor)) QVERIFY(std::isfinite(value));
    for (const float scale : tensor->changes->inputScales) QVERIFY(std::isfinite(scale) && scale > 0.0F);
  };
  check();
  std::fill(golden.inputs.begin(), golden.inputs.end(), 0.0F);
  calibration = golden.calibration();
  check();
}

QTEST_GUILESS_MAIN(TestAwq)
#include "tst_awq.moc"
