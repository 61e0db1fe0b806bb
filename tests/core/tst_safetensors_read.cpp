// safetensors files: what they hold, and one sentence for each way to get the header wrong.
#include <QTest>

#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "file_bytes.h"

namespace io = core::io;
using core::ErrorCode;
using core::tensor::DType;
using core::tensor::Shape;

class TestSafetensorsRead : public QObject {
  Q_OBJECT
 private slots:
  void tensorsAndMetadata();
  void everyDType();
  void headerPaddedWithSpaces();
  void noTensors();
  void unknownFieldsAreSkipped();
  void badFiles_data();
  void badFiles();
};

namespace {

std::shared_ptr<const io::Checkpoint> parse(const FileBytes& file) {
  const ExactBytes bytes(file.bytes());
  return io::parseSafetensors(bytes.span, bytes.owner, "test.safetensors");
}

}  // namespace

void TestSafetensorsRead::tensorsAndMetadata() {
  const auto model = parse(FileBytes::safetensors(R"({"__metadata__":{"format":"pt","ünï":"\u00e9"},)"
                                                  R"("b":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},)"
                                                  R"("a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})",
                                                  20));
  QCOMPARE(model->format(), io::FileFormat::Safetensors);
  QCOMPARE(model->architecture(), std::string());
  QCOMPARE(model->metadata().string("format"), std::optional<std::string>("pt"));
  QCOMPARE(model->metadata().string("ünï"), std::optional<std::string>("é"));
  QCOMPARE(model->tensors().size(), 2U);
  QCOMPARE(model->tensors()[0].name, std::string("b"));
  QCOMPARE(model->tensors()[0].dtype, DType::F16);
  QCOMPARE(model->tensors()[0].shape, (Shape{2, 3}));
  QCOMPARE(model->tensors()[0].offset, model->tensors()[1].offset + 8);
  QCOMPARE(model->view("a").shape, Shape());
  QCOMPARE(model->parameters(), 7U);
}

void TestSafetensorsRead::everyDType() {
  for (const auto& type : core::tensor::allDTypes()) {
    if (type.safetensors.empty()) continue;
    const std::string bytes = std::to_string(3 * type.blockBytes);
    const auto model = parse(FileBytes::safetensors("{\"w\":{\"dtype\":\"" + std::string(type.safetensors) +
                                                        "\",\"shape\":[3],\"data_offsets\":[0," + bytes + "]}}",
                                                    3 * type.blockBytes));
    QCOMPARE(model->view("w").dtype, type.dtype);
  }
}

void TestSafetensorsRead::headerPaddedWithSpaces() {
  const auto model =
      parse(FileBytes::safetensors("{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}     ", 1));
  QCOMPARE(model->tensors().size(), 1U);
}

void TestSafetensorsRead::noTensors() { QCOMPARE(parse(FileBytes::safetensors("{}"))->tensors().size(), 0U); }

void TestSafetensorsRead::unknownFieldsAreSkipped() {
  const auto model = parse(FileBytes::safetensors(
      R"({"w":{"dtype":"U8","note":{"x":[1,{"y":2}]},"shape":[1],"data_offsets":[0,1],"more":[["z"]]}})", 1));
  QCOMPARE(model->view("w").shape, Shape{1});
}

void TestSafetensorsRead::badFiles_data() {
  QTest::addColumn<FileBytes>("file");
  QTest::addColumn<QStringList>("words");
  QTest::addColumn<core::ErrorCode>("code");
  const auto row = [](const char* name, const FileBytes& file, const QStringList& words,
                      ErrorCode code = ErrorCode::InvalidFile) { QTest::newRow(name) << file << words << code; };
  const auto header = [&row](const char* name, std::string_view text, std::size_t data, const QStringList& words,
                             ErrorCode code = ErrorCode::InvalidFile) {
    row(name, FileBytes::safetensors(text, data), words, code);
  };
  const auto tensor = [&header](const char* name, const std::string& fields, std::size_t data, const QStringList& words,
                                ErrorCode code = ErrorCode::InvalidFile) {
    header(name, "{\"w\":{" + fields + "}}", data, words, code);
  };
  row("empty", FileBytes(), {"header length", "byte 0"});
  row("7 bytes", FileBytes().zeros(7), {"expected 8 bytes", "found 7"});
  row("header past the end", FileBytes().u64(100).raw("{}"), {"expected 100 bytes", "found 2", "byte 8"});
  row("header of 2^63 bytes", FileBytes().u64(1ULL << 63).raw("{}"), {"at most 100000000", "9223372036854775808"});
  row("header just too long", FileBytes().u64(100'000'001).raw("{}"), {"at most 100000000"});
  header("no header", "", 0, {"starts with"});
  header("leading space", " {}", 0, {"starts with"});
  header("array", "[]", 0, {"starts with"});
  header("cut JSON", "{\"w\":", 0, {"valid JSON", "byte"});
  header("two objects", "{}{}", 0, {"valid JSON"});
  header("bytes that are not UTF-8", "{\"w\":\xFF}", 0, {"valid JSON"});
  header("NUL after the header", std::string_view("{}\0", 3), 0, {"valid JSON"});
  header("tensor is a number", "{\"w\":5}", 0, {"\"w\"", "plain value"});
  header("tensor is an array", "{\"w\":[]}", 0, {"\"w\"", "array"});
  header("empty name", R"({"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, {"empty name"});
  header("metadata key twice", R"({"__metadata__":{"k":"a","k":"b"}})", 0, {"\"k\"", "twice"});
  header("tensor twice",
         R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
         2, {"\"w\"", "twice"});
  header(
      "tensor twice through an escape",
      R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0077":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
      2, {"\"w\"", "twice"});
  tensor("field twice", R"("dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1])", 1, {"\"dtype\"", "twice"});
  header("nested too deep", "{\"w\":{\"x\":[[[[[[[[[[]]]]]]]]]]}}", 0, {"nested more than 8 deep"});
  header("nested a million deep", "{\"w\":{\"x\":" + std::string(1'000'000, '['), 0, {"nested more than 8 deep"});
  tensor("no dtype", R"("shape":[1],"data_offsets":[0,1])", 1, {"\"w\"", "lacks its dtype"});
  tensor("no shape", R"("dtype":"U8","data_offsets":[0,1])", 1, {"lacks its shape"});
  tensor("no offsets", R"("dtype":"U8","shape":[1])", 1, {"lacks its data_offsets"});
  tensor("unknown dtype past the end", R"("dtype":"F4","shape":[2],"data_offsets":[0,9])", 1, {"\"w\"", "incomplete"});
  tensor("unknown dtype that overflows", R"("dtype":"F4","shape":[4294967296,4294967296],"data_offsets":[0,1])", 1,
         {"\"w\"", "64 bits"});
  tensor("dtype is a number", R"("dtype":1,"shape":[1],"data_offsets":[0,1])", 1, {"\"w\"", "\"dtype\""});
  tensor("dtype is an array", R"("dtype":["U8"],"shape":[1],"data_offsets":[0,1])", 1, {"\"dtype\"", "a text"});
  tensor("shape is a number", R"("dtype":"U8","shape":1,"data_offsets":[0,1])", 1, {"\"shape\""});
  tensor("shape is an object", R"("dtype":"U8","shape":{},"data_offsets":[0,1])", 1, {"\"shape\"", "object"});
  tensor("negative extent", R"("dtype":"U8","shape":[-1],"data_offsets":[0,1])", 1, {"\"shape\"", "non-negative"});
  tensor("fractional extent", R"("dtype":"U8","shape":[1.0],"data_offsets":[0,1])", 1, {"\"shape\"", "integers"});
  tensor("extent beyond 64 bits", R"("dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1])", 1,
         {"\"shape\""});
  tensor("nested shape", R"("dtype":"U8","shape":[[1]],"data_offsets":[0,1])", 1, {"\"shape\""});
  tensor("shape with a null", R"("dtype":"U8","shape":[null],"data_offsets":[0,1])", 1, {"\"shape\""});
  tensor("2^32 x 2^32", R"("dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0])", 0,
         {"\"w\"", "more than 2^64"});
  tensor("bytes overflow", R"("dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0])", 0,
         {"more than 2^64"});
  tensor("offsets of three", R"("dtype":"U8","shape":[1],"data_offsets":[0,1,1])", 1, {"data_offsets [begin, end]"});
  tensor("offsets reversed", R"("dtype":"U8","shape":[1],"data_offsets":[1,0])", 1, {"data_offsets [begin, end]"});
  tensor("size does not fit the shape", R"("dtype":"F32","shape":[2],"data_offsets":[0,4])", 4,
         {"\"w\"", "8 bytes", "give 4"});
  tensor("past the end", R"("dtype":"U8","shape":[9],"data_offsets":[0,9])", 8,
         {"\"w\"", "9 bytes", "8 bytes", "incomplete"});
  tensor("end near 2^64", R"("dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615])", 8,
         {"\"w\"", "hole"});
  tensor("data left over", R"("dtype":"U8","shape":[1],"data_offsets":[0,1])", 2, {"take 1 bytes", "has 2"});
  header("hole",
         R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
         3, {"\"b\"", "hole"});
  header("overlap",
         R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
         3, {"\"b\"", "overlap"});
}

void TestSafetensorsRead::badFiles() {
  QFETCH(FileBytes, file);
  QFETCH(QStringList, words);
  QFETCH(core::ErrorCode, code);
  try {
    (void)parse(file);
    QFAIL("The file was accepted");
  } catch (const core::Error& error) {
    const QString sentence = QString::fromUtf8(error.what());
    QCOMPARE(error.code(), code);
    QVERIFY2(sentence.startsWith("\"test.safetensors\": ") && sentence.endsWith('.') && !sentence.contains('\n'),
             error.what());
    for (const QString& word : words) QVERIFY2(sentence.contains(word), error.what());
  }
}

QTEST_GUILESS_MAIN(TestSafetensorsRead)
#include "tst_safetensors_read.moc"
