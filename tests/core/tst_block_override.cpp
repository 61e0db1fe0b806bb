// One number of a stored tensor with other bits: nothing else changes, and the same change twice is none.
#include <QtTest>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_override.h"
#include "core/quant/explain/block_place.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "support/drawn_calibration.h"
#include "support/random_blocks.h"

using namespace core;
using quant::FieldPlace;
using quant::FieldRole;
using quant::QuantizedTensor;

namespace {

constexpr std::size_t kRows = 4, kWidth = 256;

tensor::TensorView weights() {
  support::RandomNumbers random(11);
  auto values = std::make_shared<std::vector<float>>(kRows * kWidth);
  for (float& value : *values) value = static_cast<float>(random.bell() * 0.05);
  return {"weight", tensor::DType::F32, {kRows, kWidth}, std::as_bytes(std::span(*values)), values};
}

/// What is stored, all of it.
std::vector<std::byte> everything(const QuantizedTensor& tensor) {
  std::vector<std::byte> all(tensor.payload.begin(), tensor.payload.end());
  const auto add = [&](const auto& list) {
    const auto bytes = std::as_bytes(std::span(list));
    all.insert(all.end(), bytes.begin(), bytes.end());
  };
  if (const auto* codes = tensor.as<quant::Uniform>()) add(codes->scales), add(codes->zeroPoints);
  if (const auto* codes = tensor.as<quant::LearnedCodeBooks>()) add(codes->levels);
  if (const auto* codes = tensor.as<quant::CodeBook>()) {
    add(codes->scales);
    add(std::vector<float>{codes->tensorFactor});
    if (codes->nested)
      add(codes->nested->codes), add(codes->nested->absmax), add(std::vector<float>{codes->nested->offset});
  }
  return all;
}

/// Whether a weight has the same scale as a block: rows, tiles and tensors are more than what is explained together.
bool isShared(const QuantizedTensor& tensor, const quant::BlockExplanation& block, std::uint64_t index) {
  const quant::Grouping grouping = quant::blockGrouping(tensor);
  return !tensor.dtype() &&
         quant::groupOf(grouping, kWidth, index) == quant::groupOf(grouping, kWidth, block.firstValue);
}

}  // namespace

class TestBlockOverride : public QObject {
  Q_OBJECT

 private slots:
  void everyBitOfABlock_data() {
    QTest::addColumn<QString>("scheme");
    for (const auto& preset : quant::presets())
      if (quant::calibrationNeed(preset.scheme) == quant::CalibrationNeed::None)
        QTest::newRow(preset.scheme.toString().c_str()) << QString::fromStdString(preset.scheme.toString());
  }
  void everyBitOfABlock() {
    QFETCH(QString, scheme);
    const auto tensor = quant::quantize(quant::Scheme::parse(scheme.toStdString()), weights());
    const std::vector<std::byte> stored = everything(*tensor);
    const std::vector<float> before = quant::dequantize(*tensor);
    const auto block = quant::explainStored(*tensor, 3, 0);
    std::set<FieldRole> changed;
    for (std::uint32_t f = 0; f < block.fields.fields.size(); ++f) {
      const quant::BlockField& field = block.fields.fields[f];
      const FieldPlace place{3, 0, f};
      if (field.role == FieldRole::Padding) {
        QVERIFY_THROWS_EXCEPTION(Error, quant::withFieldBits(*tensor, place, 1));
        continue;
      }
      if (field.role == FieldRole::Code && f % 31 != 0 && f + 1 != block.fields.fields.size()) continue;
      // The largest scale, which a maximum is read from, is none that is negative.
      const std::uint32_t bits = field.symbol == "M" ? field.bits() - 1 : field.bits();
      for (std::uint32_t bit = 0; bit < bits; ++bit) {
        const auto other = quant::withToggledBit(*tensor, place, bit);
        QCOMPARE(quant::fieldBits(*other, place), quant::fieldBits(*tensor, place) ^ (std::uint64_t{1} << bit));
        const auto again = quant::withToggledBit(*other, place, bit);
        QVERIFY2(everything(*again) == stored, qPrintable(QString("field %1 bit %2").arg(f).arg(bit)));
        QVERIFY(everything(*tensor) == stored);
        const std::vector<float> after = quant::dequantize(*other);
        for (std::size_t i = 0; i < after.size(); ++i) {
          if (after[i] == before[i] || (std::isnan(after[i]) && std::isnan(before[i]))) continue;
          changed.insert(field.role);
          // Only weights that the field speaks of, or that share it.
          const bool isOfBlock = i >= block.firstValue && i < block.firstValue + block.fields.values;
          QVERIFY(!isOfBlock || field.speaksOf(static_cast<std::uint32_t>(i - block.firstValue)));
          QVERIFY(isOfBlock || field.sharedBy != 1 || (field.role != FieldRole::Code && isShared(*tensor, block, i)));
        }
      }
    }
    QVERIFY(!changed.empty());
  }

  void findsTheCodeOfAWeight_data() { everyBitOfABlock_data(); }
  void findsTheCodeOfAWeight() {
    QFETCH(QString, scheme);
    const auto tensor = quant::quantize(quant::Scheme::parse(scheme.toStdString()), weights());
    const std::vector<float> before = quant::dequantize(*tensor);
    for (const std::uint64_t element : {0U, 77U, 511U, 512U + 200U, 1023U}) {
      if (tensor->changes != nullptr && !tensor->changes->outlierColumns.empty()) break;
      const FieldPlace place = quant::codePlace(*tensor, element);
      const std::uint64_t bits = quant::fieldBits(*tensor, place);
      bool doesChange = false;
      for (std::uint32_t bit = 0; bit < 32; ++bit) {
        const auto other = quant::withFieldBits(*tensor, place, bits ^ (std::uint64_t{1} << bit));
        float after = 0.0F;
        quant::decode(*other, element, 1, &after);
        doesChange |= after != before[element];
      }
      QVERIFY2(doesChange, std::to_string(element).c_str());
    }
    QVERIFY_THROWS_EXCEPTION(Error, quant::codePlace(*tensor, kRows * kWidth));
  }

  void findsTheNextCodes() {
    for (const char* scheme : {"int4:group=64", "int8", "nf4", "q4_k", "bf16", "fp8_e4m3:scale=row", "iq4_nl"}) {
      const auto tensor = quant::quantize(quant::Scheme::parse(scheme), weights());
      const auto neighbours = quant::codeNeighbours(*tensor, 700);
      QVERIFY2(neighbours.lower && neighbours.higher, scheme);
      const auto place = quant::codePlace(*tensor, 700);
      float value = 0, low = 0, high = 0;
      quant::decode(*tensor, 700, 1, &value);
      const auto lower = quant::withFieldBits(*tensor, place, *neighbours.lower),
                 higher = quant::withFieldBits(*tensor, place, *neighbours.higher);
      quant::decode(*lower, 700, 1, &low);
      quant::decode(*higher, 700, 1, &high);
      QVERIFY2(low < value && value < high, scheme);
      // The next but one is this one again.
      QCOMPARE(quant::codeNeighbours(*lower, 700).higher, std::optional(quant::fieldBits(*tensor, place)));
      QCOMPARE(quant::codeNeighbours(*higher, 700).lower, std::optional(quant::fieldBits(*tensor, place)));
    }
  }

  void refusesWhatIsNotThere() {
    const auto tensor = quant::quantize(quant::Scheme::parse("int4:group=64"), weights());
    QVERIFY_THROWS_EXCEPTION(Error, quant::withFieldBits(*tensor, {kRows, 0, 0}, 0));
    QVERIFY_THROWS_EXCEPTION(Error, quant::withFieldBits(*tensor, {0, 8, 0}, 0));
    QVERIFY_THROWS_EXCEPTION(Error, quant::withFieldBits(*tensor, {0, 0, 99}, 0));
    QVERIFY_THROWS_EXCEPTION(Error, quant::withToggledBit(*tensor, {0, 0, 1}, 4));
    // Bits above the field's are ignored.
    QCOMPARE(quant::fieldBits(*quant::withFieldBits(*tensor, {0, 0, 1}, 0xF5), {0, 0, 1}), std::uint64_t{5});
  }

  void columnsInAnotherOrder() {
    auto tensor = std::make_shared<QuantizedTensor>(*quant::quantize(quant::Scheme::parse("int4:group=64"), weights()));
    quant::ColumnChanges changes;
    for (std::uint32_t c = 0; c < kWidth; ++c) changes.order.push_back((c * 37 + 5) % kWidth);
    tensor->changes = std::make_shared<const quant::ColumnChanges>(changes);
    const std::vector<float> before = quant::dequantize(*tensor);
    const std::uint64_t element = 2 * kWidth + 100;
    const FieldPlace place = quant::codePlace(*tensor, element);
    const std::vector<float> after = quant::dequantize(*quant::withToggledBit(*tensor, place, 2));
    for (std::size_t i = 0; i < after.size(); ++i) QCOMPARE(after[i] != before[i], i == element);
  }
};

QTEST_GUILESS_MAIN(TestBlockOverride)
#include "tst_block_override.moc"
