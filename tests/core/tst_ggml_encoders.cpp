#include <QtTest>
#include <algorithm>
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

std::vector<float> floats(const char* name) { return support::readArray<float>(kData / name); }

/// "q4_k" of the type that ggml and the files call Q4_K.
std::string schemeOf(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

const quant::BlockCodec& codecOf(const std::string& type) {
  return *quant::blockCodec(*tensor::fromName(schemeOf(type)));
}

/// Rows of `rowValues` values, each encoded alone; an empty importance means none.
Bytes encodeRows(const quant::BlockCodec& codec, const std::vector<float>& values, std::size_t rowValues,
                 const std::vector<float>& importance) {
  const auto& layout = tensor::info(codec.dtype);
  const std::size_t rowBlocks = rowValues / layout.blockValues;
  Bytes result(values.size() / layout.blockValues * layout.blockBytes);
  for (std::size_t row = 0; row < values.size() / rowValues; ++row) {
    const float* in = values.data() + row * rowValues;
    std::uint8_t* out = result.data() + row * rowBlocks * layout.blockBytes;
    if (importance.empty())
      codec.encode(in, rowBlocks, out);
    else
      codec.encodeByImportance(in, rowBlocks, importance.data(), out);
  }
  return result;
}

std::vector<float> decode(const quant::BlockCodec& codec, const Bytes& blocks) {
  const auto& layout = tensor::info(codec.dtype);
  std::vector<float> result(blocks.size() / layout.blockBytes * layout.blockValues);
  codec.decode(blocks.data(), blocks.size() / layout.blockBytes, result.data());
  return result;
}

/// Index of the first block that differs, or −1.
int firstDifferentBlock(const quant::BlockCodec& codec, const Bytes& a, const Bytes& b) {
  if (a.size() != b.size()) return 0;
  const auto mismatch = std::mismatch(a.begin(), a.end(), b.begin());
  if (mismatch.first == a.end()) return -1;
  return static_cast<int>((mismatch.first - a.begin()) / tensor::info(codec.dtype).blockBytes);
}

std::vector<float> gaussian(std::size_t count, float sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, sigma);
  std::vector<float> result(count);
  for (float& value : result) value = normal(random);
  return result;
}

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
    const auto expected = QString::fromStdString(file.lexically_relative(kData).generic_string());
    QTest::newRow(qPrintable(expected)) << type << QString(values) << QString(importance) << expected;
  };
  int files = 0;
  for (const char* folder : {".", "importance"})
    for (const auto& entry : std::filesystem::directory_iterator(kData / folder)) {
      const auto parts = QString::fromStdString(entry.path().filename().string()).split('.');
      const QString kind = QStringList(parts.mid(1)).join('.');
      if (!parts[0].startsWith('Q') || codecOf(parts[0].toStdString()).encodeByImportance == nullptr) continue;
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
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const auto blocks = support::readArray<std::uint8_t>(kData / expected.toStdString());
  auto input = floats(qPrintable(values));
  input.resize(decode(codec, blocks).size());  // the file may hold the first row only
  const auto weights = importance.isEmpty() ? std::vector<float>{} : floats(qPrintable(importance));
  const Bytes encoded = encodeRows(codec, input, values == "input.f32" ? 1024 : 512, weights);
  QCOMPARE(firstDifferentBlock(codec, encoded, blocks), -1);
}

/// Byte equality where ggml's own row means something (finite and not all 0); ours is finite everywhere.
void TestGgmlEncoders::encodesExtremeRows() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const auto input = floats("extreme/input.f32");
  const Bytes blocks = encodeRows(codec, input, 1024, {});
  const auto expected = support::readArray<std::uint8_t>(kData / ("extreme/" + type.toStdString() + ".bin"));
  QCOMPARE(blocks.size(), expected.size());
  const auto reference = decode(codec, expected);
  const auto decoded = decode(codec, blocks);
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
  for (const float value : decoded) QVERIFY(std::isfinite(value));
  if (type == "Q4_1" || type == "Q5_1") return;  // their minimum ends at −65504, whatever the step
  // Sigma 1e20 is beyond every scale: the largest numbers of the type remain, with the right signs.
  for (std::size_t i = 4096; i < 5120; ++i)
    if (std::abs(input[i]) > 1.5e20F)
      QVERIFY(std::signbit(input[i]) == std::signbit(decoded[i]) && std::abs(decoded[i]) > 1e5F);
}

void TestGgmlEncoders::quantizesWithAnyThreads() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const auto values = gaussian(512 * 1024, 0.02F, 1);
  const tensor::TensorView view{"w", tensor::DType::F32, {512, 1024}, std::as_bytes(std::span(values)), nullptr};
  const auto quantized = quant::quantize(quant::Scheme::parse(schemeOf(type.toStdString())), view);
  const Bytes whole = encodeRows(codec, values, values.size(), {});
  QCOMPARE(quantized->payload.size(), whole.size());
  QVERIFY(std::memcmp(quantized->payload.data(), whole.data(), whole.size()) == 0);
}

/// What a block becomes does not depend on which blocks are searched beside it.
void TestGgmlEncoders::blocksStandAlone() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const auto& layout = tensor::info(codec.dtype);
  const auto values = gaussian(21 * 256, 0.02F, 2);
  const Bytes whole = encodeRows(codec, values, values.size(), {});
  QCOMPARE(firstDifferentBlock(codec, encodeRows(codec, values, layout.blockValues, {}), whole), -1);
  if (layout.blockValues != 256) return;  // the others weigh by the mean square of the whole row
  const std::vector<float> importance(values.size(), 0.5F);
  const Bytes weighed = encodeRows(codec, values, values.size(), importance);
  QCOMPARE(firstDifferentBlock(codec, encodeRows(codec, values, 256, importance), weighed), -1);
}

void TestGgmlEncoders::onlyRatiosOfImportanceCount() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const auto values = gaussian(1024, 0.02F, 3);
  const auto importance = floats("importance/imatrix.f32");
  const Bytes expected = encodeRows(codec, values, 1024, importance);
  for (const float unit : {0x1p100F, 0x1p-90F}) {
    auto scaled = importance;
    for (float& weight : scaled) weight *= unit;
    QCOMPARE(firstDifferentBlock(codec, encodeRows(codec, values, 1024, scaled), expected), -1);
  }
}

/// Columns that weigh a hundred times more come out better than without importance.
void TestGgmlEncoders::importanceMovesTheError() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const auto values = gaussian(64 * 1024, 0.02F, 4);
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
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  auto finite = gaussian(768, 0.02F, 5);
  auto values = finite;
  finite[3] = 0.0F;
  values[3] = std::numeric_limits<float>::quiet_NaN();
  std::fill(finite.begin() + 256, finite.begin() + 512, 0.0F);
  std::fill(values.begin() + 256, values.begin() + 512, std::numeric_limits<float>::quiet_NaN());
  const std::size_t block = tensor::info(codec.dtype).blockValues;
  const std::size_t first = 580 / block * block;
  float limit = 0.0F;
  for (std::size_t i = first; i < first + block; ++i)
    if (i != 580 && i != 581) limit = std::max(limit, std::abs(finite[i]));
  finite[580] = limit;
  finite[581] = -limit;
  values[580] = std::numeric_limits<float>::infinity();
  values[581] = -std::numeric_limits<float>::infinity();
  for (const auto& importance : {std::vector<float>{}, std::vector<float>(768, 2.0F)})
    QCOMPARE(firstDifferentBlock(codec, encodeRows(codec, values, 768, importance),
                                 encodeRows(codec, finite, 768, importance)),
             -1);
}

/// Random bits as values and as importance: every block decodes to finite numbers.
void TestGgmlEncoders::survivesAnyFloats() {
  QFETCH(QString, type);
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  std::mt19937 random(6);
  std::vector<float> values(64 * 1024);
  std::vector<float> importance(1024);
  for (float& value : values) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
  for (float& weight : importance) weight = std::bit_cast<float>(static_cast<std::uint32_t>(random()) % 0x7f800000U);
  const float largest = std::numeric_limits<float>::max();
  std::fill_n(values.begin(), 1024, largest);
  for (std::size_t i = 1024; i < 2048; ++i) values[i] = i % 2 == 0 ? largest : -largest;
  std::fill_n(values.begin() + 2048, 1024, std::numeric_limits<float>::denorm_min());
  for (const auto& weights :
       {std::vector<float>{}, importance, std::vector<float>(1024, 0.0F), std::vector<float>(1024, largest)})
    for (const float value : decode(codec, encodeRows(codec, values, 1024, weights))) QVERIFY(std::isfinite(value));
}

QTEST_GUILESS_MAIN(TestGgmlEncoders)
#include "tst_ggml_encoders.moc"
