// What packed layouts hold of a weight, and which schemes they can hold. That other programs read the same is checked
// by tests/peer/check_packed.py; here single codes are taken out of the bytes by the layouts' own words.
#include <QtTest>
#include <array>
#include <cmath>
#include <cstring>
#include <random>

#include "core/numeric/half.h"
#include "core/quant/llm_int8_row.h"
#include "core/quant/pack/bitsandbytes_pieces.h"
#include "core/quant/pack/packed_pieces.h"
#include "core/quant/quantizer.h"

using namespace core::quant;
using core::tensor::DType;
using core::tensor::Shape;

namespace {

constexpr std::uint64_t kRows = 64, kColumns = 128;

QuantizedTensor someWeight(Shape shape = {kRows, kColumns}) {
  auto values = std::make_shared<std::vector<float>>(shape.count());
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0.01F, 0.02F);
  for (float& value : *values) value = normal(random);
  QuantizedTensor tensor;
  tensor.name = "some.weight";
  tensor.shape = std::move(shape);
  tensor.layout = Elements{DType::F32};
  tensor.payload = std::as_bytes(std::span(*values));
  tensor.owner = values;
  return tensor;
}

std::uint32_t wordAt(const std::vector<std::byte>& bytes, std::uint64_t index) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + index * 4, 4);
  return word;
}
float halfAt(const std::vector<std::byte>& bytes, std::uint64_t index) {
  std::uint16_t half = 0;
  std::memcpy(&half, bytes.data() + index * 2, 2);
  return core::numeric::halfToFloat(half);
}
float floatAt(const std::vector<std::byte>& bytes, std::uint64_t index) {
  float value = 0;
  std::memcpy(&value, bytes.data() + index * 4, 4);
  return value;
}
/// The code at a bit position of a stream of words.
std::uint32_t bitsAt(std::uint64_t low, std::uint64_t position, std::uint32_t bits) {
  return static_cast<std::uint32_t>(low >> position) & ((1U << bits) - 1U);
}

const std::vector<std::byte>& piece(const std::vector<PieceSpec>& specs, const PieceBytes& pieces, const char* ending) {
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (specs[i].ending == ending) return pieces[i];
  throw std::runtime_error(std::string("no piece ").append(ending));
}

/// The code of (row, column) along a column of words, as GPTQ packs them.
std::uint32_t gptqCode(const std::vector<std::byte>& words, std::uint64_t row, std::uint64_t column,
                       std::uint32_t bits) {
  const std::uint64_t bit = column * bits, word = bit / 32;
  std::uint64_t both = wordAt(words, word * kRows + row);
  if (bit % 32 + bits > 32) both |= static_cast<std::uint64_t>(wordAt(words, (word + 1) * kRows + row)) << 32;
  return bitsAt(both, bit % 32, bits);
}

}  // namespace

class TestFolderLayouts : public QObject {
  Q_OBJECT

 private slots:
  /// For every layout and what it can hold: the pieces are those that were announced, to the byte.
  void piecesAreAsAnnounced_data() {
    QTest::addColumn<QString>("layout");
    QTest::addColumn<QString>("text");
    const std::pair<const char*, const char*> cases[] = {
        {"bitsandbytes", "nf4"},
        {"bitsandbytes", "fp4:block=128"},
        {"bitsandbytes", "nf4:double=on"},
        {"bitsandbytes", "llm_int8"},
        {"gptq", "int4:group=32"},
        {"gptq", "int2:group=64,range=minmax"},
        {"gptq", "int3:range=minmax"},
        {"gptq", "int8:scales=fp16"},
        {"gptq_v2", "int4:group=128,range=minmax"},
        {"awq", "int4:group=32,range=minmax"},
        {"awq", "int4:group=row,scales=fp16"},
        {"compressed-tensors", "int4:group=32"},
        {"compressed-tensors", "int4:group=128,range=minmax"},
        {"compressed-tensors", "int8:scales=bf16"},
        {"compressed-tensors", "int8:activations=int8_dynamic"},
        {"compressed-tensors", "int8:group=tensor,activations=int8_dynamic"},
        {"compressed-tensors", "fp8_e4m3:scale=row"},
        {"compressed-tensors", "fp8_e4m3:scale=tensor,activations=fp8_dynamic"},
        {"compressed-tensors", "fp8_e4m3:scale=block128"},
        {"compressed-tensors", "nv_e2m1"},
        {"compressed-tensors", "mx_e2m1"}};
    for (const auto& [layout, text] : cases)
      QTest::addRow("%s %s", layout, text) << QString::fromLatin1(layout) << QString::fromLatin1(text);
  }
  void piecesAreAsAnnounced() {
    QFETCH(QString, layout);
    QFETCH(QString, text);
    const FolderLayout where = folderLayoutOf(layout.toStdString()).value();
    const Scheme scheme = Scheme::parse(text.toStdString());
    const QuantizedTensor weight = someWeight();
    QCOMPARE(whyNotLayout(where, scheme, weight.shape), std::string());
    const auto made = quantize(scheme, weight);
    const auto specs = pieceSpecs(where, scheme, weight.shape);
    const auto pieces = packPieces(where, *made);
    QCOMPARE(pieces.size(), specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i)
      QVERIFY2(core::tensor::storageBytes(specs[i].dtype, specs[i].shape) == pieces[i].size(), specs[i].ending.c_str());
  }

  void gptqCodesAreWhereTheyBelong_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"int4:group=32", "int4:group=32,range=minmax", "int3:group=64,range=minmax",
                             "int2:group=64,range=minmax", "int8:range=minmax,scales=fp16"})
      QTest::newRow(text) << QString::fromLatin1(text);
  }
  void gptqCodesAreWhereTheyBelong() {
    QFETCH(QString, text);
    const Scheme scheme = Scheme::parse(text.toStdString());
    const QuantizedTensor weight = someWeight();
    const auto made = quantize(scheme, weight);
    const auto expected = dequantize(*made);
    const std::uint32_t bits = codeBits(scheme.format.name);
    for (const FolderLayout layout : {FolderLayout::Gptq, FolderLayout::GptqV2}) {
      const auto specs = pieceSpecs(layout, scheme, weight.shape);
      const auto pieces = packPieces(layout, *made);
      const auto &codes = piece(specs, pieces, ".qweight"), &zeros = piece(specs, pieces, ".qzeros");
      const auto &scales = piece(specs, pieces, ".scales"), &groups = piece(specs, pieces, ".g_idx");
      for (std::uint64_t row = 0; row < kRows; row += 7) {
        for (std::uint64_t column = 0; column < kColumns; ++column) {
          const std::uint64_t group = wordAt(groups, column);
          const std::uint64_t bit = row * bits, word = group * (kRows * bits / 32) + bit / 32;
          std::uint64_t both = wordAt(zeros, word);
          if (bit % 32 + bits > 32) both |= static_cast<std::uint64_t>(wordAt(zeros, word + 1)) << 32;
          std::uint32_t zero = bitsAt(both, bit % 32, bits);
          if (layout == FolderLayout::Gptq) zero = (zero + 1) & ((1U << bits) - 1U);
          const float code = static_cast<float>(gptqCode(codes, row, column, bits)) - static_cast<float>(zero);
          QCOMPARE(halfAt(scales, group * kRows + row) * code, expected[row * kColumns + column]);
        }
      }
    }
  }

  void awqCodesAreWhereTheyBelong() {
    const Scheme scheme = Scheme::parse("int4:group=32,range=minmax");
    const QuantizedTensor weight = someWeight();
    const auto made = quantize(scheme, weight);
    const auto expected = dequantize(*made);
    const auto specs = pieceSpecs(FolderLayout::Awq, scheme, weight.shape);
    const auto pieces = packPieces(FolderLayout::Awq, *made);
    const auto &codes = piece(specs, pieces, ".qweight"), &zeros = piece(specs, pieces, ".qzeros");
    const auto& scales = piece(specs, pieces, ".scales");
    constexpr std::array<std::uint32_t, 8> kNibbleOf = {0, 4, 1, 5, 2, 6, 3, 7};  // of output 8w + i
    for (std::uint64_t row = 0; row < kRows; ++row) {
      for (std::uint64_t column = 0; column < kColumns; column += 5) {
        const std::uint64_t group = column / 32;
        const std::uint32_t shift = 4 * kNibbleOf[row % 8];
        const auto code = static_cast<float>(bitsAt(wordAt(codes, column * (kRows / 8) + row / 8), shift, 4));
        const auto zero = static_cast<float>(bitsAt(wordAt(zeros, group * (kRows / 8) + row / 8), shift, 4));
        QCOMPARE(halfAt(scales, group * kRows + row) * (code - zero), expected[row * kColumns + column]);
      }
    }
  }

  void compressedCodesAreWhereTheyBelong() {
    const QuantizedTensor weight = someWeight();
    const auto check = [&](const char* text, const auto& valueAt) {
      const Scheme scheme = Scheme::parse(text);
      const auto made = quantize(scheme, weight);
      const auto expected = dequantize(*made);
      const auto specs = pieceSpecs(FolderLayout::CompressedTensors, scheme, weight.shape);
      const auto pieces = packPieces(FolderLayout::CompressedTensors, *made);
      const auto bytesOf = [&](const char* ending) -> const std::vector<std::byte>& {
        return piece(specs, pieces, ending);
      };
      for (std::uint64_t row = 0; row < kRows; row += 3)
        for (std::uint64_t column = 0; column < kColumns; ++column)
          QCOMPARE(valueAt(bytesOf, row, column), expected[row * kColumns + column]);
    };
    check("int4:group=32,range=minmax", [](const auto& bytes, std::uint64_t row, std::uint64_t column) {
      const std::uint64_t group = column / 32, groups = kColumns / 32;
      const auto code = bitsAt(wordAt(bytes(".weight_packed"), row * (kColumns / 8) + column / 8), 4 * (column % 8), 4);
      const auto zero = bitsAt(wordAt(bytes(".weight_zero_point"), row / 8 * groups + group), 4 * (row % 8), 4);
      return halfAt(bytes(".weight_scale"), row * groups + group) *
             (static_cast<float>(code) - static_cast<float>(zero));
    });
    check("int8:activations=int8_dynamic", [](const auto& bytes, std::uint64_t row, std::uint64_t column) {
      const auto code = static_cast<std::int8_t>(bytes(".weight")[row * kColumns + column]);
      return floatAt(bytes(".weight_scale"), row) * static_cast<float>(code);
    });
    constexpr std::array<float, 16> kE2M1 = {0, 0.5F, 1, 1.5F, 2, 3, 4, 6, -0.0F, -0.5F, -1, -1.5F, -2, -3, -4, -6};
    check("mx_e2m1", [&](const auto& bytes, std::uint64_t row, std::uint64_t column) {
      const auto pair = std::to_integer<unsigned>(bytes(".weight_packed")[(row * kColumns + column) / 2]);
      const auto exponent = std::to_integer<int>(bytes(".weight_scale")[row * (kColumns / 32) + column / 32]) - 127;
      return kE2M1[column % 2 == 0 ? pair & 15U : pair >> 4] * std::ldexp(1.0F, exponent);
    });
  }

  void bitsandbytesStatesHaveOneLength() {
    for (const char* text : {"nf4", "nf4:double=on", "fp4:block=256,double=on"}) {
      const Scheme scheme = Scheme::parse(text);
      const QuantizedTensor weight = someWeight({kRows, kColumns});
      const auto pieces = packPieces(FolderLayout::Bitsandbytes, *quantize(scheme, weight), {"bfloat16"});
      const std::string state(reinterpret_cast<const char*>(pieces.back().data()), pieces.back().size());
      QCOMPARE(state.size() % 8, std::size_t{0});
      QVERIFY2(state.starts_with('{') && state.find_last_not_of(' ') == state.rfind('}'), state.c_str());
      QVERIFY(state.find("\"dtype\":\"bfloat16\"") != std::string::npos);
    }
  }

  /// The scale that a row decodes with says what its absmax was.
  void absmaxOfInt8ComesBack() {
    std::mt19937 random(3);
    for (int i = 0; i < 20000; ++i) {
      const auto half = static_cast<std::uint16_t>(random() % 0x7C00U);
      const float absmax = core::numeric::halfToFloat(half);
      QCOMPARE(llmInt8Absmax(absmax * kLlmInt8OneOver127), absmax);
    }
    QCOMPARE(llmInt8Absmax(0.0F), 0.0F);
  }

  void whatALayoutCannotHoldIsASentence_data() {
    QTest::addColumn<QString>("layout");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* layout, const char* text, const char* says) {
      QTest::addRow("%s %s", layout, text)
          << QString::fromLatin1(layout) << QString::fromLatin1(text) << QString::fromLatin1(says);
    };
    row("plain", "nf4", "fp32, fp16 and bf16");
    row("plain", "fp8_e4m3", "fp32, fp16 and bf16");
    row("plain", "q8_0", "fp32, fp16 and bf16");
    row("bitsandbytes", "int8", "llm_int8");
    row("bitsandbytes", "q4_0", "nf4, fp4 or llm_int8");
    row("bitsandbytes", "nf4:activations=fp8_dynamic", "inputs as they are");
    row("bitsandbytes", "dynamic8", "nf4, fp4 or llm_int8");
    row("gptq", "nf4", "integers under scales");
    row("gptq", "int5", "2, 3, 4 or 8 bits");
    row("gptq", "int8", "scales=fp16");
    row("gptq", "int4:group=tensor", "group=128");
    row("gptq", "int4:group=64,scales=uint8", "scales=fp16");
    row("gptq", "int4:group=64,range=minmax,method=hqq", "whole zero-points");
    row("gptq", "int4:range=minmax,activations=int8_dynamic", "inputs as they are");
    row("gptq", "int4:group=48", "multiple of 48");
    row("gptq_v2", "int7", "2, 3, 4 or 8 bits");
    row("awq", "int3", "4 bits");
    row("awq", "int4:group=128,range=minmax,method=gptq,act_order=on", "static_groups=on");
    row("awq", "int4:group=96", "multiple of 96");
    row("compressed-tensors", "nf4", "nv_e2m1");
    row("compressed-tensors", "int6", "4 or 8 bits");
    row("compressed-tensors", "int8", "scales=fp16");
    row("compressed-tensors", "int8:group=tensor", "group=128");
    row("compressed-tensors", "int4:range=minmax,activations=int8_dynamic", "INT8 weights alone");
    row("compressed-tensors", "int8:range=minmax,activations=int8_dynamic", "symmetric");
    row("compressed-tensors", "int8:group=32,activations=int8_dynamic", "group=row");
    row("compressed-tensors", "fp8_e4m3", "scale=row");
    row("compressed-tensors", "fp8_e5m2:scale=row", "E4M3 alone");
    row("compressed-tensors", "mx_e4m3", "mx_e2m1");
    row("compressed-tensors", "q4_k", "nv_e2m1");
  }
  void whatALayoutCannotHoldIsASentence() {
    QFETCH(QString, layout);
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto why = QString::fromStdString(whyNotLayout(folderLayoutOf(layout.toStdString()).value(),
                                                         Scheme::parse(text.toStdString()), Shape{kRows, kColumns}));
    QVERIFY2(why.contains(says) && why.endsWith(u'.') && !why.contains(u'\n'), qPrintable(why));
  }

  void oddMeasuresAreASentence() {
    const auto why = [](FolderLayout layout, const char* text, Shape shape) {
      return QString::fromStdString(whyNotLayout(layout, Scheme::parse(text), shape));
    };
    QVERIFY(why(FolderLayout::Gptq, "int4", {64, 36}).contains(QLatin1String("columns")));
    QVERIFY(why(FolderLayout::Gptq, "int4", {60, 64}).contains(QLatin1String("rows")));
    QVERIFY(why(FolderLayout::Gptq, "int3", {48, 64}).contains(QLatin1String("multiple of 32")));
    QVERIFY(why(FolderLayout::Awq, "int4", {12, 64}).contains(QLatin1String("rows")));
    QVERIFY(why(FolderLayout::CompressedTensors, "nv_e2m1", {8, 24}).contains(QLatin1String("multiple of 16")));
    QVERIFY(why(FolderLayout::Bitsandbytes, "nf4", {4, 8, 16}).contains(QLatin1String("matrices")));
    QVERIFY(why(FolderLayout::Bitsandbytes, "nf4", {7, 9}).isEmpty());
    QVERIFY(why(FolderLayout::CompressedTensors, "fp8_e4m3:scale=block128", {130, 300}).isEmpty());
  }

  void layoutsHaveNames() {
    for (const FolderLayout layout : allFolderLayouts())
      QCOMPARE(folderLayoutOf(toString(layout)), std::optional(layout));
    QVERIFY(!folderLayoutOf("exl2"));
  }
};

QTEST_GUILESS_MAIN(TestFolderLayouts)
#include "tst_folder_layouts.moc"
