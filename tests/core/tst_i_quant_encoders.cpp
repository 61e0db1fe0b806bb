#include <QtTest>
#include <array>
#include <cmath>
#include <thread>

#include "core/quant/quantizer.h"
#include "support/encoded_blocks.h"

using namespace core;
using namespace support;

namespace {

struct Type {
  const char* name;
  bool needsImportance;  ///< ggml refuses to encode it without, so its data has none without
};

constexpr Type kTypes[] = {{"IQ4_NL", false}, {"IQ4_XS", false}, {"IQ3_S", false}, {"IQ3_XXS", false}, {"IQ2_S", false},
                           {"IQ2_XS", true},  {"IQ2_XXS", true}, {"IQ1_S", true},  {"IQ1_M", false}};

/// ggml 0.25.1 loses its place in an iq3_s block behind 32 zeros: the codes that follow land before their time.
bool isMisplacedByGgml(const quant::BlockCodec& codec, const float* block) {
  if (codec.dtype != tensor::DType::IQ3_S) return false;
  for (std::size_t first = 0; first < 256; first += 32)
    if (std::all_of(block + first, block + first + 32, [](float value) { return value == 0.0F; })) return true;
  return false;
}

double weightedError(const float* values, const float* decoded, const float* importance, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = static_cast<double>(decoded[i]) - values[i];
    sum += (importance != nullptr ? importance[i] : 1.0) * difference * difference;
  }
  return sum;
}

}  // namespace

/// The IQ encoders against the bytes of ggml 0.25.1 (tests/data/ggml/README.md), without and with importance.
class TestIQuantEncoders : public QObject {
  Q_OBJECT
 private slots:
  void everyThread_data() { addTypes(); }
  void everyThread();
  void encodesAsGgml_data();
  void encodesAsGgml();
  void encodesExtremeRows_data() { addTypes(); }
  void encodesExtremeRows();
  void encodesNonFiniteValues_data() { addTypes(); }
  void encodesNonFiniteValues();
  void survivesAnyFloats_data() { addTypes(); }
  void survivesAnyFloats();
  void oneUnitOfImportance_data() { addTypes(); }
  void oneUnitOfImportance();

 private:
  static void addTypes();
  static const Type& currentType();
};

void TestIQuantEncoders::addTypes() {
  QTest::addColumn<int>("type");
  for (std::size_t i = 0; i < std::size(kTypes); ++i) QTest::newRow(kTypes[i].name) << static_cast<int>(i);
}

const Type& TestIQuantEncoders::currentType() {
  QFETCH(int, type);
  return kTypes[static_cast<std::size_t>(type)];
}

/// First of all tests: the threads meet the tables of the lattices before anyone has built them.
void TestIQuantEncoders::everyThread() {
  const quant::BlockCodec& codec = codecOf(currentType().name);
  const auto values = gaussian(8 * 1024, 1);
  std::array<Bytes, 4> results;
  std::vector<std::thread> threads;
  for (Bytes& result : results) threads.emplace_back([&] { result = encodeRows(codec, values, 1024); });
  for (std::thread& thread : threads) thread.join();
  const Bytes whole = encodeRows(codec, values, values.size());
  for (const Bytes& result : results) QVERIFY(differentBlocks(codec, result, whole).empty());
  const tensor::TensorView view{"w", tensor::DType::F32, {8, 1024}, std::as_bytes(std::span(values)), nullptr};
  const auto quantized = quant::quantize(quant::Scheme::parse(schemeOf(currentType().name)), view);
  QCOMPARE(quantized->payload.size(), whole.size());
  QVERIFY(std::memcmp(quantized->payload.data(), whole.data(), whole.size()) == 0);
}

void TestIQuantEncoders::encodesAsGgml_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("values");
  QTest::addColumn<QString>("importance");
  QTest::addColumn<QString>("expected");
  for (const Type& type : kTypes) {
    const QString name = type.name;
    const auto add = [&](const char* values, const char* importance, const QString& expected) {
      QTest::newRow(qPrintable(expected)) << name << QString(values) << QString(importance) << expected;
    };
    const char* imatrix = "importance/imatrix.f32";
    if (!type.needsImportance) add("input.f32", "", name + ".bin");
    add("input.f32", imatrix, type.needsImportance ? name + ".bin" : "importance/" + name + ".imatrix.bin");
    add("input.f32", "importance/imatrix_zeros.f32", "importance/" + name + ".imz.bin");
    add("importance/rows.f32", "", "importance/" + name + ".rows.bin");
    add("importance/rows.f32", "importance/rows_importance.f32", "importance/" + name + ".rows.imatrix.bin");
  }
}

void TestIQuantEncoders::encodesAsGgml() {
  QFETCH(QString, type);
  QFETCH(QString, values);
  QFETCH(QString, importance);
  QFETCH(QString, expected);
  const quant::BlockCodec& codec = codecOf(type);
  const Bytes blocks = ggmlBytes(expected);
  const auto& layout = tensor::info(codec.dtype);
  auto input = ggmlFloats(values);
  input.resize(blocks.size() / layout.blockBytes * layout.blockValues);  // the file may hold the first rows only
  const std::size_t rowValues = values == "input.f32" ? 1024 : 512;
  const auto weights = importance.isEmpty() ? std::vector<float>{} : ggmlFloats(importance);
  const Bytes ours = encodeRows(codec, input, rowValues, weights);
  QCOMPARE(ours.size(), blocks.size());
  const auto ourValues = decode(codec, ours);
  const auto theirValues = decode(codec, blocks);
  for (std::size_t b = 0; b < blocks.size() / layout.blockBytes; ++b) {
    if (isMisplacedByGgml(codec, input.data() + b * layout.blockValues)) continue;
    const auto first = static_cast<std::ptrdiff_t>(b * layout.blockBytes);
    QVERIFY2(std::equal(ours.begin() + first, ours.begin() + first + layout.blockBytes, blocks.begin() + first),
             qPrintable(QString("block %1").arg(b)));
  }
  const float* rowWeights = weights.empty() ? nullptr : weights.data();
  for (std::size_t at = 0; at < input.size(); at += rowValues)
    QVERIFY(weightedError(&input[at], &ourValues[at], rowWeights, rowValues) <=
            weightedError(&input[at], &theirValues[at], rowWeights, rowValues));
}

void TestIQuantEncoders::encodesExtremeRows() {
  const Type& type = currentType();
  const quant::BlockCodec& codec = codecOf(type.name);
  const auto input = ggmlFloats("extreme/input.f32");
  const auto importance = type.needsImportance ? ggmlFloats("importance/imatrix.f32") : std::vector<float>{};
  const Bytes blocks = encodeRows(codec, input, kExtremeValues, importance);
  const Bytes expected = ggmlBytes(QStringLiteral("extreme/%1.bin").arg(type.name));
  QCOMPARE(blocks.size(), expected.size());
  const auto rows = meaningfulExtremeRows(codec, expected);
  QVERIFY(!rows.empty());
  for (const std::size_t row : rows) QCOMPARE(extremeRow(blocks, row), extremeRow(expected, row));
  const auto decoded = decode(codec, blocks);
  for (const float value : decoded) QVERIFY(std::isfinite(value));
  // Sigma 1e20 is beyond every scale: what remains are the largest numbers of the type, with the right signs.
  double agreement = 0.0;
  double largest = 0.0;
  for (std::size_t i = 4096; i < 5120; ++i) {
    if (std::abs(input[i]) < 1e20F) continue;
    agreement += std::signbit(input[i]) == std::signbit(decoded[i]) ? 1.0 : -1.0;
    largest = std::max(largest, std::abs(static_cast<double>(decoded[i])));
  }
  QVERIFY(agreement > 200.0);
  QVERIFY(largest > 60000.0);
}

void TestIQuantEncoders::encodesNonFiniteValues() {
  const quant::BlockCodec& codec = codecOf(currentType().name);
  const NonFiniteRow row = nonFiniteRow(tensor::info(codec.dtype).blockValues);
  for (const auto& importance : {std::vector<float>{}, std::vector<float>(768, 2.0F)})
    QVERIFY(differentBlocks(codec, encodeRows(codec, row.values, 768, importance),
                            encodeRows(codec, row.finite, 768, importance))
                .empty());
}

void TestIQuantEncoders::survivesAnyFloats() {
  const quant::BlockCodec& codec = codecOf(currentType().name);
  for (const float value : decode(codec, encodeRows(codec, anyFloats(), 1024))) QVERIFY(std::isfinite(value));
}

/// Only the ratios of the weights count, also where sums of their squares would overflow or vanish.
void TestIQuantEncoders::oneUnitOfImportance() {
  const quant::BlockCodec& codec = codecOf(currentType().name);
  const auto values = gaussian(1024, 3);
  auto importance = ggmlFloats("importance/imatrix.f32");
  const Bytes expected = encodeRows(codec, values, 1024, importance);
  for (const float unit : {0x1p100F, 0x1p-90F}) {
    auto scaled = importance;
    for (float& weight : scaled) weight *= unit;
    QVERIFY(differentBlocks(codec, encodeRows(codec, values, 1024, scaled), expected).empty());
  }
}

QTEST_GUILESS_MAIN(TestIQuantEncoders)
#include "tst_i_quant_encoders.moc"
