#include <QtTest>
#include <cmath>
#include <limits>
#include <random>

#include "core/numeric/half.h"
#include "core/quant/bit_stream.h"
#include "core/quant/methods/hqq_groups.h"
#include "core/quant/quantizer.h"
#include "core/quant/stored_size.h"
#include "support/golden.h"

using namespace core;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "hqq";
constexpr std::uint64_t kGroup = 64;

std::vector<float> weights() { return support::readArray<float>(kData.parent_path() / "gptq_awq" / "W.f32"); }

quant::QuantizedTensorPtr quantized(const std::string& scheme, const std::vector<float>& values,
                                    std::uint64_t columns) {
  const tensor::TensorView view{
      "w", tensor::DType::F32, {values.size() / columns, columns}, std::as_bytes(std::span(values)), nullptr};
  return quant::quantize(quant::Scheme::parse(scheme), view);
}

std::vector<float> gaussian(std::size_t count, float mean, float deviation) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

/// Σ |error|^0.7
double costOf(const std::vector<float>& values, const std::vector<float>& decoded) {
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i)
    sum += std::pow(std::abs(double(values[i]) - double(decoded[i])), 0.7);
  return sum;
}

}  // namespace

/// HQQ against mobiusml/hqq (tests/data/hqq/README.md).
class TestHqq : public QObject {
  Q_OBJECT
 private slots:
  void choosesTheCodesOfTheReference_data();
  void choosesTheCodesOfTheReference();
  void choosesByWhatIsStored_data();
  void choosesByWhatIsStored();
  void countsItsBytes();
  void survivesAnyWeights();
};

void TestHqq::choosesTheCodesOfTheReference_data() {
  QTest::addColumn<int>("run");
  const auto runs = support::readJson(kData / "manifest.json")["runs"];
  QCOMPARE(runs.size(), std::size_t{8});
  for (std::size_t i = 0; i < runs.size(); ++i) QTest::newRow(runs[i]["name"].get<std::string>().c_str()) << int(i);
}

/// By the pieces that quantizeHqq is made of, as it has no way to stop where it begins (and the format no width of 1).
void TestHqq::choosesTheCodesOfTheReference() {
  QFETCH(int, run);
  const auto expected = support::readJson(kData / "manifest.json")["runs"][std::size_t(run)];
  const auto name = expected["name"].get<std::string>();
  const auto values = weights();
  std::vector<std::uint64_t> starts;
  for (std::uint64_t at = 0; at <= values.size(); at += kGroup) starts.push_back(at);
  quant::HqqGroups groups(values, starts, expected["bits"].get<std::uint32_t>(), quant::ScaleType::Fp32);
  if (expected["optimize"].get<bool>()) groups.optimize(JobContext());
  const auto codes = support::readArray<std::uint8_t>(kData / (name + ".codes.u8"));
  const auto scales = support::readArray<float>(kData / (name + ".scale.f32"));
  const auto zeros = support::readArray<float>(kData / (name + ".zero.f32"));
  for (std::size_t i = 0; i < codes.size(); ++i) QCOMPARE(groups.code(i / kGroup, values[i]), codes[i]);
  for (std::size_t g = 0; g < scales.size(); ++g) {
    QVERIFY(std::abs(groups.grids()[g].scale - scales[g]) <= 1e-6F * scales[g]);
    QVERIFY(std::abs(groups.grids()[g].zero - zeros[g]) <= 1e-4F);
  }
  const auto bits = expected["bits"].get<std::uint32_t>();
  if (bits == 1 || !expected["optimize"].get<bool>()) return;
  const auto tensor =
      quantized("int" + std::to_string(bits) + ":group=64,range=minmax,scales=fp32,method=hqq", values, 256);
  quant::CodeRows rows(tensor->payload, bits, 256);
  for (std::size_t row = 0; row < 64; ++row)
    QVERIFY(std::equal(rows.at(row), rows.at(row) + 256, codes.begin() + std::ptrdiff_t(row * 256)));
}

void TestHqq::choosesByWhatIsStored_data() {
  QTest::addColumn<QString>("options");
  for (const char* options : {"group=64", "group=32", "group=row", "group=tensor", "group=64,scales=bf16",
                              "group=64,scales=uint8", "group=50", "group=64,scales=fp32"})
    QTest::newRow(options) << QString(options);
}

/// Every weight has the nearest of the levels that are stored; with them the cost is less than that of whole
/// zero-points, or as much where there is one for all.
void TestHqq::choosesByWhatIsStored() {
  QFETCH(QString, options);
  const auto values = weights();
  for (const char* bits : {"int4", "int3", "int2"}) {
    const std::string start = bits + (":" + options.toStdString());
    const auto tensor = quantized(start + ",range=minmax,method=hqq", values, 256);
    const auto& codes = *tensor->as<quant::Uniform>();
    for (std::size_t g = 0; g < codes.zeroPoints.size() && codes.zeroPointBits == 16; ++g)
      QCOMPARE(numeric::halfToFloat(numeric::floatToHalf(codes.zeroPoints[g])), codes.zeroPoints[g]);
    const auto decoded = quant::dequantize(*tensor);
    const auto last = float((1U << codes.bits) - 1U);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint64_t g = quant::groupOf(codes.grouping, 256, i);
      const float offset = float(codes.qmin) - codes.zeroPoints[g];
      const float level = std::clamp(std::nearbyint(values[i] / codes.scales[g] - offset), 0.0F, last);
      QVERIFY(std::abs(decoded[i] - values[i]) <=
              std::abs(codes.scales[g] * (level + offset) - values[i]) + 1e-5F * codes.scales[g]);
    }
    const double rounded = costOf(values, quant::dequantize(*quantized(start + ",range=minmax", values, 256)));
    QVERIFY(costOf(values, decoded) < (codes.zeroPoints.size() == 1 ? 1.001 : 0.99) * rounded);
  }
}

void TestHqq::countsItsBytes() {
  const auto values = weights();
  for (const char* text : {"int4:group=64,range=minmax,method=hqq", "int3:group=row,range=minmax,method=hqq"}) {
    const auto tensor = quantized(text, values, 256);
    QCOMPARE(tensor->bytes(), quant::storedSize(quant::Scheme::parse(text).format, tensor->shape).bytes());
  }
  QCOMPARE(quantized("int4:group=64,range=minmax,method=hqq", values, 256)->bitsPerWeight(), 4.5);
}

/// Weights far from 0, all alike, of any size, and such that are no numbers.
void TestHqq::survivesAnyWeights() {
  const auto far = gaussian(256, 1.0F, 1e-6F);
  const auto value = quant::dequantize(*quantized("int4:group=64,range=minmax,method=hqq", far, 64));
  for (std::size_t i = 0; i < far.size(); ++i) QVERIFY(std::abs(value[i] - far[i]) < 0.01F);
  const std::vector<float> alike(64, 0.013F);
  for (const float x : quant::dequantize(*quantized("int4:group=64,range=minmax,method=hqq", alike, 64)))
    QVERIFY(std::abs(x - 0.013F) < 1e-5F);
  const std::vector<float> zeros(64, 0.0F);
  QCOMPARE(quant::dequantize(*quantized("int4:group=64,range=minmax,method=hqq", zeros, 64)), zeros);
  for (const float deviation : {1e38F, 1e20F, 1e-6F, 1e-20F, 1e-40F}) {
    auto drawn = gaussian(256, 0.0F, deviation);
    drawn[3] = std::numeric_limits<float>::quiet_NaN();
    drawn[70] = std::numeric_limits<float>::infinity();
    for (const char* scales : {"fp32", "fp16", "bf16", "uint8"}) {
      const auto decoded = quant::dequantize(
          *quantized(std::string("int3:group=64,range=minmax,method=hqq,scales=") + scales, drawn, 64));
      for (const float x : decoded) QVERIFY(std::isfinite(x));
    }
  }
}

QTEST_GUILESS_MAIN(TestHqq)
#include "tst_hqq.moc"
