// Every way to get a GGUF file wrong gives one sentence that says what was expected, what was found and where.
#include <QTest>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "file_bytes.h"

using core::ErrorCode;

namespace {

constexpr std::uint32_t kF32 = 0, kQ4_0 = 2;
constexpr std::uint32_t kTypeU8 = 0, kTypeU32 = 4, kTypeBool = 7, kTypeString = 8, kTypeArray = 9;

FileBytes entry(std::string_view key, std::uint32_t type) { return FileBytes::gguf(0, 1).string(key).u32(type); }

FileBytes nestedArrays(int depth) {
  FileBytes file = entry("deep", kTypeArray);
  for (int level = 1; level < depth; ++level) file.u32(kTypeArray).u64(1);
  return file.u32(kTypeU8).u64(1).number<std::uint8_t>(7);
}

}  // namespace

class TestGgufBad : public QObject {
  Q_OBJECT
 private slots:
  void header_data();
  void header() { check(); }
  void metadata_data();
  void metadata() { check(); }
  void tensors_data();
  void tensors() { check(); }
  void nestingUpToTheLimitIsAccepted();

 private:
  static void columns() {
    QTest::addColumn<FileBytes>("file");
    QTest::addColumn<core::ErrorCode>("code");
    QTest::addColumn<QStringList>("words");
  }
  static void row(const char* name, const FileBytes& file, const QStringList& words,
                  ErrorCode code = ErrorCode::InvalidFile) {
    QTest::newRow(name) << file << code << words;
  }
  static void check();
};

void TestGgufBad::check() {
  QFETCH(FileBytes, file);
  QFETCH(core::ErrorCode, code);
  QFETCH(QStringList, words);
  const ExactBytes bytes(file.bytes());
  try {
    core::io::parseGguf(bytes.span, bytes.owner, "bad.gguf");
    QFAIL("The file was accepted");
  } catch (const core::Error& error) {
    const QString sentence = QString::fromUtf8(error.what());
    QCOMPARE(error.code(), code);
    QVERIFY2(sentence.endsWith('.') && !sentence.contains('\n'), error.what());
    for (const QString& word : words) QVERIFY2(sentence.contains(word), error.what());
  }
}

void TestGgufBad::header_data() {
  columns();
  row("empty", FileBytes(), {"bad.gguf", "ends too early", "byte 0"});
  row("other magic", FileBytes().raw("GGML").u32(3).u64(0).u64(0), {"expected the magic \"GGUF\"", "\"GGML\""});
  row("no version", FileBytes().raw("GGUF"), {"the version", "byte 4"});
  row("version 1", FileBytes().raw("GGUF").u32(1).u32(0).u32(0), {"version 2 or 3", "version 1"},
      ErrorCode::Unsupported);
  row("version 4", FileBytes::gguf(0, 0, 4), {"version 4"}, ErrorCode::Unsupported);
  row("version 0", FileBytes::gguf(0, 0, 0), {"version 0"}, ErrorCode::Unsupported);
  row("big-endian", FileBytes::gguf(0, 0, 0x03000000), {"big-endian"}, ErrorCode::Unsupported);
  row("tensor count", FileBytes::gguf(~0ULL, 0), {"tensor count is 18446744073709551615", "byte 8"});
  row("tensor count just too high", FileBytes::gguf(2, 0).zeros(41), {"tensor count is 2"});
  row("metadata count", FileBytes::gguf(0, 1ULL << 40), {"metadata count is 1099511627776", "byte 16"});
}

void TestGgufBad::metadata_data() {
  columns();
  row("key past the end", FileBytes::gguf(0, 1).u64(1000).zeros(100),
      {"metadata key claims 1000 bytes", "100", "byte 24"});
  row("key of 2^64-1 bytes", FileBytes::gguf(0, 1).u64(~0ULL).zeros(100), {"claims 18446744073709551615 bytes"});
  row("empty key", entry("", kTypeU8).zeros(8), {"1…65535 bytes but has 0"});
  row("long key", entry(std::string(65536, 'k'), kTypeU8).zeros(8), {"has 65536"});
  row("value type", entry("key", 13).zeros(8), {"\"key\"", "0…12", "is 13", "byte 35"});
  row("value cut off", entry("key", kTypeU32).zeros(3), {"\"key\"", "expected 4 bytes", "found 3"});
  row("string past the end", entry("key", kTypeString).u64(9).raw("12345678"), {"\"key\"", "claims 9 bytes", "8"});
  row("bool of 2", entry("key", kTypeBool).number<std::uint8_t>(2), {"\"key\"", "0 or 1", "is 2"});
  row("array type", entry("key", kTypeArray).u32(99).u64(0), {"\"key\"", "is 99"});
  row("array count", entry("key", kTypeArray).u32(kTypeU32).u64(3).zeros(11), {"\"key\"", "claims 3 elements"});
  row("array count whose bytes wrap", entry("key", kTypeArray).u32(kTypeU32).u64((1ULL << 62) + 1).zeros(64),
      {"claims 4611686018427387905 elements"});
  row("array of strings cut off", entry("key", kTypeArray).u32(kTypeString).u64(2).string("a").u64(50).zeros(8),
      {"\"key\"", "claims 50 bytes"});
  row("array of bools", entry("key", kTypeArray).u32(kTypeBool).u64(2).raw(std::string_view("\x01\x03", 2)),
      {"0 or 1", "holds 3", "byte 52"});
  row("inner array type", entry("key", kTypeArray).u32(kTypeArray).u64(1).u32(77).u64(0), {"is 77"});
  row("inner array count", entry("key", kTypeArray).u32(kTypeArray).u64(1).u32(kTypeU8).u64(5), {"claims 5 elements"});
  row("nested too deep", nestedArrays(5), {"\"deep\"", "more than 4 deep"});
  row("key twice",
      FileBytes::gguf(0, 2)
          .string("k")
          .u32(kTypeU8)
          .number<std::uint8_t>(1)
          .string("k")
          .u32(kTypeU8)
          .number<std::uint8_t>(1),
      {"\"k\"", "twice"});
  row("alignment 0", entry("general.alignment", kTypeU32).u32(0), {"general.alignment", "power of two", "is 0"});
  row("alignment 48", entry("general.alignment", kTypeU32).u32(48), {"general.alignment", "is 48"});
  row("alignment is a text", entry("general.alignment", kTypeString).string("32"), {"general.alignment", "integer"});
}

void TestGgufBad::tensors_data() {
  columns();
  const auto one = [](const std::vector<std::uint64_t>& extents, std::uint32_t type, std::uint64_t offset,
                      std::size_t data) {
    return FileBytes::gguf(1, 0).tensor("w", extents, type, offset).padTo(32).zeros(data);
  };
  row("cut off in the table", FileBytes::gguf(1, 0).string("w").u32(2).u64(4).zeros(19), {"\"w\""});
  row("empty name", FileBytes::gguf(1, 0).tensor("", {8}, kF32, 0).padTo(32).zeros(32), {"empty name", "byte 24"});
  row("65 dimensions", one(std::vector<std::uint64_t>(65, 1), kF32, 0, 32), {"1…4 dimensions but has 65"});
  row("unknown type past the end", one({32}, 4711, 96, 64), {"\"w\"", "offset 96", "incomplete"});
  row("unknown type over another",
      FileBytes::gguf(2, 0).tensor("a", {8}, kF32, 0).tensor("b", {8}, 36, 0).padTo(32).zeros(32),
      {"\"a\"", "\"b\"", "overlap"});
  row("2^32 x 2^32 elements", one({1ULL << 32, 1ULL << 32}, kF32, 0, 64),
      {"\"w\"", "[4294967296, 4294967296]", "64 bits"});
  row("count fits, bytes do not", one({1ULL << 62}, kF32, 0, 64), {"\"w\"", "64 bits"});
  row("2^16 four times", one({65536, 65536, 65536, 65536}, kQ4_0, 0, 64), {"64 bits"});
  row("row not whole blocks", one({33}, kQ4_0, 0, 64), {"\"w\"", "q4_0", "whole blocks of 32", "[33]"});
  row("blocks across rows", one({16, 2}, kQ4_0, 0, 64), {"whole blocks of 32", "[2, 16]"});
  row("no data section", FileBytes::gguf(1, 0).tensor("w", {8}, kF32, 0), {"before its data section"});
  row("data cut off", one({8}, kF32, 0, 31), {"\"w\"", "32 bytes at offset 0", "31 bytes", "incomplete"});
  row("offset past the end", one({8}, kF32, 64, 32), {"offset 64"});
  row("offset that wraps", one({8}, kF32, ~0ULL - 31, 32), {"does not fit"});
  row("offset not aligned", one({8}, kF32, 16, 64), {"\"w\"", "multiple of 32", "starts at 16"});
  row("overlap", FileBytes::gguf(2, 0).tensor("a", {16}, kF32, 0).tensor("b", {8}, kF32, 32).padTo(32).zeros(64),
      {"\"a\"", "\"b\"", "overlap"});
  row("same place", FileBytes::gguf(2, 0).tensor("a", {8}, kF32, 0).tensor("b", {8}, kF32, 0).padTo(32).zeros(64),
      {"overlap"});
  row("name twice", FileBytes::gguf(2, 0).tensor("a", {8}, kF32, 0).tensor("a", {8}, kF32, 32).padTo(32).zeros(64),
      {"\"a\"", "two tensors"});
  row("alignment larger than the file",
      FileBytes::gguf(1, 1).string("general.alignment").u32(10).u64(1ULL << 63).tensor("w", {8}, kF32, 0).zeros(64),
      {"data section", "9223372036854775808"});
}

void TestGgufBad::nestingUpToTheLimitIsAccepted() {
  const FileBytes file = nestedArrays(4);
  const ExactBytes bytes(file.bytes());
  const auto model = core::io::parseGguf(bytes.span, bytes.owner, "deep.gguf");
  QCOMPARE(core::io::toDisplayText(model->metadata().entries()[0].value), std::string("[[[[7]]]]"));
}

QTEST_GUILESS_MAIN(TestGgufBad)
#include "tst_gguf_bad.moc"
