#include <QtTest>
#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "core/quant/block_codec.h"
#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"
#include "support/golden.h"

using namespace core;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "ggml";
using Bytes = std::vector<std::uint8_t>;

const quant::BlockCodec& codecOf(const QString& type) {
  return *quant::blockCodec(*tensor::fromName(type.toLower().toStdString()));
}

Bytes encode(const quant::BlockCodec& codec, const std::vector<float>& values) {
  const auto& layout = tensor::info(codec.dtype);
  Bytes result(values.size() / layout.blockValues * layout.blockBytes);
  codec.encode(values.data(), values.size() / layout.blockValues, result.data());
  return result;
}

std::vector<float> decode(const quant::BlockCodec& codec, const Bytes& blocks) {
  const auto& layout = tensor::info(codec.dtype);
  std::vector<float> result(blocks.size() / layout.blockBytes * layout.blockValues);
  codec.decode(blocks.data(), blocks.size() / layout.blockBytes, result.data());
  return result;
}

std::vector<float> gaussian(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<float> result(count);
  for (float& value : result) value = normal(random);
  return result;
}

/// ggml's mxfp4 scale is no number of the format there: the logarithm, a float32, rounds down to less than −125.
bool wrapsAround(const quant::BlockCodec& codec, const float* block) {
  if (codec.dtype != tensor::DType::MXFP4) return false;
  float absmax = 0.0F;
  for (std::size_t i = 0; i < 32; ++i) absmax = std::max(absmax, std::abs(block[i]));
  return absmax != 0.0F && static_cast<float>(std::log2(static_cast<double>(absmax))) < -125.0F;
}

/// Indices of blocks that differ.
std::vector<std::size_t> differences(const quant::BlockCodec& codec, const Bytes& a, const Bytes& b) {
  const std::size_t size = tensor::info(codec.dtype).blockBytes;
  std::vector<std::size_t> result;
  for (std::size_t at = 0; at < std::max(a.size(), b.size()); at += size)
    if (at + size > std::min(a.size(), b.size()) || std::memcmp(a.data() + at, b.data() + at, size) != 0)
      result.push_back(at / size);
  return result;
}

const char* const kTypes[] = {"Q1_0", "Q2_0", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4"};

void addTypes() {
  QTest::addColumn<QString>("type");
  for (const char* type : kTypes) QTest::newRow(type) << QString(type);
}

}  // namespace

/// The encoders without a search (ternary, microscaling) against the bytes of ggml 0.25.1 (tests/data/ggml/README.md).
class TestPlainEncoders : public QObject {
  Q_OBJECT
 private slots:
  void encodesAsGgml_data();
  void encodesAsGgml();
  void encodesExtremeRows_data() { addTypes(); }
  void encodesExtremeRows();
  void quantizesWithAnyThreads_data() { addTypes(); }
  void quantizesWithAnyThreads();
  void replacesNonFiniteValues_data() { addTypes(); }
  void replacesNonFiniteValues();
  void survivesAnyFloats_data() { addTypes(); }
  void survivesAnyFloats();
  void whatWasDecodedStaysAsItIs_data() { addTypes(); }
  void whatWasDecodedStaysAsItIs();
};

void TestPlainEncoders::encodesAsGgml_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("values");
  QTest::addColumn<QString>("expected");
  for (const QString type : kTypes) {
    QTest::newRow(qPrintable(type)) << type << "input.f32" << type + ".bin";
    QTest::newRow(qPrintable(type + " rows")) << type << "importance/rows.f32"
                                              << "importance/" + type + ".rows.bin";
  }
  for (const QString type : {"MXFP4", "NVFP4"})
    QTest::newRow(qPrintable(type + " sweep")) << type << "sweep/" + type + ".in.f32"
                                               << "sweep/" + type + ".bin";
}

void TestPlainEncoders::encodesAsGgml() {
  QFETCH(QString, type);
  QFETCH(QString, values);
  QFETCH(QString, expected);
  const quant::BlockCodec& codec = codecOf(type);
  const auto input = support::readArray<float>(kData / values.toStdString());
  auto reference = support::readArray<std::uint8_t>(kData / expected.toStdString());
  const Bytes encoded = encode(codec, input);
  QCOMPARE(encoded.size(), reference.size());
  const auto different = differences(codec, encoded, reference);
  std::size_t wrapped = 0;
  for (std::size_t block = 0; block < input.size() / 32 && codec.dtype == tensor::DType::MXFP4; ++block)
    wrapped += wrapsAround(codec, input.data() + 32 * block) ? 1U : 0U;
  QCOMPARE(different.size(), wrapped);
  for (const std::size_t block : different) QVERIFY(wrapsAround(codec, input.data() + 32 * block));
}

/// Byte equality where ggml's own row means something (finite and not all 0); ours is finite everywhere.
void TestPlainEncoders::encodesExtremeRows() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const Bytes blocks = encode(codec, support::readArray<float>(kData / "extreme/input.f32"));
  const auto expected = support::readArray<std::uint8_t>(kData / ("extreme/" + type.toStdString() + ".bin"));
  QCOMPARE(blocks.size(), expected.size());
  const auto reference = decode(codec, expected);
  const auto rowBytes = static_cast<std::ptrdiff_t>(expected.size() / 5);
  int compared = 0;
  for (std::ptrdiff_t row = 0; row < 5; ++row) {
    const auto first = reference.begin() + 1024 * row;
    if (!std::all_of(first, first + 1024, [](float x) { return std::isfinite(x); })) continue;
    if (std::all_of(first, first + 1024, [](float x) { return x == 0.0F; })) continue;
    ++compared;
    QVERIFY(std::equal(expected.begin() + row * rowBytes, expected.begin() + (row + 1) * rowBytes,
                       blocks.begin() + row * rowBytes));
  }
  QVERIFY(compared > 0);
  for (const float value : decode(codec, blocks)) QVERIFY(std::isfinite(value));
}

void TestPlainEncoders::quantizesWithAnyThreads() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto values = gaussian(512 * 1024, 1);
  const tensor::TensorView view{"w", tensor::DType::F32, {512, 1024}, std::as_bytes(std::span(values)), nullptr};
  const auto quantized = quant::quantize(quant::Scheme::parse(type.toLower().toStdString()), view);
  const Bytes whole = encode(codec, values);
  QCOMPARE(quantized->payload.size(), whole.size());
  QVERIFY(std::memcmp(quantized->payload.data(), whole.data(), whole.size()) == 0);
}

void TestPlainEncoders::replacesNonFiniteValues() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  auto finite = gaussian(768, 5);
  auto values = finite;
  finite[3] = 0.0F;
  values[3] = std::numeric_limits<float>::quiet_NaN();
  std::fill(finite.begin() + 256, finite.begin() + 512, 0.0F);
  std::fill(values.begin() + 256, values.begin() + 512, -std::numeric_limits<float>::quiet_NaN());
  // What shares a scale: a block, in nvfp4 a quarter of one.
  const std::size_t group = codec.dtype == tensor::DType::NVFP4 ? 16 : tensor::info(codec.dtype).blockValues;
  const std::size_t first = 580 / group * group;
  float limit = 0.0F;
  for (std::size_t i = first; i < first + group; ++i)
    if (i != 580 && i != 581) limit = std::max(limit, std::abs(finite[i]));
  QVERIFY(581 < first + group);
  finite[580] = limit;
  finite[581] = -limit;
  values[580] = std::numeric_limits<float>::infinity();
  values[581] = -std::numeric_limits<float>::infinity();
  QVERIFY(differences(codec, encode(codec, values), encode(codec, finite)).empty());
}

/// Random bits as values: every block decodes to finite numbers.
void TestPlainEncoders::survivesAnyFloats() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  std::mt19937 random(6);
  std::vector<float> values(64 * 1024);
  for (float& value : values) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
  const float largest = std::numeric_limits<float>::max();
  std::fill_n(values.begin(), 1024, largest);
  for (std::size_t i = 1024; i < 2048; ++i) values[i] = i % 2 == 0 ? largest : -largest;
  std::fill_n(values.begin() + 2048, 1024, std::numeric_limits<float>::denorm_min());
  for (const float value : decode(codec, encode(codec, values))) QVERIFY(std::isfinite(value));
}

/// Values that the type holds exactly, with the extreme level in every group, come back. (q1_0 has one magnitude.)
void TestPlainEncoders::whatWasDecodedStaysAsItIs() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  auto values = gaussian(16 * 1024, 7);
  for (std::size_t i = 0; i < values.size(); i += 16) values[i] = 0x1.8p-4F;  // 6 · 2^-6: no scale changes it
  const Bytes once = encode(codec, decode(codec, encode(codec, values)));
  QCOMPARE(differences(codec, encode(codec, decode(codec, once)), once).size(), std::size_t{0});
}

QTEST_GUILESS_MAIN(TestPlainEncoders)
#include "tst_plain_encoders.moc"
