#include <QtTest>
#include <cmath>
#include <cstring>
#include <random>

#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "formula_evaluator.h"
#include "support/drawn_calibration.h"
#include "support/golden.h"

using namespace core;
using quant::BlockExplanation;
using quant::BlockField;
using quant::FieldRole;
using quant::Scheme;
using quant::StepId;

namespace {

constexpr std::uint64_t kRows = 3, kColumns = 1024;

/// Rows that are like weights, ones with heavy tails, zeros, tiny and huge ones, and ones with damage.
std::vector<float> testWeights() {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(kRows * kColumns);
  for (float& value : values) value = 0.02F * normal(random);
  for (std::size_t i = 0; i < kColumns; i += 37) values[i] *= 40.0F;         // outliers
  for (std::size_t i = kColumns; i < kColumns + 256; ++i) values[i] = 0.0F;  // zeros
  for (std::size_t i = kColumns + 256; i < kColumns + 512; ++i) values[i] = std::abs(values[i]);
  for (std::size_t i = kColumns + 512; i < kColumns + 768; ++i) values[i] *= 1e-7F;
  for (std::size_t i = kColumns + 768; i < kColumns + 1024; ++i) values[i] *= 1e9F;
  for (std::size_t i = 2 * kColumns + 5; i < 3 * kColumns; i += 97) values[i] = std::nanf("");
  for (std::size_t i = 2 * kColumns + 9; i < 3 * kColumns; i += 101) values[i] = i % 2 == 0 ? INFINITY : -INFINITY;
  for (std::size_t i = 2 * kColumns + 768; i < 3 * kColumns; ++i)  // nothing finite
    values[i] = i % 3 == 0 ? INFINITY : i % 3 == 1 ? -INFINITY : std::nanf("");
  return values;
}

quant::QuantizedTensor tensorOf(const std::vector<float>& values, const tensor::Shape& shape) {
  const auto owner = std::make_shared<const std::vector<float>>(values);
  return tensor::TensorView{"weight", tensor::DType::F32, shape, std::as_bytes(std::span(*owner)), owner};
}

bool sameFloat(double a, float b) { return (std::isnan(a) && std::isnan(b)) || static_cast<float>(a) == b; }

/// Code c of a row of b-bit codes, lowest bits first; the reading of this test.
std::uint32_t codeAt(std::span<const std::byte> payload, std::uint64_t firstBit, std::uint32_t bits) {
  std::uint32_t code = 0;
  for (std::uint32_t i = 0; i < bits; ++i)
    code |= ((std::to_integer<std::uint32_t>(payload[(firstBit + i) / 8]) >> ((firstBit + i) % 8)) & 1U) << i;
  return code;
}

/// The codes of the block among the bytes of the whole tensor, from the layouts' documentation.
std::vector<std::uint32_t> storedCodes(const quant::QuantizedTensor& tensor, std::uint64_t first, std::size_t count) {
  std::vector<std::uint32_t> codes;
  const std::uint32_t bits = quant::codeBits(tensor.scheme->format.name);
  const std::uint64_t rowBits = (tensor.rowValues() * bits + 7) / 8 * 8;
  const auto* book = tensor.as<quant::CodeBook>();
  const bool isHighFirst = book != nullptr && book->packing == quant::Packing::NibblesHighFirst;
  for (std::uint64_t at = first; at < first + count; ++at)
    codes.push_back(
        isHighFirst ? codeAt(tensor.payload, at / 2 * 8 + (at % 2 == 0 ? 4 : 0), 4)
                    : codeAt(tensor.payload, at / tensor.rowValues() * rowBits + at % tensor.rowValues() * bits, bits));
  return codes;
}

void compareBytes(const BlockExplanation& block, const quant::QuantizedTensor& whole) {
  if (const auto dtype = whole.dtype()) {
    const auto& type = tensor::info(*dtype);
    const auto stored =
        whole.payload.subspan(block.firstValue / type.blockValues * type.blockBytes, block.bytes.size());
    QVERIFY(std::memcmp(stored.data(), block.bytes.data(), stored.size()) == 0);
    return;
  }
  const auto codes = storedCodes(whole, block.firstValue, block.values.size());
  for (const BlockField& field : block.fields.fields)
    if (field.role == FieldRole::Code)
      QCOMPARE(quant::bitsOf(field, block.bytes), std::uint64_t{codes[field.firstValue]});
}

/// The scale that the stored fields make, from the documentation of the scale types.
double scaleOf(const BlockExplanation& block) {
  const auto number = [&](FieldRole role) {
    for (const BlockField& field : block.fields.fields)
      if (field.role == role) return static_cast<float>(quant::numberOf(field, quant::bitsOf(field, block.bytes)));
    return std::nanf("");
  };
  const quant::Format& format = block.scheme->format;
  const float scale = number(FieldRole::Scale), super = number(FieldRole::SuperScale);
  if (format.doubleQuantization == quant::DoubleQuantization::On)
    return static_cast<double>(scale * super + number(FieldRole::Offset));
  if (format.scaleType == quant::ScaleType::UInt8) return static_cast<double>(super * (scale / 255.0F));
  if (format.scaleType == quant::ScaleType::E4M3) return static_cast<double>(scale / super);
  return static_cast<double>(scale);
}

float wholeScale(const quant::QuantizedTensor& whole, std::uint64_t first) {
  if (const auto* codes = whole.as<quant::Uniform>())
    return codes->scales[quant::groupOf(codes->grouping, whole.rowValues(), first)];
  const auto& codes = *whole.as<quant::CodeBook>();
  return codes.scale(quant::groupOf(codes.grouping, whole.rowValues(), first));
}

void compareColumns(const BlockExplanation& block, std::uint64_t rowValues, const std::vector<float>& decoded) {
  const auto& values = block.step(StepId::Decoded)->values;
  const auto& errors = block.step(StepId::Error)->values;
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const float wanted = decoded[block.columns.empty() ? block.firstValue + i
                                                       : block.firstValue / rowValues * rowValues + block.columns[i]];
    QVERIFY2(sameFloat(values[i], wanted), qPrintable(QString("%1: %2, not %3").arg(i).arg(values[i]).arg(wanted)));
    if (std::isfinite(block.values[i])) QCOMPARE(errors[i], values[i] - static_cast<double>(block.values[i]));
    for (const quant::ExplanationStep& step : block.steps) QCOMPARE(step.values.size(), block.values.size());
    if (block.transfer) QVERIFY(sameFloat(values[i], block.transfer(block.values[i], i)));
  }
  for (const quant::ExplanationLevels& set : block.levels)
    for (std::size_t i = set.firstValue; i < std::size_t{set.firstValue} + set.valueCount; ++i)
      if (!std::isnan(values[i]) && !std::isinf(values[i]))
        QVERIFY2(std::binary_search(set.levels.begin(), set.levels.end(), values[i]),
                 qPrintable(QString("%1 is no level").arg(values[i])));
}

void compareSize(const BlockExplanation& block, const quant::QuantizedTensor& whole) {
  std::uint64_t bits = 0;
  double perWeight = 0.0;
  for (const quant::SizePart& part : block.size) bits += part.bits, perWeight += part.bitsPerWeight;
  QCOMPARE(bits, 8 * whole.bytes());
  QCOMPARE(block.bitsPerWeight, whole.bitsPerWeight());
  QVERIFY(std::abs(perWeight - block.bitsPerWeight) < 1e-12 * block.bitsPerWeight);
}

/// What the columns of whole numbers say must be the codes that are stored.
void compareCodes(const BlockExplanation& block) {
  const auto* clamp = block.step(StepId::Clamp);
  const auto* uniform = block.scheme->format.name <= quant::FormatName::Int2 ? clamp : nullptr;
  if (uniform == nullptr || quant::family(block.scheme->format.name) != quant::Family::Integer) return;
  const double lowest = -std::exp2(quant::codeBits(block.scheme->format.name) - 1) +
                        (block.scheme->format.zeroPoint == quant::ZeroPoint::On ? 0.0 : 1.0);
  for (std::size_t i = 0; i < block.values.size(); ++i)
    QCOMPARE(clamp->values[i] - lowest, block.step(StepId::Code)->values[i]);
}

/// What was computed before it was stored must become what is stored.
void compareParameters(const BlockExplanation& block) {
  for (const quant::ExplanationParameter& parameter : block.parameters) {
    if (!parameter.computed || parameter.bits == 0 || parameter.role == FieldRole::Level) continue;
    const double computed = *parameter.computed, stored = parameter.stored;
    const BlockField& field = block.fields.fields[parameter.fields.at(0)];
    if (field.reading == quant::FieldReading::Fp16) {
      const double tolerance = std::max(std::abs(computed) * 0x1p-11, 0x1p-24);  // half an ulp, upward below 2^−14
      const double limited = std::clamp(computed, -65504.0, 65504.0);
      QVERIFY2(std::abs(limited - stored) <= tolerance, qPrintable(QString("%1 as %2").arg(computed).arg(stored)));
    } else if (field.reading == quant::FieldReading::Unsigned || field.reading == quant::FieldReading::Signed) {
      const bool isSigned = field.reading == quant::FieldReading::Signed || parameter.symbol == "Z";
      const double low = isSigned ? -std::exp2(field.bits() - 1) : 0.0, high = low + std::exp2(field.bits()) - 1.0;
      const double rounded = parameter.symbol == "k" ? std::ceil(computed) : std::nearbyint(computed);
      QVERIFY2(std::abs(std::clamp(rounded, low, high) - stored) <= (parameter.symbol == "k" ? 1.0 : 0.0),
               qPrintable(QString("%1: %2 as %3").arg(parameter.symbol.c_str()).arg(computed).arg(stored)));
    }
  }
}

void compareBlock(const BlockExplanation& block, const quant::QuantizedTensor& whole,
                  const std::vector<float>& decoded) {
  compareBytes(block, whole);
  compareColumns(block, whole.rowValues(), decoded);
  compareSize(block, whole);
  compareCodes(block);
  if (block.scheme->method.name == quant::MethodName::RoundToNearest) compareParameters(block);
  const bool hasScale = whole.as<quant::Uniform>() != nullptr || whole.as<quant::CodeBook>() != nullptr;
  if (hasScale) QVERIFY(sameFloat(scaleOf(block), wholeScale(whole, block.firstValue)));
}

void addPresets() {
  QTest::addColumn<QString>("scheme");
  for (const quant::Preset& preset : quant::presets())
    QTest::newRow(preset.scheme.toString().c_str()) << QString::fromStdString(preset.scheme.toString());
  for (const char* scheme :
       {"int8:group=row,scales=bf16", "int4:group=24", "int5:group=tensor,range=mse,zero=on",
        "int3:group=tensor,range=percentile", "int6:range=percentile,zero=on,p=99",
        "int4:group=16,range=mse,zero=on,scales=uint8", "kmeans3:group=64", "kmeans2:group=tensor", "log5:group=tensor",
        "nf4:block=128,double=on", "dynamic8:block=64", "int4:group=50,method=gptq,act_order=on", "q8_0:method=gptq",
        "nf4:method=awq", "fp8_e4m3:method=smooth", "int5:group=tensor,range=minmax,method=hqq",
        "int4:scales=uint8,method=awq"})
    QTest::newRow(scheme) << QString(scheme);
}

}  // namespace

/// Explained blocks against what quantize() stores and decodes of the same tensor.
class TestBlockExplanation : public QObject {
  Q_OBJECT
 private slots:
  void equalsTheEncoder_data() { addPresets(); }
  void equalsTheEncoder();
  void readsStoredBlocks_data() { addPresets(); }
  void readsStoredBlocks();
  void readsAnyBytes();
  void followsImportance_data();
  void followsImportance();
  void expertsFollowTheirOwnImportance_data();
  void expertsFollowTheirOwnImportance();
  void everyStepHasItsNumbers_data() { addPresets(); }
  void everyStepHasItsNumbers();
  void formulasAreTrue_data() { addPresets(); }
  void formulasAreTrue();
  void takesAnyShape_data() { addPresets(); }
  void takesAnyShape();
  void saysWhatBecomesOfTheNonFinite();
  void saysWhatDoesNotFit();
  void refusesWhatIsNotThere();
  void namesWhatASchemeCannotHold();
};

void TestBlockExplanation::equalsTheEncoder() {
  QFETCH(QString, scheme);
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  const auto source = tensorOf(testWeights(), {kRows, kColumns});
  const auto calibration = support::drawnCalibration(parsed, kColumns);
  const auto whole = quant::quantize(parsed, source, JobContext(), &calibration);
  const std::vector<float> decoded = quant::dequantize(*whole);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    const std::uint64_t blocks = quant::blocksOfRow(parsed.format, source.shape, row);
    for (std::uint64_t b = 0; b < blocks; b += std::max<std::uint64_t>(1, blocks / 8)) {
      compareBlock(quant::explainBlock(parsed, source, row, b, JobContext(), &calibration), *whole, decoded);
      if (QTest::currentTestFailed()) return qWarning("row %d, block %d", int(row), int(b));
    }
  }
}

/// A tensor that is stored so already is explained from its bytes alone, with the same outcome.
void TestBlockExplanation::readsStoredBlocks() {
  QFETCH(QString, scheme);
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  const auto source = tensorOf(testWeights(), {kRows, kColumns});
  const auto calibration = support::drawnCalibration(parsed, kColumns);
  const auto whole = quant::quantize(parsed, source, JobContext(), &calibration);
  const std::vector<float> decoded = quant::dequantize(*whole);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    const std::uint64_t last = quant::blocksOfRow(parsed.format, source.shape, row) - 1;
    const BlockExplanation stored = quant::explainStored(*whole, row, last);
    const BlockExplanation made = quant::explainBlock(parsed, source, row, last, JobContext(), &calibration);
    QVERIFY(stored.isStored);
    QVERIFY(stored.bytes == made.bytes);
    QCOMPARE(stored.firstValue, made.firstValue);
    compareColumns(stored, whole->rowValues(), decoded);
    compareSize(stored, *whole);
    for (const quant::ExplanationParameter& parameter : stored.parameters) QVERIFY(!parameter.computed);
    // The same from a source that is stored in the format: encoding it again could only lose.
    if (whole->dtype())
      QVERIFY(quant::explainBlock(parsed, *whole, row, last, JobContext(), &calibration).bytes == made.bytes);
  }
}

/// A file may hold anything: every type's blocks of random bytes are read as its decoder reads them.
void TestBlockExplanation::readsAnyBytes() {
  std::mt19937 random(11);
  for (const tensor::DTypeInfo& type : tensor::allDTypes()) {
    if (!quant::isDecodable(type.dtype)) continue;
    const tensor::Shape shape = {2, std::max<std::uint64_t>(8, 2 * type.blockValues)};
    std::vector<std::byte> bytes(*tensor::storageBytes(type.dtype, shape));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    const quant::QuantizedTensor stored = tensor::TensorView{"weight", type.dtype, shape, bytes, nullptr};
    const std::vector<float> decoded = quant::dequantize(stored);
    const BlockExplanation block = quant::explainStored(stored, 1, type.blockValues == 1 ? 0 : 1);
    const auto& values = block.step(StepId::Decoded)->values;
    QCOMPARE(values.size(), block.values.size());
    for (std::size_t i = 0; i < values.size(); ++i) QVERIFY(sameFloat(values[i], decoded[block.firstValue + i]));
    compareSize(block, stored);
  }
}

void TestBlockExplanation::followsImportance_data() {
  QTest::addColumn<QString>("scheme");
  for (const quant::Preset& preset : quant::presets()) {
    Scheme scheme = preset.scheme;
    scheme.method.name = quant::MethodName::ImportanceMatrix;
    if (scheme.problem().empty()) QTest::newRow(scheme.toString().c_str()) << QString::fromStdString(scheme.toString());
  }
}

void TestBlockExplanation::followsImportance() {
  QFETCH(QString, scheme);
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  quant::TensorCalibration calibration;
  std::mt19937 random(3);
  std::uniform_real_distribution<float> some(0.0F, 4.0F);
  for (std::uint64_t c = 0; c < kColumns; ++c) calibration.importance.push_back(some(random));
  const auto source = tensorOf(testWeights(), {kRows, kColumns});
  const auto whole = quant::quantize(parsed, source, JobContext(), &calibration);
  const std::vector<float> decoded = quant::dequantize(*whole);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    const std::uint64_t blocks = quant::blocksOfRow(parsed.format, source.shape, row);
    for (std::uint64_t b = 0; b < blocks; b += std::max<std::uint64_t>(1, blocks / 4)) {
      const BlockExplanation block = quant::explainBlock(parsed, source, row, b, JobContext(), &calibration);
      compareBlock(block, *whole, decoded);
      for (const quant::ExplanationParameter& parameter : block.parameters)
        QVERIFY2(row != 0 || formula::agrees(parameter.numbers).value_or(true), parameter.numbers.c_str());
      for (std::size_t s = 0; s < block.steps.size() && row == 0; ++s)
        for (std::size_t i = 0; i < block.values.size(); ++i)
          QVERIFY2(formula::agrees(quant::stepText(block, s, i)).value_or(true), quant::stepText(block, s, i).c_str());
      if (QTest::currentTestFailed()) return qWarning("row %d, block %d", int(row), int(b));
    }
  }
}

void TestBlockExplanation::expertsFollowTheirOwnImportance_data() {
  QTest::addColumn<QString>("text");
  for (const char* text :
       {"q4_k:method=imatrix", "int4:range=mse,method=imatrix", "int4:range=mse,scales=uint8,method=imatrix",
        "int4:group=tensor,range=mse,method=imatrix", "kmeans3:method=imatrix", "kmeans3:group=tensor,method=imatrix"})
    QTest::newRow(text) << text;
}

/// A stack of matrices has a row of importance each.
void TestBlockExplanation::expertsFollowTheirOwnImportance() {
  QFETCH(QString, text);
  const Scheme scheme = Scheme::parse(text.toStdString());
  std::mt19937 random(9);
  std::uniform_real_distribution<float> some(0.0F, 4.0F);
  quant::TensorCalibration calibration;
  for (std::uint64_t c = 0; c < 2 * kColumns; ++c) calibration.importance.push_back(some(random));
  const auto rows = testWeights();
  std::vector<float> weights = rows;
  weights.insert(weights.end(), rows.begin(), rows.end());
  const auto source = tensorOf(weights, {2, kRows, kColumns});
  const auto whole = quant::quantize(scheme, source, JobContext(), &calibration);
  const std::vector<float> decoded = quant::dequantize(*whole);
  for (std::uint64_t row = 0; row < 2 * kRows; ++row) {
    compareBlock(quant::explainBlock(scheme, source, row, 0, JobContext(), &calibration), *whole, decoded);
    if (QTest::currentTestFailed()) return qWarning("row %d", int(row));
  }
}

/// A formula whose names all have numbers: what is left without one is NaN, and where the weights are ordinary numbers
/// nothing is.
void TestBlockExplanation::everyStepHasItsNumbers() {
  QFETCH(QString, scheme);
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  const auto source = tensorOf(testWeights(), {kRows, kColumns});
  const auto calibration = support::drawnCalibration(parsed, kColumns);
  const BlockExplanation block = quant::explainBlock(parsed, source, 0, 0, JobContext(), &calibration);
  for (std::size_t s = 0; s < block.steps.size(); ++s)
    for (const std::size_t value : {std::size_t{0}, block.values.size() - 1}) {
      const QString text = QString::fromStdString(quant::stepText(block, s, value));
      const bool isLeftOut = std::isnan(block.steps[s].values[value]);  // where a group's stored scale is 0
      QVERIFY2(!text.contains("{") && (isLeftOut ? text.endsWith(" = NaN") : !text.contains("NaN")), qPrintable(text));
      QVERIFY2(text.startsWith(QString::fromStdString(block.steps[s].symbol)), qPrintable(text));
    }
  for (const quant::ExplanationParameter& parameter : block.parameters) {
    const QString text = QString::fromStdString(parameter.numbers);
    QVERIFY2(!text.contains("NaN") && !text.contains("{"), qPrintable(text));
    QVERIFY(!parameter.meaning.empty() && !parameter.storedAs.empty());
  }
  QVERIFY(!block.range.meaning.empty());
}

/// Every formula, computed with the numbers it shows, gives the result it shows.
void TestBlockExplanation::formulasAreTrue() {
  QFETCH(QString, scheme);
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  const auto source = tensorOf(testWeights(), {kRows, kColumns});
  const auto calibration = support::drawnCalibration(parsed, kColumns);
  int computed = 0;
  const auto check = [&](const std::string& text) {
    const auto agrees = formula::agrees(text);
    computed += agrees.has_value() ? 1 : 0;
    return agrees.value_or(true);
  };
  const std::uint64_t blocks = quant::blocksOfRow(parsed.format, source.shape, 0);
  for (std::uint64_t b = 0; b < blocks; b += std::max<std::uint64_t>(1, blocks / 4)) {
    const BlockExplanation block = quant::explainBlock(parsed, source, 0, b, JobContext(), &calibration);
    for (const quant::ExplanationParameter& parameter : block.parameters)
      QVERIFY2(check(parameter.numbers), parameter.numbers.c_str());
    for (std::size_t s = 0; s < block.steps.size(); ++s)
      for (std::size_t i = 0; i < block.values.size(); ++i)
        QVERIFY2(check(quant::stepText(block, s, i)), quant::stepText(block, s, i).c_str());
  }
  QVERIFY(computed > 0);
}

/// Rows of 33 values: short last groups, blocks that lie in two rows, codes that begin inside a byte; and one row.
void TestBlockExplanation::takesAnyShape() {
  QFETCH(QString, scheme);
  const Scheme parsed = Scheme::parse(scheme.toStdString());
  if (quant::family(parsed.format.name) == quant::Family::GgufBlock) return;
  const std::vector<float> all = testWeights();
  for (const tensor::Shape& shape :
       {tensor::Shape{7, 33}, tensor::Shape{5}, tensor::Shape{}, tensor::Shape{2, 3, 10}}) {
    const auto source = tensorOf({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shape.count())}, shape);
    const auto calibration = support::drawnCalibration(parsed, shape.rowValues());
    const auto whole = quant::quantize(parsed, source, JobContext(), &calibration);
    const std::vector<float> decoded = quant::dequantize(*whole);
    for (std::uint64_t row = 0; row < shape.rows(); ++row)
      for (std::uint64_t b = 0; b < quant::blocksOfRow(parsed.format, shape, row); ++b) {
        compareBlock(quant::explainBlock(parsed, source, row, b, JobContext(), &calibration), *whole, decoded);
        if (QTest::currentTestFailed()) return qWarning("%s, row %d", shape.toString().c_str(), int(row));
      }
  }
  QVERIFY_THROWS_EXCEPTION(Error, quant::explainBlock(parsed, tensorOf({}, {0, 32}), 0, 0));
}

void TestBlockExplanation::saysWhatBecomesOfTheNonFinite() {
  const auto source = tensorOf({1.0F, INFINITY, -INFINITY, std::nanf("")}, {1, 4});
  const auto decodedOf = [&](const char* scheme) {
    const BlockExplanation block = quant::explainBlock(Scheme::parse(scheme), source, 0, 0);
    return std::make_pair(block.step(StepId::Decoded)->values, QString::fromStdString(block.notes.at(0)));
  };
  const auto [integers, note] = decodedOf("int8");
  QVERIFY(note.contains("NaN becomes 0, an infinity the outermost level"));
  QCOMPARE(integers, (std::vector<double>{1.0, 1.0, -1.0, 0.0}));
  const auto [halves, kept] = decodedOf("fp16");
  QVERIFY(kept.contains("stay what they are"));
  QVERIFY(std::isinf(halves[1]) && std::isinf(halves[2]) && std::isnan(halves[3]));
  const auto [nf4, limited] = decodedOf("nf4");
  QVERIFY(limited.contains("largest finite magnitude"));
  QCOMPARE(nf4, (std::vector<double>{1.0, 1.0, -1.0, 0.0}));
}

/// Scales too large or too small for the type they are stored in, and casts that overflow: one sentence each.
void TestBlockExplanation::saysWhatDoesNotFit() {
  struct Case {
    const char* scheme;
    float value;
    const char* says;  ///< nothing: no such sentence
  };
  const Case cases[] = {{"int4", 8e5F, "is more than FP16 holds: 65504 is stored"},
                        {"int4", 1e-40F, "is less than FP16 holds"},
                        {"int4:scales=fp32", 8e5F, nullptr},
                        {"int4", 2.0F, nullptr},
                        {"q4_0", 1e6F, "is more than FP16 holds: −65504 is stored"},
                        {"q4_0", 1e-40F, "is too small for FP16 and becomes 0"},
                        {"q4_k", 1e30F, "is more than FP16 holds"},
                        {"log4", 1e6F, "is more than FP16 holds"},
                        {"kmeans4", 1e6F, "is more than FP16 holds"},
                        {"q4_k", 2.0F, nullptr},
                        {"fp16", 1e6F, "become infinite"},
                        {"bf16", 1e6F, nullptr},
                        {"fp8_e4m3", 1e6F, nullptr}};
  for (const Case& given : cases) {
    std::vector<float> values(256);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? given.value : -0.5F * given.value;
    const BlockExplanation block = quant::explainBlock(Scheme::parse(given.scheme), tensorOf(values, {1, 256}), 0, 0);
    const auto says = [&](std::string_view part) {
      return std::any_of(block.notes.begin(), block.notes.end(),
                         [&](const std::string& note) { return note.find(part) != std::string::npos; });
    };
    for (const std::string& note : block.notes) QVERIFY(note.ends_with('.'));
    if (given.says != nullptr)
      QVERIFY2(says(given.says), given.scheme);
    else
      QVERIFY2(!says("is stored, and") && !says("becomes 0") && !says("infinite"), given.scheme);
  }
  const BlockExplanation large = quant::explainBlock(Scheme::parse("int4"), tensorOf({8e5F, 1}, {1, 2}), 0, 0);
  QCOMPARE(large.range.high, 7 * 65504.0);
  QCOMPARE(large.levels.front().levels.size(), std::size_t{15});  // −7 … 7
  // The levels of a cast are those of the format, whatever the weights are.
  const BlockExplanation cast = quant::explainBlock(Scheme::parse("fp8_e4m3"), tensorOf({1e6F, 1}, {1, 2}), 0, 0);
  QCOMPARE(cast.range.low, -448.0);
  QCOMPARE(cast.range.high, 448.0);
}

void TestBlockExplanation::refusesWhatIsNotThere() {
  const auto source = tensorOf(testWeights(), {kRows, kColumns});
  const auto sentence = [&](const char* scheme, std::uint64_t row, std::uint64_t block) {
    try {
      quant::explainBlock(Scheme::parse(scheme), source, row, block);
    } catch (const Error& error) {
      return QString::fromStdString(error.what());
    }
    return QString();
  };
  QCOMPARE(sentence("int4", 3, 0), QString("The tensor \"weight\" has the rows 0 to 2; there is no row 3."));
  QCOMPARE(sentence("int4", 2, 32),
           QString("Row 2 of the tensor \"weight\" has the blocks 0 to 31; there is no block 32."));
  QCOMPARE(sentence("int8", 1, 1),
           QString("Row 1 of the tensor \"weight\" has one block, number 0; there is no block 1."));
  QCOMPARE(sentence("q4_k", 0, 4),
           QString("Row 0 of the tensor \"weight\" has the blocks 0 to 3; there is no block 4."));
}

void TestBlockExplanation::namesWhatASchemeCannotHold() {
  const auto source = tensorOf(std::vector<float>(48), {2, 24});
  QVERIFY_THROWS_EXCEPTION(Error, quant::explainBlock(Scheme::parse("q4_0"), source, 0, 0));
}

QTEST_APPLESS_MAIN(TestBlockExplanation)
#include "tst_block_explanation.moc"
