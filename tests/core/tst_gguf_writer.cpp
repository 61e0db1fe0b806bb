// What the writers write reads back the same, appears whole or not at all, and is refused when it would not open.
#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"
#include "core/io/npy_writer.h"
#include "core/io/safetensors_writer.h"
#include "support/golden.h"

namespace io = core::io;
using core::tensor::DType;
using core::tensor::Shape;

class TestGgufWriter : public QObject {
  Q_OBJECT
 private slots:
  void roundTrip();
  void copiesAModelByteForByte();
  void otherAlignment();
  void safetensorsRoundTrip();
  void nothingAppearsWithoutFinish();
  void anExistingFileIsReplacedWholeWhileMapped();
  void refusals();
  void failuresOfTheSystem();
  void npy();

 private:
  std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }
  QTemporaryDir m_folder;
};

namespace {

std::vector<std::byte> pattern(std::size_t count, unsigned seed) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>((i * 31 + seed) & 0xFFU);
  return bytes;
}

bool sameBytes(std::span<const std::byte> a, std::span<const std::byte> b) { return std::ranges::equal(a, b); }

}  // namespace

void TestGgufWriter::roundTrip() {
  const auto embedding = pattern(3 * 5 * 4, 1), scalar = pattern(4, 2), blocks = pattern(2 * 18, 3);
  io::GgufWriter writer(path("round.gguf"));
  writer.addString("general.architecture", "llama");
  writer.addU32("u32", 7);
  writer.addI32("i32", -7);
  writer.addU64("u64", 1ULL << 40);
  writer.addF32("f32", 0.25F);
  writer.addBool("flag", true);
  writer.addStrings("words", std::vector<std::string>{"ein", "zwei"});
  writer.addF32s("reals", std::vector<float>{1.5F, 2.5F});
  writer.addI32s("integers", std::vector<std::int32_t>{-1, 2});
  writer.declareTensor("embedding", DType::F32, {3, 5});
  writer.declareTensor("scalar", DType::F32, {});
  writer.declareTensor("blocks", DType::Q4_0, {2, 32});
  writer.append(std::span(embedding).first(7));
  writer.append(std::span(embedding).subspan(7));
  writer.append(scalar);
  writer.append(blocks);
  writer.finish();

  const auto model = io::openCheckpoint(path("round.gguf"));
  QCOMPARE(model->architecture(), std::string("llama"));
  QCOMPARE(model->name(), std::string("round.gguf"));
  QCOMPARE(model->metadata().unsignedInteger("u64"), std::optional<std::uint64_t>(1ULL << 40));
  QCOMPARE(model->metadata().number("i32"), std::optional(-7.0));
  QCOMPARE(model->metadata().array("words")->strings(), (std::vector<std::string>{"ein", "zwei"}));
  QCOMPARE(model->metadata().array("reals")->numbers(), (std::vector<double>{1.5, 2.5}));
  QCOMPARE(model->metadata().array("integers")->integers(), (std::vector<std::int64_t>{-1, 2}));
  QCOMPARE(model->view("embedding").shape, (Shape{3, 5}));
  QCOMPARE(model->view("scalar").shape, (Shape{1}));
  QVERIFY(sameBytes(model->view("embedding").bytes, embedding));
  QVERIFY(sameBytes(model->view("scalar").bytes, scalar));
  QVERIFY(sameBytes(model->view("blocks").bytes, blocks));
}

void TestGgufWriter::copiesAModelByteForByte() {
  // gguf-py wrote this file: types, order, padding and alignment have to come out as it writes them.
  const std::filesystem::path original = std::string(QS_TEST_DATA) + "/io/tiny-headdim-f32.gguf";
  const auto model = io::openCheckpoint(original);
  io::GgufWriter writer(path("copy.gguf"));
  for (const auto& entry : model->metadata().entries()) writer.addEntry(entry);
  for (const auto& tensor : model->tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
  for (std::size_t i = 0; i < model->tensors().size(); ++i) writer.append(model->view(i).bytes);
  writer.finish();
  const auto copy = io::openCheckpoint(path("copy.gguf"));
  // The writer leaves out the default alignment; everything else is the same, in type and in bytes.
  std::vector<io::MetadataEntry> expected(model->metadata().entries().begin(), model->metadata().entries().end());
  std::erase_if(expected, [](const io::MetadataEntry& entry) { return entry.key == "general.alignment"; });
  QCOMPARE(copy->metadata().entries().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    QCOMPARE(copy->metadata().entries()[i].key, expected[i].key);
    QCOMPARE(copy->metadata().entries()[i].type, expected[i].type);
    QCOMPARE(io::toDisplayText(copy->metadata().entries()[i].value), io::toDisplayText(expected[i].value));
  }
  QCOMPARE(copy->tensors().size(), model->tensors().size());
  for (std::size_t i = 0; i < model->tensors().size(); ++i) {
    QCOMPARE(copy->tensors()[i].name, model->tensors()[i].name);
    QVERIFY(sameBytes(copy->view(i).bytes, model->view(i).bytes));
  }
}

void TestGgufWriter::otherAlignment() {
  io::GgufWriter writer(path("aligned.gguf"), 4096);
  writer.declareTensor("a", DType::I8, {3});
  writer.declareTensor("b", DType::I8, {3});
  writer.append(pattern(3, 1));
  writer.append(pattern(3, 2));
  writer.finish();
  const auto model = io::openCheckpoint(path("aligned.gguf"));
  QCOMPARE(model->tensors()[0].offset, 4096U);
  QCOMPARE(model->tensors()[1].offset, 8192U);
  QVERIFY(sameBytes(model->view("b").bytes, pattern(3, 2)));
}

void TestGgufWriter::safetensorsRoundTrip() {
  io::SafetensorsWriter writer(path("round.safetensors"));
  writer.addMetadata("format", "pt");
  writer.addMetadata("quote", "\"\\\n");
  writer.declareTensor("größe \"x\"", DType::BF16, {2, 3});
  writer.declareTensor("empty", DType::F32, {0, 7});
  writer.declareTensor("scalar", DType::I64, {});
  writer.append(pattern(12, 5));
  writer.append(pattern(8, 6));
  writer.finish();
  const auto model = io::openCheckpoint(path("round.safetensors"));
  QCOMPARE(model->format(), io::FileFormat::Safetensors);
  QCOMPARE(model->metadata().string("quote"), std::optional<std::string>("\"\\\n"));
  QCOMPARE(model->tensors().size(), 3U);
  QCOMPARE(model->view("empty").shape, (Shape{0, 7}));
  QCOMPARE(model->view("scalar").shape, Shape());
  QVERIFY(sameBytes(model->view("größe \"x\"").bytes, pattern(12, 5)));
  QVERIFY(sameBytes(model->view("scalar").bytes, pattern(8, 6)));
}

void TestGgufWriter::nothingAppearsWithoutFinish() {
  const auto count = [this] { return QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden).size(); };
  const auto before = count();
  {
    io::GgufWriter writer(path("aborted.gguf"));
    writer.declareTensor("a", DType::I8, {1000});
    writer.append(pattern(10, 1));
    QVERIFY(!std::filesystem::exists(path("aborted.gguf")));
  }
  QCOMPARE(count(), before);
}

void TestGgufWriter::anExistingFileIsReplacedWholeWhileMapped() {
  const auto write = [this](unsigned seed) {
    io::GgufWriter writer(path("same.gguf"));
    writer.declareTensor("a", DType::I8, {64});
    writer.append(pattern(64, seed));
    writer.finish();
  };
  write(1);
  const auto old = io::openCheckpoint(path("same.gguf"));
  write(2);
  QVERIFY(sameBytes(old->view("a").bytes, pattern(64, 1)));
  QVERIFY(sameBytes(io::openCheckpoint(path("same.gguf"))->view("a").bytes, pattern(64, 2)));
}

void TestGgufWriter::refusals() {
  io::GgufWriter writer(path("refused.gguf"));
  writer.addU32("k", 1);
  QVERIFY_EXCEPTION_THROWN(writer.addU32("k", 2), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.addU32("", 2), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.addU32("\xFF", 2), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("w", DType::U16, {4}), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("w", DType::Q4_0, {33}), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("w", DType::F32, {1, 1, 1, 1, 1}), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("w", DType::F32, {0}), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("w", DType::F32, {1ULL << 32, 1ULL << 32}), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("", DType::F32, {1}), core::Error);
  writer.declareTensor("w", DType::I8, {4});
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("w", DType::I8, {4}), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.append(pattern(5, 0)), core::Error);
  writer.append(pattern(3, 0));
  QVERIFY_EXCEPTION_THROWN(writer.finish(), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.addU32("late", 1), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.declareTensor("late", DType::I8, {4}), core::Error);
  writer.append(pattern(1, 0));
  QVERIFY_EXCEPTION_THROWN(writer.append(pattern(1, 0)), core::Error);
  QVERIFY_EXCEPTION_THROWN(io::GgufWriter(path("x.gguf"), 48), core::Error);
  io::SafetensorsWriter safetensors(path("refused.safetensors"));
  QVERIFY_EXCEPTION_THROWN(safetensors.declareTensor("w", DType::Q8_0, {32}), core::Error);
  QVERIFY_EXCEPTION_THROWN(safetensors.declareTensor("__metadata__", DType::F32, {32}), core::Error);
}

void TestGgufWriter::failuresOfTheSystem() {
  try {
    io::GgufWriter writer(path("no/such/folder/x.gguf"));
    QFAIL("A file in a missing folder was opened");
  } catch (const core::Error& error) {
    QCOMPARE(error.code(), core::ErrorCode::NotFound);
    QVERIFY2(QString(error.what()).contains("No such file or directory."), error.what());
  }
  QVERIFY_EXCEPTION_THROWN(io::GgufWriter(m_folder.path().toStdString()), core::Error);
  QVERIFY_EXCEPTION_THROWN(io::AtomicFile("/proc/quantscope"), core::Error);
}

void TestGgufWriter::npy() {
  io::NpyWriter writer(path("a.npy"), {2, 3});
  const std::vector<float> values = {1, 2, 3, 4, 5, 6.5F};
  writer.append(std::span(values).first(4));
  QVERIFY_EXCEPTION_THROWN(writer.finish(), core::Error);
  QVERIFY_EXCEPTION_THROWN(writer.append(values), core::Error);
  writer.append(std::span(values).subspan(4));
  writer.finish();
  const auto bytes = support::readFile(path("a.npy"));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  QCOMPARE(bytes.size(), 128U + 24U);
  QVERIFY(text.starts_with(
      std::string_view("\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 68)));
  QCOMPARE(text[127], '\n');
  float last = 0;
  std::memcpy(&last, bytes.data() + 128 + 20, sizeof(last));
  QCOMPARE(last, 6.5F);
}

QTEST_GUILESS_MAIN(TestGgufWriter)
#include "tst_gguf_writer.moc"
