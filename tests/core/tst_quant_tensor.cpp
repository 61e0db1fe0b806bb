#include <QtTest>
#include <bit>
#include <cmath>
#include <random>
#include <stop_token>

#include "core/base/error.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "support/drawn_calibration.h"

using namespace core;
using quant::Scheme;

namespace {

tensor::TensorView viewOf(std::vector<float> values, tensor::Shape shape) {
  auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  return {"weight", tensor::DType::F32, std::move(shape), std::as_bytes(std::span(*owner)), owner};
}

std::vector<float> gaussian(std::size_t count, float sigma = 0.02F) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.0F, sigma);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

/// Code i of a row of the Uniform layout, read bit by bit.
std::int32_t codeAt(const quant::QuantizedTensor& tensor, std::uint64_t row, std::uint64_t column) {
  const std::uint32_t bits = tensor.as<quant::Uniform>()->bits;
  const std::uint64_t rowBytes = (tensor.rowValues() * bits + 7) / 8;
  std::int32_t code = 0;
  for (std::uint32_t bit = 0; bit < bits; ++bit) {
    const std::uint64_t at = column * bits + bit;
    const int byte = std::to_integer<int>(tensor.payload[row * rowBytes + at / 8]);
    code |= ((byte >> (at % 8)) & 1) << bit;
  }
  return code;
}

std::vector<float> scalesOf(const quant::QuantizedTensor& tensor) {
  if (const auto* uniform = tensor.as<quant::Uniform>()) return uniform->scales;
  if (const auto* codeBook = tensor.as<quant::CodeBook>()) return codeBook->decodedScales();
  if (const auto* learned = tensor.as<quant::LearnedCodeBooks>()) return learned->levels;
  return {};
}

}  // namespace

/// Integers and casts against values known by hand and against a plain restatement of the formulas.
class TestQuantize : public QObject {
  Q_OBJECT
 private slots:
  void absmaxOfAKnownRow();
  void minmaxOfAKnownRow();
  void integersFollowTheFormula_data();
  void integersFollowTheFormula();
  void scalesStayUsefulInHalfPrecision();
  void zerosStayZero_data();
  void zerosStayZero();
  void fp8RoundsAndSaturates();
  void castsRoundToEven();
  void storedTensorsAreWrapped();
  void quantizesStoredTypes();
  void refusesWhatCannotBe();
  void emptyTensors();
  void isCancellable();
  void reportsProgress();
  void sameResultEveryTime();
};

void TestQuantize::absmaxOfAKnownRow() {
  // absmax 7, levels −7…7, so the scale is 1; halves go to the even code.
  const auto quantized = quant::quantize(Scheme::parse("int4:group=row"),
                                         viewOf({7.0F, -7.0F, 0.5F, 1.5F, -2.5F, 3.4F, -0.49F, 0.0F, 6.51F}, {9}));
  QVERIFY(quantized->as<quant::Uniform>() != nullptr);
  QCOMPARE(quantized->as<quant::Uniform>()->qmin, -7);
  QCOMPARE(quantized->as<quant::Uniform>()->scales, std::vector<float>{1.0F});
  QVERIFY(quantized->as<quant::Uniform>()->zeroPoints.empty());
  QCOMPARE(quant::dequantize(*quantized), (std::vector<float>{7, -7, 0, 2, -2, 3, 0, 0, 7}));
  // u = q + 7, first value in the low bits: 14, 0 | 7, 9 | 5, 10 | 7, 7 | 14.
  const std::vector<int> expected = {0x0e, 0x97, 0xa5, 0x77, 0x0e};
  QCOMPARE(quantized->payload.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) QCOMPARE(std::to_integer<int>(quantized->payload[i]), expected[i]);
}

void TestQuantize::minmaxOfAKnownRow() {
  // −1…2 in 4 levels: S = 1, Z = −2 − (−1)/1 = −1.
  const auto quantized =
      quant::quantize(Scheme::parse("int2:group=row,range=minmax"), viewOf({-1.0F, 2.0F, 0.4F, 0.6F, 1.0F}, {5}));
  QCOMPARE(quantized->as<quant::Uniform>()->qmin, -2);
  QCOMPARE(quantized->as<quant::Uniform>()->scales, std::vector<float>{1.0F});
  QCOMPARE(quantized->as<quant::Uniform>()->zeroPoints, std::vector<float>{-1});
  QCOMPARE(quant::dequantize(*quantized), (std::vector<float>{-1, 2, 0, 1, 1}));
  // All positive: the range is widened to 0, so that 0 is a level and the largest value the highest one.
  const auto positive =
      quant::quantize(Scheme::parse("int2:group=row,range=minmax"), viewOf({3.0F, 2.9F, 1.2F, 2.0F}, {4}));
  QCOMPARE(positive->as<quant::Uniform>()->zeroPoints, std::vector<float>{-2});
  QCOMPARE(quant::dequantize(*positive), (std::vector<float>{3, 3, 1, 2}));
}

void TestQuantize::integersFollowTheFormula_data() {
  QTest::addColumn<QString>("text");
  for (const char* name : {"int8", "int7", "int6", "int5", "int4", "int3", "int2"})
    for (const char* group : {"tensor", "row", "32", "7", "1", "1000"})
      for (const char* range : {"absmax", "minmax"})
        QTest::addRow("%s:group=%s,range=%s", name, group, range)
            << QString("%1:group=%2,range=%3").arg(name, group, range);
}

void TestQuantize::integersFollowTheFormula() {
  QFETCH(QString, text);
  const Scheme scheme = Scheme::parse(text.toStdString());
  constexpr std::uint64_t kRows = 37;
  constexpr std::uint64_t kColumns = 77;  // no multiple of 8, 32 or 7·2
  auto values = gaussian(kRows * kColumns);
  for (std::uint64_t i = 0; i < kColumns; ++i) values[i] = std::abs(values[i]);
  const auto quantized = quant::quantize(scheme, viewOf(values, {kRows, kColumns}));
  const auto decoded = quant::dequantize(*quantized);
  const quant::Uniform& uniform = *quantized->as<quant::Uniform>();

  const quant::Grouping& grouping = scheme.format.grouping;
  const bool whole = grouping.granularity == quant::Granularity::Tensor;
  const std::uint64_t width = grouping.granularity == quant::Granularity::Group ? grouping.size : kColumns;
  const std::uint64_t groups = (kColumns + width - 1) / width;
  const bool symmetric = scheme.method.range == quant::RangeMethod::Absmax;
  const int top = (1 << (quant::codeBits(scheme.format.name) - 1)) - 1;
  const int bottom = symmetric ? -top : -top - 1;
  QCOMPARE(uniform.scales.size(), whole ? 1 : kRows * groups);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    for (std::uint64_t column = 0; column < kColumns; ++column) {
      const std::uint64_t g = whole ? 0 : row * groups + column / width;
      const std::uint64_t first = whole ? 0 : row * kColumns + column / width * width;
      const std::uint64_t last = whole ? values.size() : std::min(first + width, (row + 1) * kColumns);
      float low = 0.0F;
      float high = 0.0F;
      for (std::uint64_t i = first; i < last; ++i) {
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
      }
      const double ideal = symmetric ? std::max(-low, high) / static_cast<double>(top)
                                     : (static_cast<double>(high) - static_cast<double>(low)) / (top - bottom);
      const float scale = uniform.scales[g];
      // An FP16 scale is within half an ulp of the ideal one, 2^-11, and rounded up to a multiple of 2^-24 where FP16
      // is subnormal; an FP32 one is within two roundings.
      const double excess = static_cast<double>(scale) - ideal;
      if (uniform.scaleType == quant::ScaleType::Fp16 && ideal < 0x1p-14)
        QVERIFY(excess >= -ideal * 0x1p-22 && excess < 0x1p-24);
      else
        QVERIFY(std::abs(excess) <= ideal * (uniform.scaleType == quant::ScaleType::Fp16 ? 0x1p-11 : 0x1p-22));
      const int zero =
          symmetric
              ? 0
              : std::clamp(static_cast<int>(std::nearbyint(static_cast<float>(bottom) - low / scale)), bottom, top);
      if (!symmetric) QCOMPARE(uniform.zeroPoints[g], static_cast<float>(zero));
      const float value = values[row * kColumns + column];
      const int code = std::clamp(static_cast<int>(std::nearbyint(value / scale)) + zero, bottom, top);
      QCOMPARE(codeAt(*quantized, row, column) + uniform.qmin, code);
      QVERIFY(decoded[row * kColumns + column] == scale * static_cast<float>(code - zero));
    }
  }
}

void TestQuantize::scalesStayUsefulInHalfPrecision() {
  // 1.5e-6 / 7 is between 3 and 4 smallest FP16 steps: rounding down would clip the largest value by a sixth.
  const auto tiny = quant::quantize(Scheme::parse("int4"), viewOf(std::vector<float>(32, 1.5e-6F), {32}));
  QVERIFY(tiny->as<quant::Uniform>()->scales[0] == 4 * 0x1p-24F);
  const auto tinier = quant::quantize(Scheme::parse("int4"), viewOf(std::vector<float>(32, 1e-9F), {32}));
  QVERIFY(tinier->as<quant::Uniform>()->scales[0] == 0x1p-24F);
  const auto huge = quant::quantize(Scheme::parse("int4"), viewOf(std::vector<float>(32, 1e30F), {32}));
  QVERIFY(huge->as<quant::Uniform>()->scales[0] == 65504.0F);
  QVERIFY(quant::dequantize(*huge)[0] == 7.0F * 65504.0F);
  // Extremes of float32 itself: the extent overflows, the result must not.
  const float largest = std::numeric_limits<float>::max();
  const auto wide = quant::quantize(Scheme::parse("int8:range=minmax"), viewOf({largest, -largest, 0.0F}, {3}));
  for (const float value : quant::dequantize(*wide)) QVERIFY(std::isfinite(value));
  const float denormal = std::numeric_limits<float>::denorm_min();
  const auto narrow = quant::quantize(Scheme::parse("int8"), viewOf({denormal, -denormal, 0.0F}, {3}));
  for (const float value : quant::dequantize(*narrow)) QVERIFY(std::isfinite(value));
}

void TestQuantize::zerosStayZero_data() {
  QTest::addColumn<QString>("text");
  for (const quant::Preset& preset : quant::presets())
    QTest::newRow(preset.scheme.toString().c_str()) << QString::fromStdString(preset.scheme.toString());
}

void TestQuantize::zerosStayZero() {
  QFETCH(QString, text);
  const Scheme scheme = Scheme::parse(text.toStdString());
  const auto calibration = support::drawnCalibration(scheme, 256);
  const auto quantized =
      quant::quantize(scheme, viewOf(std::vector<float>(512, 0.0F), {2, 256}), JobContext(), &calibration);
  for (const float value : quant::dequantize(*quantized)) QVERIFY(value == 0.0F);
}

void TestQuantize::fp8RoundsAndSaturates() {
  const float inf = std::numeric_limits<float>::infinity();
  // E4M3 near 448: 464 is the tie to a code that does not exist; 17 and 19 lie between 16, 18, 20 (ties to even).
  const auto e4m3 = quant::dequantize(
      *quant::quantize(Scheme::parse("fp8_e4m3"),
                       viewOf({448.0F, 464.0F, 1e6F, -1e6F, 17.0F, 19.0F, 0x1p-9F, 0x1p-10F, 0x1.8p-9F, -0.0F}, {10})));
  QCOMPARE(e4m3, (std::vector<float>{448, 448, 448, -448, 16, 20, 0x1p-9F, 0, 0x1p-8F, 0}));
  const auto e5m2 = quant::dequantize(
      *quant::quantize(Scheme::parse("fp8_e5m2"), viewOf({57344.0F, 1e9F, inf, -inf, 9.0F, 11.0F, 0x1p-16F}, {7})));
  QCOMPARE(e5m2, (std::vector<float>{57344, 57344, inf, -inf, 8, 12, 0x1p-16F}));
  const auto nan = quant::dequantize(*quant::quantize(Scheme::parse("fp8_e4m3"), viewOf({NAN, inf}, {2})));
  QVERIFY(std::isnan(nan[0]) && std::isnan(nan[1]));
  // Every code decodes to a value that encodes to itself.
  for (const char* name : {"fp8_e4m3", "fp8_e5m2"}) {
    auto bytes = std::make_shared<std::vector<std::byte>>(256);
    for (std::size_t i = 0; i < 256; ++i) (*bytes)[i] = static_cast<std::byte>(i);
    const auto dtype = std::string_view(name) == "fp8_e4m3" ? tensor::DType::F8E4M3 : tensor::DType::F8E5M2;
    std::vector<float> values(256);
    quant::decode(tensor::TensorView{"codes", dtype, {256}, *bytes, bytes}, 0, 256, values.data());
    const auto again = quant::quantize(Scheme::parse(name), viewOf(values, {256}));
    for (std::size_t i = 0; i < 256; ++i)
      if (!std::isnan(values[i])) QCOMPARE(std::to_integer<int>(again->payload[i]), static_cast<int>(i));
  }
}

void TestQuantize::castsRoundToEven() {
  const auto half = quant::dequantize(*quant::quantize(Scheme::parse("fp16"), viewOf({2049.0F, 2051.0F, 1e6F}, {3})));
  QCOMPARE(half, (std::vector<float>{2048, 2052, std::numeric_limits<float>::infinity()}));
  const auto brain = quant::dequantize(*quant::quantize(Scheme::parse("bf16"), viewOf({257.0F, 259.0F}, {2})));
  QCOMPARE(brain, (std::vector<float>{256, 260}));
}

void TestQuantize::storedTensorsAreWrapped() {
  const auto view = viewOf(gaussian(64), {2, 32});
  const auto wrapped = quant::wrapStored(view);
  QCOMPARE(wrapped->payload.data(), view.bytes.data());
  QCOMPARE(wrapped->bytes(), view.bytes.size());
  QVERIFY(!wrapped->scheme);  // no scheme made it
  QCOMPARE(quant::quantize(Scheme::parse("fp32"), view)->scheme.value(), Scheme::parse("fp32"));
  auto doubles = view;
  doubles.dtype = tensor::DType::F64;
  doubles.shape = tensor::Shape{1, 32};
  QVERIFY(!quant::wrapStored(doubles)->scheme);
  const auto q4 = quant::quantize(Scheme::parse("q4_0"), view);
  const tensor::TensorView stored{"weight", tensor::DType::Q4_0, {2, 32}, q4->payload, q4->owner};
  QCOMPARE(quant::quantize(Scheme::parse("q4_0"), stored)->payload.data(), q4->payload.data());
}

void TestQuantize::quantizesStoredTypes() {
  const auto q8 = quant::quantize(Scheme::parse("q8_0"), viewOf(gaussian(64), {2, 32}));
  const tensor::TensorView stored{"weight", tensor::DType::Q8_0, {2, 32}, q8->payload, q8->owner};
  const auto values = quant::dequantize(*q8);
  for (const char* scheme : {"fp32", "int4", "nf4", "q4_0"}) {
    const auto direct = quant::quantize(Scheme::parse(scheme), viewOf(values, {2, 32}));
    QCOMPARE(quant::dequantize(*quant::quantize(Scheme::parse(scheme), stored)), quant::dequantize(*direct));
  }
}

void TestQuantize::refusesWhatCannotBe() {
  const auto expect = [](const Scheme& scheme, const tensor::TensorView& view, ErrorCode code, const char* sentence) {
    try {
      quant::quantize(scheme, view);
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(QString(error.what()), QString(sentence));
      QVERIFY(error.code() == code);
      QCOMPARE(error.where(), std::string("weight"));
    }
  };
  expect(Scheme::parse("q4_0"), viewOf(gaussian(66), {2, 33}), ErrorCode::InvalidArgument,
         "Q4_0 needs rows of a multiple of 32 values; the rows of shape [2, 33] have 33.");
  auto broken = viewOf(gaussian(66), {2, 33});
  broken.shape = tensor::Shape{2, 34};
  expect(Scheme::parse("int8"), broken, ErrorCode::InvalidArgument,
         "A tensor of type f32 and shape [2, 34] does not fit its 264 bytes.");
  broken.dtype = tensor::DType::Q8_1;
  expect(Scheme::parse("int8"), broken, ErrorCode::Unsupported, "Tensors of type q8_1 cannot be decoded.");
}

void TestQuantize::emptyTensors() {
  for (const quant::Preset& preset : quant::presets()) {
    const auto calibration = support::drawnCalibration(preset.scheme, 256);
    const auto quantized = quant::quantize(preset.scheme, viewOf({}, {0, 256}), JobContext(), &calibration);
    QCOMPARE(quantized->bytes(), 0U);
    QVERIFY(quant::dequantize(*quantized).empty());
  }
}

void TestQuantize::isCancellable() {
  std::stop_source stop;
  const JobContext job(stop.get_token(), [&](double, std::string_view) { stop.request_stop(); });
  const auto view = viewOf(gaussian(1U << 20), {1024, 1024});
  for (const char* scheme : {"q4_0", "int4", "int4:group=tensor", "nf4", "fp16"}) {
    std::stop_source already;
    already.request_stop();
    QVERIFY_THROWS_EXCEPTION(Cancelled, quant::quantize(Scheme::parse(scheme), view, JobContext(already.get_token())));
  }
  QVERIFY_THROWS_EXCEPTION(Cancelled, quant::quantize(Scheme::parse("q4_0"), view, job));
}

void TestQuantize::reportsProgress() {
  std::mutex mutex;
  std::vector<double> fractions;
  const JobContext job({}, [&](double fraction, std::string_view) {
    const std::lock_guard lock(mutex);
    fractions.push_back(fraction);
  });
  quant::quantize(Scheme::parse("q8_0"), viewOf(gaussian(1U << 20), {1024, 1024}), job);
  QVERIFY(!fractions.empty());
  for (const double fraction : fractions) QVERIFY(fraction > 0.0 && fraction <= 1.0);
}

void TestQuantize::sameResultEveryTime() {
  const auto view = viewOf(gaussian(1U << 18), {64, 4096});
  for (const char* scheme : {"int4:group=tensor", "int3:range=minmax", "int4:scales=uint8,range=mse", "nf4:double=on",
                             "fp8_e4m3:scale=block128", "log4", "kmeans3", "kmeans3:group=tensor", "mx_e2m1", "nv_e2m1",
                             "dynamic8", "q4_0"}) {
    const auto first = quant::quantize(Scheme::parse(scheme), view);
    for (int i = 0; i < 3; ++i) {
      const auto again = quant::quantize(Scheme::parse(scheme), view);
      QVERIFY(std::equal(first->payload.begin(), first->payload.end(), again->payload.begin(), again->payload.end()));
      QCOMPARE(scalesOf(*again), scalesOf(*first));
    }
  }
}

QTEST_GUILESS_MAIN(TestQuantize)
#include "tst_quant_tensor.moc"
