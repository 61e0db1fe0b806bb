// llama.cpp's importance matrices, in both forms: what is read, what is written, and what damaged ones get.
#include <QtTest>

#include <cmath>
#include <random>

#include "core/calibrate/matrix_calibration.h"
#include "core/io/gguf.h"
#include "core/io/importance_matrix.h"
#include "core/io/mapped_file.h"
#include "core/quant/quantizer.h"
#include "damaged_files.h"

using namespace core;
using io::ImportanceMatrix;

namespace {

constexpr std::uint32_t kF32 = 0, kF16 = 1;
constexpr std::uint32_t kTypeU32 = 4, kTypeString = 8, kTypeArray = 9;

/// A GGUF file with these F32 tensors, innermost extent first.
struct Tensor {
  std::string name;
  std::vector<std::uint64_t> extents;
  std::vector<float> values;
  std::uint32_t type = kF32;
};

FileBytes ggufForm(const std::vector<Tensor>& tensors) {
  FileBytes file = FileBytes::gguf(tensors.size(), 4)
                       .string("general.type")
                       .u32(kTypeString)
                       .string("imatrix")
                       .string("imatrix.datasets")
                       .u32(kTypeArray)
                       .u32(kTypeString)
                       .u64(2)
                       .string("first.txt")
                       .string("second.txt")
                       .string("imatrix.chunk_count")
                       .u32(kTypeU32)
                       .u32(7)
                       .string("imatrix.chunk_size")
                       .u32(kTypeU32)
                       .u32(512);
  std::uint64_t offset = 0;
  for (const Tensor& tensor : tensors) {
    file.tensor(tensor.name, tensor.extents, tensor.type, offset);
    offset += (tensor.values.size() * 4 + 31) / 32 * 32;
  }
  file.padTo(32);
  for (const Tensor& tensor : tensors) {
    for (const float value : tensor.values) file.number(value);
    file.padTo(32);
  }
  return file;
}

/// Two experts of which one met no token, and a plain matrix.
FileBytes validGguf() {
  return ggufForm({{"blk.0.ffn_up_exps.weight.in_sum2", {3, 2}, {2, 4, 8, 9, 9, 9}},
                   {"blk.0.ffn_up_exps.weight.counts", {1, 2}, {4, 0}},
                   {"blk.0.attn_q.weight.counts", {1, 1}, {10}},
                   {"blk.0.attn_q.weight.in_sum2", {3, 1}, {1, 2, 5}},
                   {"blk.0.attn_q.weight.in_sum", {3, 1}, {-1, 2, 5}}});
}

FileBytes dat(std::int32_t entries) { return FileBytes().number(entries); }
FileBytes entry(FileBytes file, std::string_view name, std::int32_t calls, const std::vector<float>& values) {
  file.number(static_cast<std::int32_t>(name.size())).raw(name).number(calls);
  file.number(static_cast<std::int32_t>(values.size()));
  for (const float value : values) file.number(value);
  return file;
}
FileBytes validDat() {
  return entry(entry(dat(2), "blk.0.ffn_down.weight", 2, {2, 4, 1}), "blk.0.attn_k.weight", 0, {3, 5})
      .number(std::int32_t{2})
      .number(std::int32_t{8})
      .raw("text.txt");
}

ImportanceMatrix parse(const FileBytes& file) {
  const ExactBytes bytes(file.bytes());
  return io::parseImportanceMatrix(bytes.span, "\"matrix\"");
}

}  // namespace

class TestImportanceMatrix : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::filesystem::path path(const char* name) const { return m_folder.filePath(name).toStdString(); }

  static void row(const char* name, const FileBytes& file, const char* words) {
    QTest::newRow(name) << file << QString(words);
  }

 private slots:
  void ggufIsDividedByItsCounts() {
    const ImportanceMatrix matrix = parse(validGguf());
    QCOMPARE(matrix.datasets, (std::vector<std::string>{"first.txt", "second.txt"}));
    QCOMPARE(matrix.chunkCount, 7U);
    QCOMPARE(matrix.chunkSize, 512U);
    QCOMPARE(matrix.entries.size(), std::size_t{2});
    QCOMPARE(io::meanSquares(*matrix.find("blk.0.attn_q.weight")), (std::vector<float>{0.1F, 0.2F, 0.5F}));
    // An expert that no token came by counts every column alike.
    QCOMPARE(io::meanSquares(*matrix.find("blk.0.ffn_up_exps.weight")), (std::vector<float>{0.5F, 1, 2, 1, 1, 1}));
    QVERIFY(matrix.find("blk.0.attn_v.weight") == nullptr);
  }

  void datIsDividedByItsCalls() {
    const ImportanceMatrix matrix = parse(validDat());
    QCOMPARE(matrix.datasets, (std::vector<std::string>{"text.txt"}));
    QCOMPARE(matrix.chunkCount, 2U);
    QCOMPARE(io::meanSquares(*matrix.find("blk.0.ffn_down.weight")), (std::vector<float>{1, 2, 0.5F}));
    QCOMPARE(io::meanSquares(*matrix.find("blk.0.attn_k.weight")), (std::vector<float>{3, 5}));
    // Older files end after the last weight, or after the count of chunks.
    const FileBytes old = entry(dat(1), "w", 4, {8});
    QCOMPARE(io::meanSquares(*parse(old).find("w")), std::vector<float>{2});
    QCOMPARE(parse(FileBytes(old).number(std::int32_t{3})).chunkCount, 3U);
  }

  void whatIsWrittenIsRead() {
    ImportanceMatrix matrix;
    matrix.datasets = {"some text"};
    matrix.chunkCount = 3;
    matrix.chunkSize = 100;
    matrix.entries = {{"blk.0.a.weight", {1.5F, 0.0F, 7.25F}, {250}}, {"blk.1.a.weight", {3, 4, 5, 6}, {10, 20}}};
    io::writeImportanceGguf(matrix, io::OutputFile(path("m.gguf")));
    const ImportanceMatrix gguf = io::readImportanceMatrix(path("m.gguf"));
    QCOMPARE(gguf.datasets, matrix.datasets);
    QCOMPARE(gguf.chunkCount, 3U);
    QCOMPARE(gguf.chunkSize, 100U);
    for (std::size_t i = 0; i < 2; ++i) {
      QCOMPARE(gguf.entries[i].name, matrix.entries[i].name);
      QCOMPARE(gguf.entries[i].sums, matrix.entries[i].sums);
      QCOMPARE(gguf.entries[i].divisors, matrix.entries[i].divisors);
    }
    const io::MappedFile file(path("m.gguf"));
    QCOMPARE(io::parseGguf(file.contents(), nullptr, "m.gguf")->kind(), io::ModelKind::ImportanceMatrix);
    io::writeImportanceDat(matrix, io::OutputFile(path("m.dat")));
    const ImportanceMatrix older = io::readImportanceMatrix(path("m.dat"));
    QCOMPARE(older.datasets, matrix.datasets);
    QCOMPARE(older.chunkCount, 3U);
    QCOMPARE(older.entries[0].divisors, std::vector<float>{3});  // 250 tokens are three calls of at most 100
    for (std::size_t i = 0; i < 2; ++i) {
      const auto wanted = io::meanSquares(matrix.entries[i]), found = io::meanSquares(older.entries[i]);
      QCOMPARE(found.size(), wanted.size());
      for (std::size_t c = 0; c < wanted.size(); ++c)
        QVERIFY(std::abs(found[c] - wanted[c]) <= 2e-7F * wanted[c]);  // one rounding more
    }
  }

  void callsBeyond31BitsAreRefused() {
    ImportanceMatrix matrix;
    matrix.entries = {{"blk.0.a.weight", {1, 2}, {0x1p40F}}};
    QVERIFY_EXCEPTION_THROWN(io::writeImportanceDat(matrix, io::OutputFile(path("many.dat"))), Error);
    QVERIFY(!std::filesystem::exists(path("many.dat")));
    matrix.chunkSize = 1024;  // 2^30 calls
    io::writeImportanceDat(matrix, io::OutputFile(path("many.dat")));
    QCOMPARE(io::readImportanceMatrix(path("many.dat")).entries[0].divisors, std::vector<float>{0x1p30F});
  }

  void badFiles_data() {
    QTest::addColumn<FileBytes>("file");
    QTest::addColumn<QString>("words");
    row("empty", FileBytes(), "ends too early");
    row("web page", FileBytes().raw("<!DOCTYPE html><html><body>404</body></html>"), "a web page");
    row("no weights", dat(0), "the count of an importance matrix's weights is 0");
    row("negative count", dat(-5).zeros(64), "is -5");
    row("count beyond the file", dat(1000).zeros(100), "is 1000, which cannot be with 100 bytes left");
    row("name beyond the file", dat(1).number(std::int32_t{100}).zeros(20), "the length of a weight's name is 100");
    row("empty name", dat(1).number(std::int32_t{0}).zeros(20), "the length of a weight's name is 0");
    row("no values", entry(dat(1), "w", 1, {}).zeros(4), "the count of values of \"w\" is 0");
    row("values beyond the file",
        dat(1).number(std::int32_t{1}).raw("w").number(std::int32_t{1}).number(std::int32_t{0x40000000}).zeros(8),
        "is 1073741824");
    row("NaN", entry(dat(1), "w", 1, {1, NAN}), "column 1 is nan");
    row("negative", entry(dat(1), "w", 1, {-1}), "column 0 is -1");
    row("twice", entry(entry(dat(2), "w", 1, {1}), "w", 1, {1}), "the weight \"w\" occurs twice");
    row("bytes after the end", FileBytes(validDat()).zeros(3),
        "expected the end of an importance matrix but found 3 more bytes");
    row("text beyond the file", entry(dat(1), "w", 1, {1}).number(std::int32_t{1}).number(std::int32_t{9}),
        "the length of the text's name is 9");

    row("a model", ggufForm({{"blk.0.attn_q.weight", {2, 1}, {1, 2}}}), "without tensors NAME.in_sum2");
    row("no counts", ggufForm({{"w.in_sum2", {2, 1}, {1, 2}}}),
        "the tensor \"w.in_sum2\" has no \"w.counts\" beside it");
    row("no sums", ggufForm({{"w.counts", {1, 1}, {1}}}), "the tensor \"w.counts\" has no \"w.in_sum2\" beside it");
    row("another count of rows", ggufForm({{"w.in_sum2", {2, 2}, {1, 2, 3, 4}}, {"w.counts", {1, 1}, {1}}}),
        "[2, 2] but 1 counts");
    row("half precision", ggufForm({{"w.in_sum2", {2, 1}, {1}, kF16}, {"w.counts", {1, 1}, {1}}}), "should hold F32");
    row("infinite sum", ggufForm({{"w.in_sum2", {2, 1}, {1, INFINITY}}, {"w.counts", {1, 1}, {1}}}), "is inf");
    row("negative count of rows", ggufForm({{"w.in_sum2", {1, 1}, {1}}, {"w.counts", {1, 1}, {-3}}}),
        "a count of \"w\" should be from 0 to 2^53, but is -3");
    row("more rows than can be counted", ggufForm({{"w.in_sum2", {1, 1}, {1}}, {"w.counts", {1, 1}, {1e30F}}}),
        "a count of \"w\" should be from 0 to 2^53, but is 1e+30");
    row("no number of rows", ggufForm({{"w.in_sum2", {1, 1}, {1}}, {"w.counts", {1, 1}, {NAN}}}),
        "a count of \"w\" should be from 0 to 2^53, but is nan");
  }
  void badFiles() {
    QFETCH(FileBytes, file);
    QFETCH(QString, words);
    try {
      parse(file);
      QFAIL("accepted");
    } catch (const Error& error) {
      const QString sentence(error.what());
      QVERIFY2(sentence.contains(words) && sentence.endsWith('.') && !sentence.contains('\n'), error.what());
    }
  }

  // No crash, no allocation beyond the file; every prefix of a .dat but the older forms is refused.
  void damagedFiles_data() {
    QTest::addColumn<FileBytes>("file");
    QTest::newRow("gguf") << validGguf();
    QTest::newRow("dat") << validDat();
  }
  void damagedFiles() {
    QFETCH(FileBytes, file);
    std::vector<std::byte> bytes = file.bytes();
    const auto tryIt = [&](std::span<const std::byte> damaged) {
      const ExactBytes exact(damaged);
      allocation_meter::reset();
      try {
        for (const auto& entry : io::parseImportanceMatrix(exact.span, "\"damaged\"").entries)
          for (const float value : io::meanSquares(entry)) QVERIFY(std::isfinite(value) && value >= 0);
      } catch (const Error& error) {
        QVERIFY2(QString(error.what()).endsWith('.'), error.what());
      }
      QVERIFY(allocation_meter::largest <= std::max(bytes.size(), 16 * sizeof(io::TensorInfo)));
    };
    for (std::size_t length = 0; length < bytes.size(); ++length) tryIt(std::span(bytes).first(length));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::byte original = bytes[at];
      for (const int value : {0x00, 0xFF, 0x7F, 0x80}) {
        bytes[at] = static_cast<std::byte>(value);
        tryIt(bytes);
      }
      bytes[at] = original;
    }
  }

  // A stack of experts is quantized matrix by matrix, each by its own row of importance.
  void expertsHaveTheirOwnRows_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"q4_k:method=imatrix", "int4:range=mse,method=imatrix", "kmeans3:method=imatrix"})
      QTest::newRow(text) << text;
  }
  void expertsHaveTheirOwnRows() {
    QFETCH(QString, text);
    constexpr std::size_t kExperts = 3, kRows = 5, kColumns = 512;
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::vector<float> values(kExperts * kRows * kColumns);
    for (float& value : values) value = normal(random);
    quant::TensorCalibration calibration;
    for (std::size_t i = 0; i < kExperts * kColumns; ++i) calibration.importance.push_back(std::abs(normal(random)));
    const auto viewOf = [](std::span<const float> of, tensor::Shape shape) {
      return tensor::TensorView{"w", tensor::DType::F32, std::move(shape), std::as_bytes(of), nullptr};
    };
    const auto scheme = quant::Scheme::parse(text.toStdString());
    const auto stack = quant::quantize(scheme, viewOf(values, {kExperts, kRows, kColumns}), JobContext(), &calibration);
    std::vector<std::byte> expected;
    std::vector<float> decoded;
    for (std::size_t expert = 0; expert < kExperts; ++expert) {
      quant::TensorCalibration own;
      const auto row = calibration.importance.begin() + static_cast<std::ptrdiff_t>(expert * kColumns);
      own.importance.assign(row, row + kColumns);
      const auto part = std::span(values).subspan(expert * kRows * kColumns, kRows * kColumns);
      const auto matrix = quant::quantize(scheme, viewOf(part, {kRows, kColumns}), JobContext(), &own);
      expected.insert(expected.end(), matrix->payload.begin(), matrix->payload.end());
      const std::vector<float> made = quant::dequantize(*matrix);
      decoded.insert(decoded.end(), made.begin(), made.end());
    }
    QVERIFY(std::ranges::equal(stack->payload, expected));
    QCOMPARE(quant::dequantize(*stack), decoded);
    // One row for all of them is right, too; other counts are not, nor rows per matrix for a plain one.
    calibration.importance.resize(kColumns);
    QVERIFY(quant::quantize(scheme, viewOf(values, {kExperts, kRows, kColumns}), JobContext(), &calibration));
    calibration.importance.resize(2 * kColumns);
    for (const tensor::Shape& shape : {tensor::Shape{kExperts, kRows, kColumns}, {kExperts * kRows, kColumns}}) {
      QVERIFY_EXCEPTION_THROWN(quant::quantize(scheme, viewOf(values, shape), JobContext(), &calibration), Error);
    }
  }

  void stacksOfNothingAreQuantized() {
    const tensor::Shape shape{2, 0, 512};
    const tensor::TensorView view{"w", tensor::DType::F32, shape, {}, nullptr};
    for (const char* text : {"q4_k", "int4:range=mse", "kmeans3"}) {
      const auto made = quant::quantize(quant::Scheme::parse(text), view);
      QVERIFY(made->shape == shape && made->payload.empty());
    }
  }

  void asACalibrationItKnowsImportanceAlone() {
    calibrate::MatrixCalibration calibration(parse(validGguf()), "matrix.gguf");
    const JobContext job;
    const auto known = calibration.of("blk.0.attn_q.weight", quant::CalibrationNeed::Importance, job);
    QCOMPARE(known->importance, (std::vector<float>{0.1F, 0.2F, 0.5F}));
    QVERIFY(known->hessian.empty() && known->maxMagnitude.empty() && known->inputs.isEmpty());
    QCOMPARE(known->samples, std::uint64_t{10});
    QVERIFY(!calibration.of("elsewhere", quant::CalibrationNeed::Importance, job));
    for (const auto need : {quant::CalibrationNeed::Columns, quant::CalibrationNeed::Hessian}) {
      try {
        static_cast<void>(calibration.of("blk.0.attn_q.weight", need, job));
        QFAIL("known");
      } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Unsupported);
        QVERIFY(QString(error.what()).contains("matrix.gguf"));
      }
    }
    calibrate::MatrixCalibration same(parse(validGguf()), "other name"), other(parse(validDat()), "matrix.gguf");
    QCOMPARE(same.identity(), calibration.identity());
    QVERIFY(other.identity() != calibration.identity());
  }
};

QTEST_GUILESS_MAIN(TestImportanceMatrix)
#include "tst_importance_matrix.moc"
