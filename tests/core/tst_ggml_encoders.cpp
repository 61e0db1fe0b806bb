#include <QtTest>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/quant/quantizer.h"
#include "support/encoded_blocks.h"

using namespace core;
using namespace support;

namespace {

/// One row per type with names Q… that takes importance: the old block types and the K types.
void addTypes() {
  QTest::addColumn<QString>("type");
  for (const auto& codec : quant::blockCodecs()) {
    const auto name = QString::fromStdString(std::string(tensor::name(codec.dtype))).toUpper();
    if (codec.encodeByImportance != nullptr && name.startsWith('Q')) QTest::newRow(qPrintable(name)) << name;
  }
}

}  // namespace

/// The encoders of the old block types and of the K types against the bytes of ggml 0.25.1 (tests/data/ggml/README.md).
class TestGgmlEncoders : public QObject {
  Q_OBJECT
 private slots:
  void encodesAsGgml_data();
  void encodesAsGgml();
  void encodesExtremeRows_data() { addTypes(); }
  void encodesExtremeRows();
  void quantizesWithAnyThreads_data() { addTypes(); }
  void quantizesWithAnyThreads();
  void blocksStandAlone_data() { addTypes(); }
  void blocksStandAlone();
  void onlyRatiosOfImportanceCount_data() { addTypes(); }
  void onlyRatiosOfImportanceCount();
  void importanceMovesTheError_data() { addTypes(); }
  void importanceMovesTheError();
  void replacesNonFiniteValues_data() { addTypes(); }
  void replacesNonFiniteValues();
  void survivesAnyFloats_data() { addTypes(); }
  void survivesAnyFloats();
};

void TestGgmlEncoders::encodesAsGgml_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("values");
  QTest::addColumn<QString>("importance");
  QTest::addColumn<QString>("expected");
  const auto add = [](const std::filesystem::path& file, const QString& type, const char* values,
                      const char* importance) {
    const auto expected = QString::fromStdString(file.lexically_relative(kGgmlData).generic_string());
    QTest::newRow(qPrintable(expected)) << type << QString(values) << QString(importance) << expected;
  };
  int files = 0;
  for (const char* folder : {".", "importance"})
    for (const auto& entry : std::filesystem::directory_iterator(kGgmlData / folder)) {
      const auto parts = QString::fromStdString(entry.path().filename().string()).split('.');
      const QString kind = QStringList(parts.mid(1)).join('.');
      if (!parts[0].startsWith('Q') || codecOf(parts[0]).encodeByImportance == nullptr) continue;
      if (kind == "bin") add(entry.path(), parts[0], "input.f32", "");
      if (kind == "imatrix.bin") add(entry.path(), parts[0], "input.f32", "importance/imatrix.f32");
      if (kind == "imz.bin") add(entry.path(), parts[0], "input.f32", "importance/imatrix_zeros.f32");
      if (kind == "rows.bin") add(entry.path(), parts[0], "importance/rows.f32", "");
      if (kind == "rows.imatrix.bin")
        add(entry.path(), parts[0], "importance/rows.f32", "importance/rows_importance.f32");
      files += kind.endsWith("bin") && !kind.startsWith("random") ? 1 : 0;
    }
  QCOMPARE(files, 9 * 5);
}

void TestGgmlEncoders::encodesAsGgml() {
  QFETCH(QString, type);
  QFETCH(QString, values);
  QFETCH(QString, importance);
  QFETCH(QString, expected);
  const quant::BlockCodec& codec = codecOf(type);
  const auto blocks = ggmlBytes(expected);
  auto input = ggmlFloats(values);
  input.resize(decode(codec, blocks).size());  // the file may hold the first row only
  const auto weights = importance.isEmpty() ? std::vector<float>{} : ggmlFloats(importance);
  const Bytes encoded = encodeRows(codec, input, values == "input.f32" ? 1024 : 512, weights);
  QVERIFY(differentBlocks(codec, encoded, blocks).empty());
}

/// Byte equality where ggml's own row means something (finite and not all 0); ours is finite everywhere.
void TestGgmlEncoders::encodesExtremeRows() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto input = ggmlFloats("extreme/input.f32");
  const Bytes blocks = encodeRows(codec, input, kExtremeValues);
  const Bytes expected = ggmlBytes("extreme/" + type + ".bin");
  QCOMPARE(blocks.size(), expected.size());
  const auto rows = meaningfulExtremeRows(codec, expected);
  QVERIFY(!rows.empty());
  for (const std::size_t row : rows) QCOMPARE(extremeRow(blocks, row), extremeRow(expected, row));
  const auto decoded = decode(codec, blocks);
  for (const float value : decoded) QVERIFY(std::isfinite(value));
  if (type == "Q4_1" || type == "Q5_1") return;  // their minimum ends at −65504, whatever the step
  // Sigma 1e20 is beyond every scale: the largest numbers of the type remain, with the right signs.
  for (std::size_t i = 4096; i < 5120; ++i)
    if (std::abs(input[i]) > 1.5e20F)
      QVERIFY(std::signbit(input[i]) == std::signbit(decoded[i]) && std::abs(decoded[i]) > 1e5F);
}

void TestGgmlEncoders::quantizesWithAnyThreads() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto values = gaussian(512 * 1024, 1);
  const tensor::TensorView view{"w", tensor::DType::F32, {512, 1024}, std::as_bytes(std::span(values)), nullptr};
  const auto quantized = quant::quantize(quant::Scheme::parse(schemeOf(type)), view);
  const Bytes whole = encodeRows(codec, values, values.size());
  QCOMPARE(quantized->payload.size(), whole.size());
  QVERIFY(std::memcmp(quantized->payload.data(), whole.data(), whole.size()) == 0);
}

/// What a block becomes does not depend on which blocks are searched beside it.
void TestGgmlEncoders::blocksStandAlone() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto& layout = tensor::info(codec.dtype);
  const auto values = gaussian(21 * 256, 2);
  const Bytes whole = encodeRows(codec, values, values.size());
  QVERIFY(differentBlocks(codec, encodeRows(codec, values, layout.blockValues), whole).empty());
  if (layout.blockValues != 256) return;  // the others weigh by the mean square of the whole row
  const std::vector<float> importance(values.size(), 0.5F);
  const Bytes weighed = encodeRows(codec, values, values.size(), importance);
  QVERIFY(differentBlocks(codec, encodeRows(codec, values, 256, importance), weighed).empty());
}

void TestGgmlEncoders::onlyRatiosOfImportanceCount() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto values = gaussian(1024, 3);
  const auto importance = ggmlFloats("importance/imatrix.f32");
  const Bytes expected = encodeRows(codec, values, 1024, importance);
  for (const float unit : {0x1p100F, 0x1p-90F}) {
    auto scaled = importance;
    for (float& weight : scaled) weight *= unit;
    QVERIFY(differentBlocks(codec, encodeRows(codec, values, 1024, scaled), expected).empty());
  }
}

/// Columns that weigh a hundred times more come out better than without importance.
void TestGgmlEncoders::importanceMovesTheError() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto values = gaussian(64 * 1024, 4);
  std::vector<float> importance(1024, 0.01F);
  for (std::size_t column = 0; column < 1024; column += 5) importance[column] = 1.0F;
  const auto error = [&](const std::vector<float>& weights) {
    const auto decoded = decode(codec, encodeRows(codec, values, 1024, weights));
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += importance[i % 1024] * std::pow(static_cast<double>(decoded[i]) - values[i], 2);
    return sum;
  };
  QVERIFY(error(importance) < 0.97 * error({}));
}

void TestGgmlEncoders::replacesNonFiniteValues() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const NonFiniteRow row = nonFiniteRow(tensor::info(codec.dtype).blockValues);
  for (const auto& importance : {std::vector<float>{}, std::vector<float>(768, 2.0F)})
    QVERIFY(differentBlocks(codec, encodeRows(codec, row.values, 768, importance),
                            encodeRows(codec, row.finite, 768, importance))
                .empty());
}

/// Random bits as values and as importance: every block decodes to finite numbers.
void TestGgmlEncoders::survivesAnyFloats() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type);
  const auto values = anyFloats();
  std::mt19937 random(6);
  std::vector<float> importance(1024);
  for (float& weight : importance) weight = std::bit_cast<float>(static_cast<std::uint32_t>(random()) % 0x7f800000U);
  const float largest = std::numeric_limits<float>::max();
  for (const auto& weights :
       {std::vector<float>{}, importance, std::vector<float>(1024, 0.0F), std::vector<float>(1024, largest)})
    for (const float value : decode(codec, encodeRows(codec, values, 1024, weights))) QVERIFY(std::isfinite(value));
}

QTEST_GUILESS_MAIN(TestGgmlEncoders)
#include "tst_ggml_encoders.moc"
