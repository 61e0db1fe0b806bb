// What a valid GGUF file says arrives unchanged: metadata of every type, tensor table, bytes.
#include <QTest>
#include <filesystem>
#include <limits>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "file_bytes.h"
#include "support/golden.h"

namespace io = core::io;
using core::tensor::DType;
using core::tensor::Shape;

class TestGgufRead : public QObject {
  Q_OBJECT
 private slots:
  void metadataOfEveryType_data();
  void metadataOfEveryType();
  void arrays();
  void typedGettersRefuseOtherKinds();
  void everyTensorTypeIsListed();
  void shapesAreReversed();
  void viewsOutliveTheCheckpoint();
  void alignmentKeyMovesTheData();
  void modelsOfLlamaCpp_data();
  void modelsOfLlamaCpp();
};

namespace {

std::shared_ptr<const io::Checkpoint> parse(const FileBytes& file) {
  const ExactBytes bytes(file.bytes());
  return io::parseGguf(bytes.span, bytes.owner, "test.gguf");
}

FileBytes everyScalar(std::uint32_t version) {
  return FileBytes::gguf(0, 12, version)
      .string("u8")
      .u32(0)
      .number<std::uint8_t>(200)
      .string("i8")
      .u32(1)
      .number<std::int8_t>(-100)
      .string("u16")
      .u32(2)
      .number<std::uint16_t>(60000)
      .string("i16")
      .u32(3)
      .number<std::int16_t>(-30000)
      .string("u32")
      .u32(4)
      .number<std::uint32_t>(4000000000U)
      .string("i32")
      .u32(5)
      .number<std::int32_t>(-2000000000)
      .string("f32")
      .u32(6)
      .number(1e-5F)
      .string("bool")
      .u32(7)
      .number<std::uint8_t>(1)
      .string("string")
      .u32(8)
      .string("grüße\n")
      .string("u64")
      .u32(10)
      .number(~0ULL)
      .string("i64")
      .u32(11)
      .number(std::numeric_limits<std::int64_t>::min())
      .string("f64")
      .u32(12)
      .number(0.1);
}

}  // namespace

void TestGgufRead::metadataOfEveryType_data() {
  QTest::addColumn<std::uint32_t>("version");
  QTest::newRow("version 2") << 2U;
  QTest::newRow("version 3") << 3U;
}

void TestGgufRead::metadataOfEveryType() {
  QFETCH(std::uint32_t, version);
  const auto model = parse(everyScalar(version));
  const io::Metadata& metadata = model->metadata();
  QCOMPARE(metadata.entries().size(), 12U);
  QCOMPARE(metadata.unsignedInteger("u8"), std::optional<std::uint64_t>(200));
  QCOMPARE(metadata.number("i8"), std::optional(-100.0));
  QCOMPARE(metadata.unsignedInteger("u16"), std::optional<std::uint64_t>(60000));
  QCOMPARE(metadata.number("i16"), std::optional(-30000.0));
  QCOMPARE(metadata.unsignedInteger("u32"), std::optional<std::uint64_t>(4000000000U));
  QCOMPARE(metadata.number("i32"), std::optional(-2e9));
  QCOMPARE(metadata.number("f32"), std::optional(static_cast<double>(1e-5F)));
  QCOMPARE(metadata.boolean("bool"), std::optional(true));
  QCOMPARE(metadata.string("string"), std::optional<std::string>("grüße\n"));
  QCOMPARE(metadata.unsignedInteger("u64"), std::optional<std::uint64_t>(~0ULL));
  QCOMPARE(metadata.number("i64"), std::optional(-9223372036854775808.0));
  QCOMPARE(metadata.number("f64"), std::optional(0.1));
  QCOMPARE(metadata.unsignedInteger("absent"), std::optional<std::uint64_t>());
  QCOMPARE(io::toDisplayText(*metadata.find("f32")), std::string("1e-05"));
  QCOMPARE(io::name(metadata.entries()[1].type), std::string_view("i8"));
}

void TestGgufRead::arrays() {
  const auto model = parse(FileBytes::gguf(0, 4)
                               .string("words")
                               .u32(9)
                               .u32(8)
                               .u64(3)
                               .string("a")
                               .string("")
                               .string("ö")
                               .string("scores")
                               .u32(9)
                               .u32(6)
                               .u64(2)
                               .number(0.5F)
                               .number(-1.0F)
                               .string("types")
                               .u32(9)
                               .u32(5)
                               .u64(3)
                               .number(1)
                               .number(-2)
                               .number(3)
                               .string("huge")
                               .u32(9)
                               .u32(10)
                               .u64(1)
                               .number(~0ULL));
  const io::Metadata& metadata = model->metadata();
  QCOMPARE(metadata.array("words")->strings(), (std::vector<std::string>{"a", "", "ö"}));
  QCOMPARE(metadata.array("scores")->numbers(), (std::vector<double>{0.5, -1.0}));
  QCOMPARE(metadata.array("types")->integers(), (std::vector<std::int64_t>{1, -2, 3}));
  QCOMPARE(metadata.array("types")->numbers(), (std::vector<double>{1, -2, 3}));
  QCOMPARE(metadata.array("types")->preview(2), std::string("[1, -2, … 3 values]"));
  QCOMPARE(metadata.array("words")->preview(3), std::string("[\"a\", \"\", \"ö\"]"));
  QVERIFY_EXCEPTION_THROWN(metadata.array("words")->numbers(), core::Error);
  QVERIFY_EXCEPTION_THROWN(metadata.array("scores")->integers(), core::Error);
  QVERIFY_EXCEPTION_THROWN(metadata.array("scores")->strings(), core::Error);
  QVERIFY_EXCEPTION_THROWN(metadata.array("huge")->integers(), core::Error);
  QVERIFY_EXCEPTION_THROWN(metadata.array("huge")->numbers(), core::Error);
  const auto exact = [](std::int64_t value) {
    return parse(FileBytes::gguf(0, 1).string("k").u32(9).u32(11).u64(1).number(value))
        ->metadata()
        .array("k")
        ->numbers();
  };
  QCOMPARE(exact(-(1LL << 53)), std::vector<double>{-9007199254740992.0});
  QVERIFY_EXCEPTION_THROWN(exact((1LL << 53) + 1), core::Error);
  QVERIFY_EXCEPTION_THROWN(exact(-(1LL << 53) - 1), core::Error);
  QVERIFY(metadata.array("absent") == nullptr);
}

void TestGgufRead::typedGettersRefuseOtherKinds() {
  const auto model = parse(everyScalar(3));
  try {
    (void)model->metadata().unsignedInteger("i8");
    QFAIL("A negative number was given as unsigned");
  } catch (const core::Error& error) {
    QCOMPARE(error.where(), std::string("i8"));
    QVERIFY2(QString(error.what()).contains("-100"), error.what());
  }
  QVERIFY_EXCEPTION_THROWN((void)model->metadata().string("u8"), core::Error);
  QVERIFY_EXCEPTION_THROWN((void)model->metadata().number("string"), core::Error);
  QVERIFY_EXCEPTION_THROWN((void)model->metadata().boolean("u8"), core::Error);
  QVERIFY_EXCEPTION_THROWN((void)model->metadata().array("u8"), core::Error);
}

void TestGgufRead::everyTensorTypeIsListed() {
  std::vector<core::tensor::DTypeInfo> types;
  for (const auto& type : core::tensor::allDTypes()) {
    if (type.ggmlType >= 0) types.push_back(type);
  }
  FileBytes file = FileBytes::gguf(types.size(), 0);
  std::uint64_t offset = 0;
  for (const auto& type : types) {
    file.tensor(type.name, {type.blockValues, 3}, static_cast<std::uint32_t>(type.ggmlType), offset);
    offset += (3ULL * type.blockBytes + 31) / 32 * 32;
  }
  const auto model = parse(file.padTo(32).zeros(offset));
  QCOMPARE(model->tensors().size(), types.size());
  for (const auto& type : types) {
    const auto view = model->view(type.name);
    QCOMPARE(view.dtype, type.dtype);
    QCOMPARE(view.bytes.size(), std::size_t{3} * type.blockBytes);
    QCOMPARE(view.shape, (Shape{3, type.blockValues}));
  }
}

void TestGgufRead::shapesAreReversed() {
  const auto model = parse(FileBytes::gguf(1, 0).tensor("w", {2, 3, 4}, 0, 0).padTo(32).zeros(96));
  QCOMPARE(model->tensors()[0].shape, (Shape{4, 3, 2}));
  QCOMPARE(model->parameters(), 24U);
  QCOMPARE(model->tensors()[0].offset, 96U);  // 24 + 9 + 4 + 24 + 4 + 8 = 73, aligned
  QCOMPARE(model->find("w"), std::optional<std::size_t>(0));
  QCOMPARE(model->find("v"), std::optional<std::size_t>());
  QVERIFY_EXCEPTION_THROWN((void)model->view("v"), core::Error);
}

void TestGgufRead::viewsOutliveTheCheckpoint() {
  auto model = parse(FileBytes::gguf(1, 0).tensor("w", {2}, 0, 0).padTo(32).number(1.5F).number(2.5F));
  const auto view = model->view("w");
  model.reset();
  float values[2];
  std::memcpy(values, view.bytes.data(), sizeof(values));
  QCOMPARE(values[1], 2.5F);
}

void TestGgufRead::alignmentKeyMovesTheData() {
  const auto model = parse(FileBytes::gguf(1, 1)
                               .string("general.alignment")
                               .u32(4)
                               .u32(1024)
                               .tensor("w", {2}, 0, 0)
                               .padTo(1024)
                               .number(1.5F)
                               .number(2.5F));
  QCOMPARE(model->tensors()[0].offset, 1024U);
}

void TestGgufRead::modelsOfLlamaCpp_data() {
  QTest::addColumn<QString>("path");
  for (const char* folder : {"io", "logits"}) {
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(QS_TEST_DATA) / folder)) {
      if (file.path().extension() != ".gguf") continue;
      QTest::newRow(file.path().filename().c_str()) << QString::fromStdString(file.path().string());
    }
  }
}

void TestGgufRead::modelsOfLlamaCpp() {
  QFETCH(QString, path);
  const auto model = io::openCheckpoint(path.toStdString());
  QCOMPARE(model->architecture(), std::string("llama"));
  const auto vocabulary = model->metadata().array("tokenizer.ggml.tokens")->size();
  QCOMPARE(model->view("token_embd.weight").shape.extents()[0], vocabulary);
  const auto layers = model->metadata().unsignedInteger("llama.block_count").value();
  QVERIFY(model->find("blk." + std::to_string(layers - 1) + ".ffn_down.weight").has_value());
  QVERIFY(!model->find("blk." + std::to_string(layers) + ".ffn_down.weight").has_value());
}

QTEST_GUILESS_MAIN(TestGgufRead)
#include "tst_gguf_read.moc"
