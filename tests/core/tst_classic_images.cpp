#include <QtTest>
#include <cmath>
#include <thread>

#include "core/base/error.h"
#include "core/classic/digit_images.h"
#include "core/classic/experiments.h"
#include "core/classic/image_layers.h"
#include "core/classic/quantized_image_network.h"
#include "safetensors_builder.h"
#include "support/golden.h"

using namespace core;
using classic::ActivationRule;
using classic::ImageNetwork;
using classic::QuantizedImageNetwork;
using classic::RangeSource;
using quant::Scheme;

namespace {

ActivationRule ruleOf(const std::string& name) {
  if (name == "minmax") return {.source = RangeSource::MinMax};
  if (name == "percentile") return {.source = RangeSource::Percentile};
  if (name == "dynamic") return {.source = RangeSource::Dynamic};
  const float reach = std::stof(name.substr(std::string("fixed").size()));
  return {.source = RangeSource::Fixed, .fixed = {reach, reach}};
}

std::vector<std::vector<float>> images(std::uint64_t seed, std::size_t count) {
  std::vector<std::vector<float>> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(classic::drawDigit(seed, i).values());
  return out;
}

/// The same bits, and numbers.
void compareExactly(const std::vector<float>& found, const std::vector<float>& expected, const QString& what) {
  QCOMPARE(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    QVERIFY2(found[i] == expected[i],
             qPrintable(QString("%1, %2: %3, not %4").arg(what).arg(i).arg(found[i]).arg(expected[i])));
}

template <class Network>
std::vector<float> logits(const Network& network, std::size_t count) {
  std::vector<float> out;
  for (const auto& image : images(classic::kHeldOutSeed, count)) {
    const auto row = network.run(image).logits;
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

}  // namespace

/// The image network against numpy, in float32 and in integers.
class TestClassicImages : public QObject {
  Q_OBJECT

 private:
  nlohmann::json m_golden = support::readJson(std::filesystem::path(QS_TEST_DATA) / "classic" / "classic.json");
  ImageNetwork m_network;
  std::vector<std::vector<float>> m_samples = images(classic::kTrainingSeed, classic::kCalibrationImages);

  template <class T>
  std::vector<T> layer(const char* name) const {
    return m_golden["layers"][name].get<std::vector<T>>();
  }

 private slots:
  void initTestCase() {
    m_network = ImageNetwork::read(
        *io::openCheckpoint(std::filesystem::path(QS_SOURCE_DIR) / "resources/lessons/models/digits.safetensors"));
    QCOMPARE(m_network.side, classic::kDigitSide);
    QCOMPARE(m_network.parameters(), std::size_t{80 + 1168 + 2570});
  }

  void layersAreThoseOfNumpy() {
    const auto input = layer<std::int32_t>("input"), bias = layer<std::int32_t>("bias");
    const auto weight = layer<std::int8_t>("weight"), denseWeight = layer<std::int8_t>("dense_weight");
    const auto sums = classic::convolve3x3<std::int32_t, std::int32_t, std::int8_t>(input, weight, bias, 5);
    QCOMPARE(sums, layer<std::int32_t>("convolved"));
    const auto pooled = classic::poolRelu2x2<std::int32_t>(sums, 5);  // an odd rim
    QCOMPARE(pooled, layer<std::int32_t>("pooled"));
    const std::vector<std::int32_t> none(4, 0);
    QCOMPARE((classic::multiply<std::int32_t, std::int32_t, std::int8_t>(pooled, denseWeight, none)),
             layer<std::int32_t>("dense"));
    const auto floats = layer<float>("float_input"), weights = layer<float>("float_weight");
    compareExactly(classic::convolve3x3<float, float, float>(floats, weights, layer<float>("float_bias"), 6),
                   layer<float>("float_convolved"), "convolution in float32");
  }

  void floatLogitsAreThoseOfNumpy() {
    compareExactly(logits(m_network, 20), m_golden["network"]["float"].get<std::vector<float>>(), "float32");
  }

  void integerLogitsAreThoseOfNumpy() {
    QVERIFY(m_golden["network"]["integer"].size() >= 10);
    for (const auto& golden : m_golden["network"]["integer"]) {
      const std::string rule = golden["rule"], scheme = golden["scheme"];
      const QuantizedImageNetwork quantized(m_network, Scheme::parse(scheme), ruleOf(rule), m_samples);
      compareExactly(logits(quantized, 20), golden["logits"].get<std::vector<float>>(),
                     QString::fromStdString(scheme + " " + rule));
    }
  }

  void accuraciesAreThoseOfNumpy() {
    QCOMPARE(classic::digitAccuracy(m_network, {}), m_golden["scores"]["network"]["fp32"].get<double>());
    for (const auto& golden : m_golden["network"]["integer"]) {
      const classic::ImageQuantization quantization{Scheme::parse(golden["scheme"].get<std::string>()),
                                                    ruleOf(golden["rule"])};
      QCOMPARE(classic::digitAccuracy(m_network, quantization), golden["accuracy"].get<double>());
    }
  }

  /// What lesson 12 says: good before, as good when calibrated, worse when not.
  void calibrationIsWhatKeepsTheAccuracy() {
    const auto after = [&](const char* rule) {
      return classic::digitAccuracy(m_network, classic::ImageQuantization{Scheme::parse("int8"), ruleOf(rule)});
    };
    const double before = classic::digitAccuracy(m_network, {});
    QVERIFY(before >= 0.95);
    for (const char* rule : {"minmax", "percentile", "dynamic"}) QVERIFY2(after(rule) >= before - 0.005, rule);
    for (const char* rule : {"fixed1", "fixed128"}) QVERIFY2(after(rule) <= before - 0.05, rule);
    QVERIFY(after("fixed256") < 0.2);  // the image itself falls to level 0
  }

  void weightsAloneTakeAnyScheme() {
    const double nf4 = classic::digitAccuracyOfWeights(m_network, Scheme::parse("nf4"), 500),
                 two = classic::digitAccuracyOfWeights(m_network, Scheme::parse("int2:group=row"), 500);
    QVERIFY(nf4 > 0.9);
    QVERIFY(two < nf4);
    QCOMPARE(m_network.withWeights(Scheme::parse("fp32")).head.weight, m_network.head.weight);
  }

  void otherWeightsAreRefused() {
    for (const char* scheme : {"nf4", "int4", "int8:range=minmax", "bf16", "q8_0:method=imatrix"})
      QVERIFY_THROWS_EXCEPTION(Error, QuantizedImageNetwork(m_network, Scheme::parse(scheme), {}, m_samples));
    QVERIFY_THROWS_EXCEPTION(Error, QuantizedImageNetwork(m_network, Scheme::parse("int8"), {.bits = 16}, m_samples));
    QVERIFY_THROWS_EXCEPTION(Error, QuantizedImageNetwork(m_network, Scheme::parse("int8"), {}, {}));
    QVERIFY_THROWS_EXCEPTION(Error, m_network.run(std::vector<float>(255)));
    QVERIFY_THROWS_EXCEPTION(Error, classic::activationGrids(m_network, {.percentile = 50}, m_samples));
  }

  void layersOfZerosKeepTheirBias() {
    ImageNetwork zeros = m_network;
    std::ranges::fill(zeros.head.weight, 0.0F);
    const QuantizedImageNetwork quantized(zeros, Scheme::parse("int8"), {}, m_samples);
    const auto found = quantized.run(m_samples.front()).logits;
    for (std::size_t o = 0; o < found.size(); ++o)
      QVERIFY(std::abs(found[o] - zeros.head.bias[o]) <= quantized.grids().back().scale);
    const QuantizedImageNetwork dynamic(m_network, Scheme::parse("int8"), ruleOf("dynamic"), {});
    for (const float logit : dynamic.run(std::vector<float>(256, 0.0F)).logits) QVERIFY(std::isfinite(logit));
  }

  void anAccuracyCanBeStopped() {
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_THROWS_EXCEPTION(Cancelled, classic::digitAccuracy(m_network, {}, 2000, JobContext(stop.get_token())));
  }

  void damagedNetworksAreRefused_data() {
    QTest::addColumn<int>("damage");
    for (int damage = 0; damage < 6; ++damage) QTest::addRow("%d", damage) << damage;
  }

  void damagedNetworksAreRefused() {
    QFETCH(int, damage);
    const std::uint64_t kernel = damage == 1 ? 5 : 3, channels = damage == 2 ? 2 : 1;
    SafetensorsBuilder file;
    if (damage != 5) {
      file.add("conv0.weight", "F32", {4, channels, kernel, 3});
      file.add("conv0.bias", "F32", {damage == 3 ? std::uint64_t{5} : 4});
    }
    const std::uint64_t features = damage == 4 ? 4 * 10 : 4 * 9;
    if (damage != 5) file.add("head.weight", "F32", {10, features});
    file.add("head.bias", "F32", {10});
    if (damage == 0)
      QCOMPARE(ImageNetwork::read(*file.open()).side, std::size_t{6});
    else
      QVERIFY_THROWS_EXCEPTION(Error, ImageNetwork::read(*file.open()));
  }
};

QTEST_APPLESS_MAIN(TestClassicImages)
#include "tst_classic_images.moc"
