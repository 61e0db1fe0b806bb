#include <QtTest>
#include <bit>
#include <filesystem>
#include <random>

#include "core/base/error.h"
#include "core/quant/quantizer.h"
#include "core/tensor/dtype.h"
#include "support/golden.h"

using namespace core;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "ggml";

/// File names carry the types as ggml writes them: "Q4_K", "IQ2_XXS".
tensor::DType dtypeOf(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  const auto dtype = tensor::fromName(name);
  if (!dtype) throw std::runtime_error("No dtype " + name);
  return *dtype;
}

tensor::TensorView viewOf(tensor::DType dtype, std::shared_ptr<const std::vector<std::byte>> bytes,
                          std::uint64_t rowValues = 0) {
  const auto& layout = tensor::info(dtype);
  const std::uint64_t values = bytes->size() / layout.blockBytes * layout.blockValues;
  if (rowValues == 0) rowValues = values;
  return {"blocks", dtype, tensor::Shape{values / rowValues, rowValues}, *bytes, bytes};
}

/// Index of the first value whose bits differ (any NaN equals any NaN), or −1.
qsizetype firstDifference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return static_cast<qsizetype>(i);
  }
  return -1;
}

}  // namespace

/// Every GGUF block type against what ggml 0.25.1 itself decodes and encodes (tests/data/ggml/README.md).
class TestGgmlBlocks : public QObject {
  Q_OBJECT
 private slots:
  void decodesBitExactly_data();
  void decodesBitExactly();
  void decodesAnyRange_data();
  void decodesAnyRange();
  void decodesUnalignedBytes();
  void encodesByteExactly_data();
  void encodesByteExactly();
  void encodesExtremeRows_data();
  void encodesExtremeRows();
  void encodesNonFiniteValues_data();
  void encodesNonFiniteValues();
  void decodesArbitraryBytes_data();
  void decodesArbitraryBytes();
};

void TestGgmlBlocks::decodesBitExactly_data() {
  QTest::addColumn<QString>("stem");
  QTest::addColumn<QString>("type");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kData)) {
    if (entry.path().extension() != ".bin") continue;
    const std::string stem = entry.path().stem().string();
    QTest::newRow(stem.c_str()) << QString::fromStdString(stem)
                                << QString::fromStdString(stem.substr(0, stem.find('.')));
    ++files;
  }
  QCOMPARE(files, 61);  // 28 types, 26 of them also as random bytes, 7 also with every lattice point
}

void TestGgmlBlocks::decodesBitExactly() {
  QFETCH(QString, stem);
  QFETCH(QString, type);
  const auto bytes =
      std::make_shared<const std::vector<std::byte>>(support::readFile(kData / (stem.toStdString() + ".bin")));
  const auto expected = support::readArray<float>(kData / (stem.toStdString() + ".f32"));
  const auto view = viewOf(dtypeOf(type.toStdString()), bytes);
  QCOMPARE(view.shape.count(), expected.size());
  std::vector<float> decoded(expected.size());
  quant::decode(view, 0, decoded.size(), decoded.data());
  QCOMPARE(firstDifference(decoded, expected), -1);
  QCOMPARE(firstDifference(quant::dequantize(*quant::wrapStored(view)), expected), -1);
}

void TestGgmlBlocks::decodesAnyRange_data() {
  QTest::addColumn<int>("dtype");
  for (const auto& info : tensor::allDTypes())
    if (quant::isDecodable(info.dtype)) QTest::newRow(std::string(info.name).c_str()) << static_cast<int>(info.dtype);
}

void TestGgmlBlocks::decodesAnyRange() {
  QFETCH(int, dtype);
  const auto type = static_cast<tensor::DType>(dtype);
  auto bytes = std::make_shared<std::vector<std::byte>>(4 * tensor::info(type).blockBytes);
  std::mt19937 random(7);
  for (auto& byte : *bytes) byte = static_cast<std::byte>(random() & 0xffU);
  const auto view = viewOf(type, bytes);
  const std::uint64_t total = view.shape.count();
  std::vector<float> all(total);
  quant::decode(view, 0, total, all.data());
  for (int trial = 0; trial < 50; ++trial) {
    const std::uint64_t first = random() % (total + 1);
    const std::uint64_t count = random() % (total - first + 1);
    std::vector<float> part(count);
    quant::decode(view, first, count, part.data());
    QCOMPARE(firstDifference(part, {all.begin() + static_cast<std::ptrdiff_t>(first),
                                    all.begin() + static_cast<std::ptrdiff_t>(first + count)}),
             -1);
  }
  std::vector<float> out(total + 1);
  QVERIFY_THROWS_EXCEPTION(Error, quant::decode(view, 0, total + 1, out.data()));
  QVERIFY_THROWS_EXCEPTION(Error, quant::decode(view, UINT64_MAX, 2, out.data()));
}

void TestGgmlBlocks::decodesUnalignedBytes() {
  const auto file = support::readFile(kData / "Q6_K.random.bin");
  auto shifted = std::make_shared<std::vector<std::byte>>(file.size() + 1);
  std::copy(file.begin(), file.end(), shifted->begin() + 1);
  const auto expected = support::readArray<float>(kData / "Q6_K.random.f32");
  tensor::TensorView view{"shifted", tensor::DType::Q6_K, tensor::Shape{expected.size()},
                          std::span(*shifted).subspan(1), shifted};
  std::vector<float> decoded(expected.size());
  quant::decode(view, 0, decoded.size(), decoded.data());
  QCOMPARE(firstDifference(decoded, expected), -1);
}

void TestGgmlBlocks::encodesByteExactly_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<QString>("text");
  QTest::newRow("F16") << QString("F16") << QString("fp16");
  for (const char* type : {"BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"})
    QTest::newRow(type) << QString(type) << QString(type).toLower();
}

void TestGgmlBlocks::encodesByteExactly() {
  QFETCH(QString, type);
  const auto input = std::make_shared<const std::vector<std::byte>>(support::readFile(kData / "input.f32"));
  QFETCH(QString, text);
  const auto scheme = quant::Scheme::parse(text.toStdString());
  const auto quantized = quant::quantize(scheme, viewOf(tensor::DType::F32, input, 1024));
  const auto expected = support::readFile(kData / (type.toStdString() + ".bin"));
  QCOMPARE(quantized->payload.size(), expected.size());
  const auto mismatch = std::mismatch(expected.begin(), expected.end(), quantized->payload.begin());
  QCOMPARE(mismatch.first - expected.begin(), std::ptrdiff_t(expected.size()));
}

void TestGgmlBlocks::encodesExtremeRows_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<int>("row");
  // The rows ggml's own bytes are normative for: see extreme/manifest.json of the origin, repeated in README.md.
  for (const char* type : {"Q4_0", "Q4_1", "Q5_0", "Q5_1"}) QTest::addRow("%s", type) << QString(type) << 0;
  QTest::newRow("Q8_0") << QString("Q8_0") << 2;
}

void TestGgmlBlocks::encodesExtremeRows() {
  QFETCH(QString, type);
  QFETCH(int, row);
  const auto input = std::make_shared<const std::vector<std::byte>>(support::readFile(kData / "extreme" / "input.f32"));
  const auto quantized =
      quant::quantize(quant::Scheme::parse(type.toLower().toStdString()), viewOf(tensor::DType::F32, input, 1024));
  const auto expected = support::readFile(kData / "extreme" / (type.toStdString() + ".bin"));
  QCOMPARE(quantized->payload.size(), expected.size());
  const std::size_t rowBytes = expected.size() / 5;
  for (std::size_t i = 0; i < rowBytes; ++i) {
    const std::size_t at = static_cast<std::size_t>(row) * rowBytes + i;
    QCOMPARE(std::to_integer<int>(quantized->payload[at]), std::to_integer<int>(expected[at]));
  }
  for (const float value : quant::dequantize(*quantized)) QVERIFY(std::isfinite(value));
}

void TestGgmlBlocks::encodesNonFiniteValues_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme : {"q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "int8", "int4", "int3:range=minmax",
                             "int4:group=tensor", "nf4", "fp4", "nf4:double=on"})
    QTest::newRow(scheme) << QString(scheme);
}

void TestGgmlBlocks::encodesNonFiniteValues() {
  QFETCH(QString, scheme);
  auto values = std::vector<float>(64, 0.0F);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  values[0] = 1.0F;
  values[3] = std::numeric_limits<float>::quiet_NaN();
  values[5] = std::numeric_limits<float>::infinity();
  values[40] = -std::numeric_limits<float>::infinity();
  values[41] = 1.0F;
  const auto bytes = std::make_shared<std::vector<std::byte>>(values.size() * sizeof(float));
  std::memcpy(bytes->data(), values.data(), bytes->size());
  const auto quantized = quant::quantize(quant::Scheme::parse(scheme.toStdString()), viewOf(tensor::DType::F32, bytes));
  const auto decoded = quant::dequantize(*quantized);
  // One step of the coarsest scheme here (3 bits over a range of 2) is 2/7: nothing may be further off than that.
  for (std::size_t i = 0; i < values.size(); ++i) {
    QVERIFY(std::isfinite(decoded[i]));
    if (std::isfinite(values[i])) QVERIFY(std::abs(decoded[i] - values[i]) < 0.3F);
  }
  QVERIFY(std::abs(decoded[3]) < 0.15F);
  QVERIFY(std::abs(decoded[5] - 1.0F) < 0.3F);
  QVERIFY(std::abs(decoded[40] + 1.0F) < 0.3F);
}

void TestGgmlBlocks::decodesArbitraryBytes_data() { decodesAnyRange_data(); }

/// Under the sanitizers this is the proof that no byte pattern is undefined behaviour.
void TestGgmlBlocks::decodesArbitraryBytes() {
  QFETCH(int, dtype);
  const auto type = static_cast<tensor::DType>(dtype);
  std::mt19937_64 random(11);
  for (int fill = 0; fill < 4; ++fill) {
    auto bytes = std::make_shared<std::vector<std::byte>>(64 * tensor::info(type).blockBytes);
    for (auto& byte : *bytes)
      byte = fill == 0 ? std::byte{0} : fill == 1 ? std::byte{0xff} : static_cast<std::byte>(random());
    std::vector<float> out(64 * tensor::info(type).blockValues, 12345.0F);
    const auto view = viewOf(type, bytes);
    quant::decode(view, 0, out.size(), out.data());
    QCOMPARE(firstDifference(quant::dequantize(*quant::wrapStored(view)), out), -1);
  }
}

QTEST_GUILESS_MAIN(TestGgmlBlocks)
#include "tst_ggml_blocks.moc"
