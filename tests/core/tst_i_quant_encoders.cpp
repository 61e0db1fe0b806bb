#include <QtTest>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <thread>

#include "core/quant/block_codec.h"
#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"
#include "support/golden.h"

using namespace core;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "ggml";
using Bytes = std::vector<std::uint8_t>;

std::vector<float> floats(const std::string& name) { return support::readArray<float>(kData / name); }
Bytes bytes(const std::string& name) { return support::readArray<std::uint8_t>(kData / name); }

struct Type {
  const char* name;
  bool needsImportance;        ///< ggml refuses to encode it without, so its data has none without
  std::vector<int> exactRows;  ///< of extreme/input.f32: those where ggml's result is finite and not all zero
};

const std::vector<Type> kTypes = {{"IQ4_NL", false, {2}},  {"IQ4_XS", false, {2}},  {"IQ3_S", false, {2}},
                                  {"IQ3_XXS", false, {2}}, {"IQ2_S", false, {2}},   {"IQ2_XS", true, {2}},
                                  {"IQ2_XXS", true, {2}},  {"IQ1_S", true, {0, 2}}, {"IQ1_M", false, {0}}};

const quant::BlockCodec& codecOf(const std::string& name) {
  return *quant::blockCodec(*tensor::fromName(QString::fromStdString(name).toLower().toStdString()));
}

/// Rows of `rowValues` values, each encoded alone; an empty importance means none.
Bytes encodeRows(const quant::BlockCodec& codec, const std::vector<float>& values, std::size_t rowValues,
                 const std::vector<float>& importance) {
  const auto& layout = tensor::info(codec.dtype);
  const std::size_t rowBytes = rowValues / layout.blockValues * layout.blockBytes;
  Bytes result(values.size() / rowValues * rowBytes);
  for (std::size_t row = 0; row < values.size() / rowValues; ++row) {
    const float* in = values.data() + row * rowValues;
    if (importance.empty())
      codec.encode(in, rowValues / layout.blockValues, result.data() + row * rowBytes);
    else
      codec.encodeByImportance(in, rowValues / layout.blockValues, importance.data(), result.data() + row * rowBytes);
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

std::vector<float> gaussianRow(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<float> result(count);
  for (float& value : result) value = normal(random);
  return result;
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
  void oneUnitOfImportance_data() { addTypes(); }
  void oneUnitOfImportance();

 private:
  static void addTypes();
  static const Type& currentType();
};

void TestIQuantEncoders::addTypes() {
  QTest::addColumn<int>("type");
  for (std::size_t i = 0; i < kTypes.size(); ++i) QTest::newRow(kTypes[i].name) << static_cast<int>(i);
}

const Type& TestIQuantEncoders::currentType() {
  QFETCH(int, type);
  return kTypes[static_cast<std::size_t>(type)];
}

/// First of all tests: the threads meet the tables of the lattices before anyone has built them.
void TestIQuantEncoders::everyThread() {
  const quant::BlockCodec& codec = codecOf(currentType().name);
  const auto values = gaussianRow(8 * 1024, 1);
  std::array<Bytes, 4> results;
  std::vector<std::thread> threads;
  for (Bytes& result : results) threads.emplace_back([&] { result = encodeRows(codec, values, 1024, {}); });
  for (std::thread& thread : threads) thread.join();
  const Bytes whole = encodeRows(codec, values, values.size(), {});
  for (const Bytes& result : results) QCOMPARE(firstDifferentBlock(codec, result, whole), -1);
  const tensor::TensorView view{"w", tensor::DType::F32, {8, 1024}, std::as_bytes(std::span(values)), nullptr};
  const auto name = QString(currentType().name).toLower().toStdString();
  const auto quantized = quant::quantize(quant::Scheme::parse(name), view);
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
  const quant::BlockCodec& codec = codecOf(type.toStdString());
  const Bytes blocks = bytes(expected.toStdString());
  const auto& layout = tensor::info(codec.dtype);
  auto input = floats(values.toStdString());
  input.resize(blocks.size() / layout.blockBytes * layout.blockValues);  // the file may hold the first rows only
  const std::size_t rowValues = values == "input.f32" ? 1024 : 512;
  const auto weights = importance.isEmpty() ? std::vector<float>{} : floats(importance.toStdString());
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
  const auto input = floats("extreme/input.f32");
  const auto importance = type.needsImportance ? floats("importance/imatrix.f32") : std::vector<float>{};
  const Bytes blocks = encodeRows(codec, input, 1024, importance);
  const Bytes expected = bytes(std::string("extreme/") + type.name + ".bin");
  QCOMPARE(blocks.size(), expected.size());
  const auto rowBytes = static_cast<std::ptrdiff_t>(expected.size() / 5);
  for (const int row : type.exactRows)
    QVERIFY(std::equal(expected.begin() + row * rowBytes, expected.begin() + (row + 1) * rowBytes,
                       blocks.begin() + row * rowBytes));
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
  const auto clean = gaussianRow(512, 2);
  auto values = clean;
  values[3] = std::numeric_limits<float>::quiet_NaN();
  values[40] = -std::numeric_limits<float>::infinity();
  values[41] = std::numeric_limits<float>::infinity();
  std::fill(values.begin() + 256, values.end(), std::numeric_limits<float>::quiet_NaN());
  auto finite = clean;
  finite[3] = 0.0F;
  finite[40] = finite[41] = 0.0F;
  const std::size_t block = tensor::info(codec.dtype).blockValues;
  const std::size_t first = 40 / block * block;
  float limit = 0.0F;
  for (std::size_t i = first; i < first + block; ++i) limit = std::max(limit, std::abs(finite[i]));
  finite[40] = -limit;
  finite[41] = limit;
  std::fill(finite.begin() + 256, finite.end(), 0.0F);
  for (const auto& importance : {std::vector<float>{}, std::vector<float>(512, 2.0F)})
    QCOMPARE(firstDifferentBlock(codec, encodeRows(codec, values, 512, importance),
                                 encodeRows(codec, finite, 512, importance)),
             -1);
}

/// Only the ratios of the weights count, also where sums of their squares would overflow or vanish.
void TestIQuantEncoders::oneUnitOfImportance() {
  const quant::BlockCodec& codec = codecOf(currentType().name);
  const auto values = gaussianRow(1024, 3);
  auto importance = floats("importance/imatrix.f32");
  const Bytes expected = encodeRows(codec, values, 1024, importance);
  for (const float unit : {0x1p100F, 0x1p-90F}) {
    auto scaled = importance;
    for (float& weight : scaled) weight *= unit;
    QCOMPARE(firstDifferentBlock(codec, encodeRows(codec, values, 1024, scaled), expected), -1);
  }
}

QTEST_GUILESS_MAIN(TestIQuantEncoders)
#include "tst_i_quant_encoders.moc"
