#include <QtTest>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/quant/k_means.h"
#include "core/quant/quantizer.h"
#include "support/golden.h"

using namespace core;
using quant::Scheme;

namespace {

const std::filesystem::path kData(QS_TEST_DATA);

tensor::TensorView viewOf(const std::vector<float>& values, const tensor::Shape& shape) {
  const auto owner = std::make_shared<const std::vector<float>>(values);
  return {"weight", tensor::DType::F32, shape, std::as_bytes(std::span(*owner)), owner};
}

nlohmann::json manifest() { return nlohmann::json::parse(std::ifstream(kData / "numpy" / "manifest.json")); }

double squaredError(const float* a, const float* b, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return sum;
}

}  // namespace

/// Formats against results that this project did not make: microxcaling, bitsandbytes, and a restatement in numpy.
class TestReferenceFormats : public QObject {
  Q_OBJECT
 private slots:
  void microscalingEqualsMicroxcaling_data();
  void microscalingEqualsMicroxcaling();
  void dynamicMapEqualsBitsandbytes_data();
  void dynamicMapEqualsBitsandbytes();
  void equalsNumpy_data();
  void equalsNumpy();
  void kMeansIsAsGoodAsItsBestRestart_data();
  void kMeansIsAsGoodAsItsBestRestart();
  void kMeansFollowsImportance();
  void importanceIsChecked();
  void valuesThatAreNotFinite_data();
  void valuesThatAreNotFinite();
  void columnChangesAreUndone();
};

void TestReferenceFormats::microscalingEqualsMicroxcaling_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme : {"mx_e4m3", "mx_e5m2", "mx_e3m2", "mx_e2m3", "mx_e2m1", "mx_int8"})
    QTest::newRow(scheme) << QString(scheme);
}

void TestReferenceFormats::microscalingEqualsMicroxcaling() {
  QFETCH(QString, scheme);
  const auto input = support::readArray<float>(kData / "ggml" / "input.f32");
  const auto expected = support::readArray<float>(kData / "mx" / (scheme.toStdString() + ".f32"));
  const auto decoded =
      quant::dequantize(*quant::quantize(Scheme::parse(scheme.toStdString()), viewOf(input, {6, 1024})));
  QCOMPARE(decoded.size(), expected.size());
  for (std::size_t i = 0; i < decoded.size(); ++i)
    QVERIFY2(decoded[i] == expected[i],
             qPrintable(QString("%1 of %2: %3, not %4").arg(i).arg(input[i]).arg(decoded[i]).arg(expected[i])));
}

void TestReferenceFormats::dynamicMapEqualsBitsandbytes_data() {
  QTest::addColumn<int>("block");
  for (const int block : {64, 4096}) QTest::addRow("%d", block) << block;
}

void TestReferenceFormats::dynamicMapEqualsBitsandbytes() {
  QFETCH(int, block);
  const auto weight = support::readArray<float>(kData / "bitsandbytes" / "weight.f32");
  const std::string stem = "dynamic8.bs" + std::to_string(block);
  const auto quantized =
      quant::quantize(Scheme::parse("dynamic8:block=" + std::to_string(block)), viewOf(weight, {16, 1280}));
  QCOMPARE(quantized->as<quant::CodeBook>()->scales,
           support::readArray<float>(kData / "bitsandbytes" / (stem + ".absmax.f32")));
  const auto codes = support::readArray<std::uint8_t>(kData / "bitsandbytes" / (stem + ".python.codes.u8"));
  QCOMPARE(quantized->payload.size(), codes.size());
  constexpr std::size_t kDenormals = 2880;  // one block of denormals alone, which that path does not bring to 1
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (block != 64 || i / 64 != kDenormals / 64)
      QVERIFY2(std::to_integer<int>(quantized->payload[i]) == codes[i], qPrintable(QString::number(i)));
}

void TestReferenceFormats::equalsNumpy_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("scheme");
  const nlohmann::json read = manifest();
  for (const auto& [name, scheme] : read["schemes"].items())
    QTest::newRow(name.c_str()) << QString::fromStdString(name) << QString::fromStdString(scheme.get<std::string>());
}

/// Bit for bit but for the search of least error, where float sums may prefer another of two candidates whose errors
/// are equal to five digits: there each group's error is at most 0.01 % larger.
void TestReferenceFormats::equalsNumpy() {
  QFETCH(QString, name);
  QFETCH(QString, scheme);
  const auto weights = support::readArray<float>(kData / "numpy" / "weights.f32");
  const auto expected = support::readArray<float>(kData / "numpy" / (name.toStdString() + ".f32"));
  const auto decoded =
      quant::dequantize(*quant::quantize(Scheme::parse(scheme.toStdString()), viewOf(weights, {8, 256})));
  QCOMPARE(decoded.size(), expected.size());
  if (scheme.contains("range=mse")) {
    for (std::size_t i = 0; i < weights.size(); i += 32)
      QVERIFY(squaredError(&weights[i], &decoded[i], 32) <= 1.0001 * squaredError(&weights[i], &expected[i], 32));
    return;
  }
  for (std::size_t i = 0; i < decoded.size(); ++i)
    QVERIFY2(decoded[i] == expected[i],
             qPrintable(QString("%1 of %2: %3, not %4").arg(i).arg(weights[i]).arg(decoded[i]).arg(expected[i])));
}

void TestReferenceFormats::kMeansIsAsGoodAsItsBestRestart_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme : {"kmeans2", "kmeans3", "kmeans4"}) QTest::newRow(scheme) << QString(scheme);
}

void TestReferenceFormats::kMeansIsAsGoodAsItsBestRestart() {
  QFETCH(QString, scheme);
  const auto weights = support::readArray<float>(kData / "numpy" / "weights.f32");
  const auto best = manifest()["k_means_squared_error"][scheme.toStdString()].get<std::vector<double>>();
  // FP32 levels: what FP16 costs is not the algorithm's doing.
  const auto decoded = quant::dequantize(
      *quant::quantize(Scheme::parse(scheme.toStdString() + ":scales=fp32"), viewOf(weights, {8, 256})));
  for (std::size_t row = 0; row < 8; ++row) {
    const double error = squaredError(&weights[row * 256], &decoded[row * 256], 256);
    QVERIFY2(error <= 1.0001 * best[row] + 1e-20,
             qPrintable(QString("row %1: %2, not %3").arg(row).arg(error).arg(best[row])));
  }
}

void TestReferenceFormats::kMeansFollowsImportance() {
  std::vector<float> values = {0.0F, 1.0F, 10.0F, 11.0F, 20.0F}, weights = {1.0F, 1.0F, 1.0F, 3.0F, 0.0F};
  const auto levels = quant::kMeansLevels(values, weights, 2);
  QCOMPARE(levels, (std::vector<float>{0.5F, 10.75F}));

  std::vector<float> row(64);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i * i) / 4096.0F;
  quant::TensorCalibration calibration;
  calibration.importance.assign(64, 1e-3F);
  std::fill_n(calibration.importance.begin(), 8, 1.0F);
  const auto view = viewOf(row, {1, 64});
  const auto plain = quant::dequantize(*quant::quantize(Scheme::parse("kmeans2"), view));
  const auto weighted =
      quant::dequantize(*quant::quantize(Scheme::parse("kmeans2:method=imatrix"), view, JobContext(), &calibration));
  QVERIFY(squaredError(row.data(), weighted.data(), 8) < 0.1 * squaredError(row.data(), plain.data(), 8));
}

void TestReferenceFormats::importanceIsChecked() {
  const auto view = viewOf(std::vector<float>(64, 0.5F), {2, 32});
  quant::TensorCalibration calibration;
  for (const char* text : {"kmeans2:method=imatrix", "int4:range=mse,method=imatrix"}) {
    const Scheme scheme = Scheme::parse(text);
    calibration.importance.clear();
    QVERIFY_THROWS_EXCEPTION(Error, quant::quantize(scheme, view));
    QVERIFY_THROWS_EXCEPTION(Error, quant::quantize(scheme, view, JobContext(), &calibration));
    for (const float wrong : {-1.0F, std::nanf(""), HUGE_VALF}) {
      calibration.importance.assign(32, wrong);
      QVERIFY_THROWS_EXCEPTION(Error, quant::quantize(scheme, view, JobContext(), &calibration));
    }
    calibration.importance.assign(31, 1.0F);
    QVERIFY_THROWS_EXCEPTION(Error, quant::quantize(scheme, view, JobContext(), &calibration));
    calibration.importance.assign(32, 0.0F);
    QCOMPARE(quant::dequantize(*quant::quantize(scheme, view, JobContext(), &calibration)),
             quant::dequantize(*quant::quantize(
                 Scheme::parse(std::string(text).substr(0, std::string(text).find("method") - 1)), view)));
  }
}

void TestReferenceFormats::valuesThatAreNotFinite_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme : {"int4:range=mse", "int4:group=row,range=percentile", "int4:scales=uint8", "log4",
                             "kmeans3", "kmeans3:group=tensor", "dynamic8", "mx_e2m1", "mx_e4m3", "mx_e5m2", "mx_int8",
                             "nv_e2m1", "fp8_e4m3:scale=row", "fp8_e5m2:scale=block128"})
    QTest::newRow(scheme) << QString(scheme);
}

/// One damaged weight costs one value: NaN is 0 or near it, ±Inf the end of the range, the others stay what they are.
void TestReferenceFormats::valuesThatAreNotFinite() {
  QFETCH(QString, scheme);
  std::vector<float> values(64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i)) * 0.02F;
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  auto zeroed = values;
  zeroed[5] = zeroed[9] = zeroed[33] = 0.0F;
  values[5] = std::nanf("");
  values[9] = HUGE_VALF;
  values[33] = -HUGE_VALF;
  const auto decoded = quant::dequantize(*quant::quantize(parsed, viewOf(values, {1, 64})));
  for (const float value : decoded) QVERIFY(std::isfinite(value));
  QVERIFY(std::abs(decoded[5]) <= 0.01F);
  QVERIFY(decoded[9] >= 0.01F && decoded[9] < 0.04F);
  QVERIFY(decoded[33] <= -0.01F && decoded[33] > -0.04F);
  if (scheme.startsWith("kmeans") || scheme.contains("percentile")) return;  // levels follow every value
  const auto clean = quant::dequantize(*quant::quantize(parsed, viewOf(zeroed, {1, 64})));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i])) QCOMPARE(decoded[i], clean[i]);
}

void TestReferenceFormats::columnChangesAreUndone() {
  quant::QuantizedTensor tensor = *quant::wrapStored(viewOf({1, 2, 3, 4, 5, 6, 7, 8}, {2, 4}));
  const std::uint64_t before = tensor.bytes();
  auto changes = std::make_shared<quant::ColumnChanges>();
  changes->order = {2, 0, 3, 1};
  changes->inputScales = {2.0F, 1.0F, 4.0F, 1.0F};
  changes->outlierColumns = {3};
  changes->outlierValues = {-9.0F, 90.0F};
  tensor.changes = changes;
  QCOMPARE(quant::dequantize(tensor), (std::vector<float>{1.0F, 4.0F, 0.25F, -9.0F, 3.0F, 8.0F, 1.25F, 90.0F}));
  QCOMPARE(tensor.bytes(), before + 4 * 4 + 4 * 4 + 4 + 2 * 2);
}

QTEST_GUILESS_MAIN(TestReferenceFormats)
#include "tst_reference_formats.moc"
