#include <QtTest>
#include <algorithm>
#include <cmath>

#include "core/quant/quantizer.h"
#include "support/encoded_blocks.h"

using namespace core;
using namespace support;

namespace {

Bytes encode(const quant::BlockCodec& codec, const std::vector<float>& values) {
  return encodeRows(codec, values, values.size());
}

/// ggml's mxfp4 scale is no number of the format there: the logarithm, a float32, rounds down to less than −125.
bool wrapsAround(const quant::BlockCodec& codec, const float* block) {
  if (codec.dtype != tensor::DType::MXFP4) return false;
  float absmax = 0.0F;
  for (std::size_t i = 0; i < 32; ++i) absmax = std::max(absmax, std::abs(block[i]));
  return absmax != 0.0F && static_cast<float>(std::log2(static_cast<double>(absmax))) < -125.0F;
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
  const auto input = ggmlFloats(values);
  const Bytes reference = ggmlBytes(expected);
  const Bytes encoded = encode(codec, input);
  QCOMPARE(encoded.size(), reference.size());
  const auto different = differentBlocks(codec, encoded, reference);
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
  const Bytes blocks = encodeRows(codec, ggmlFloats("extreme/input.f32"), kExtremeValues);
  const Bytes expected = ggmlBytes("extreme/" + type + ".bin");
  QCOMPARE(blocks.size(), expected.size());
  const auto rows = meaningfulExtremeRows(codec, expected);
  QVERIFY(!rows.empty());
  for (const std::size_t row : rows) QCOMPARE(extremeRow(blocks, row), extremeRow(expected, row));
  for (const float value : decode(codec, blocks)) QVERIFY(std::isfinite(value));
}

void TestPlainEncoders::quantizesWithAnyThreads() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto values = gaussian(512 * 1024, 1);
  const tensor::TensorView view{"w", tensor::DType::F32, {512, 1024}, std::as_bytes(std::span(values)), nullptr};
  const auto quantized = quant::quantize(quant::Scheme::parse(schemeOf(type)), view);
  const Bytes whole = encode(codec, values);
  QCOMPARE(quantized->payload.size(), whole.size());
  QVERIFY(std::memcmp(quantized->payload.data(), whole.data(), whole.size()) == 0);
}

void TestPlainEncoders::replacesNonFiniteValues() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  // What shares a scale: a block, in nvfp4 a quarter of one.
  const auto row = nonFiniteRow(codec.dtype == tensor::DType::NVFP4 ? 16 : tensor::info(codec.dtype).blockValues);
  QVERIFY(differentBlocks(codec, encode(codec, row.values), encode(codec, row.finite)).empty());
}

/// Random bits as values: every block decodes to finite numbers.
void TestPlainEncoders::survivesAnyFloats() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  for (const float value : decode(codec, encode(codec, anyFloats()))) QVERIFY(std::isfinite(value));
}

/// Values that the type holds exactly, with the extreme level in every group, come back. (q1_0 has one magnitude.)
void TestPlainEncoders::whatWasDecodedStaysAsItIs() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  auto values = gaussian(16 * 1024, 7);
  for (std::size_t i = 0; i < values.size(); i += 16) values[i] = 0x1.8p-4F;  // 6 · 2^-6: no scale changes it
  const Bytes once = encode(codec, decode(codec, encode(codec, values)));
  QCOMPARE(differentBlocks(codec, encode(codec, decode(codec, once)), once).size(), std::size_t{0});
}

QTEST_GUILESS_MAIN(TestPlainEncoders)
#include "tst_plain_encoders.moc"
