// A block's bytes made a tensor again: for what the encoders wrote, and for bytes changed at random.
#include <QtTest>
#include <bit>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_tensor.h"
#include "core/quant/quantizer.h"

using namespace core;
using quant::Scheme;

namespace {

std::shared_ptr<const std::vector<float>> weights(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.05F);
  auto values = std::make_shared<std::vector<float>>(count);
  for (float& value : *values) value = normal(random);
  return values;
}

tensor::TensorView rowOf(const std::shared_ptr<const std::vector<float>>& values) {
  return {"row", tensor::DType::F32, {1, values->size()}, std::as_bytes(std::span(*values)), values};
}

bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

}  // namespace

class TestBlockTensor : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void bytesReadAsTheEncoderMeant_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("count");
    for (const auto& [text, count] : {std::pair{"q4_0", 32},
                                      std::pair{"q4_1", 32},
                                      std::pair{"q5_0", 32},
                                      std::pair{"q8_0", 32},
                                      std::pair{"q2_k", 256},
                                      std::pair{"q3_k", 256},
                                      std::pair{"q4_k", 256},
                                      std::pair{"q5_k", 256},
                                      std::pair{"q6_k", 256},
                                      std::pair{"iq4_nl", 32},
                                      std::pair{"iq4_xs", 256},
                                      std::pair{"tq1_0", 256},
                                      std::pair{"tq2_0", 256},
                                      std::pair{"mxfp4", 32},
                                      std::pair{"nvfp4", 64},
                                      std::pair{"mx_e4m3", 32},
                                      std::pair{"mx_e5m2", 32},
                                      std::pair{"mx_e3m2", 32},
                                      std::pair{"mx_e2m3", 32},
                                      std::pair{"mx_e2m1", 32},
                                      std::pair{"mx_int8", 32},
                                      std::pair{"nv_e2m1", 16},
                                      std::pair{"nf4", 64},
                                      std::pair{"nf4:double=on", 64},
                                      std::pair{"fp4", 64},
                                      std::pair{"int8:group=32", 32},
                                      std::pair{"int4", 32},
                                      std::pair{"int4:range=minmax", 32},
                                      std::pair{"int3", 32},
                                      std::pair{"int2", 20},
                                      std::pair{"log4", 32},
                                      std::pair{"kmeans2:group=64", 64},
                                      std::pair{"int4:group=32,scales=uint8", 32}})
      QTest::newRow(text) << QString::fromLatin1(text) << count;
  }

  void bytesReadAsTheEncoderMeant() {
    QFETCH(const QString, text);
    QFETCH(const int, count);
    const Scheme scheme = Scheme::parse(text.toStdString());
    for (unsigned seed = 1; seed <= 4; ++seed) {
      const auto block = quant::explainBlock(scheme, rowOf(weights(static_cast<std::size_t>(count), seed)), 0, 0);
      const auto tensor = quant::tensorOfBlock(scheme, static_cast<std::uint32_t>(count), block.bytes);
      const std::vector<float> read = quant::dequantize(tensor);
      const quant::ExplanationStep* decoded = block.step(quant::StepId::Decoded);
      QVERIFY(decoded);
      QCOMPARE(read.size(), decoded->values.size());
      for (std::size_t i = 0; i < read.size(); ++i)
        QVERIFY2(same(read[i], static_cast<float>(decoded->values[i])),
                 qPrintable(QStringLiteral("%1, weight %2: %3, expected %4")
                                .arg(text)
                                .arg(i)
                                .arg(read[i])
                                .arg(decoded->values[i])));
    }
  }

  // A flipped bit changes the weights that its field speaks of and no others.
  void aBitChangesWhatItsFieldSpeaksOf_data() { bytesReadAsTheEncoderMeant_data(); }
  void aBitChangesWhatItsFieldSpeaksOf() {
    QFETCH(const QString, text);
    QFETCH(const int, count);
    const Scheme scheme = Scheme::parse(text.toStdString());
    const auto values = static_cast<std::uint32_t>(count);
    const auto block = quant::explainBlock(scheme, rowOf(weights(values, 7)), 0, 0);
    const std::vector<float> before = quant::dequantize(quant::tensorOfBlock(scheme, values, block.bytes));
    std::uint32_t changed = 0;
    for (std::uint32_t bit = 0; bit < 8 * block.bytes.size(); bit += 3) {
      std::vector<std::byte> bytes = block.bytes;
      bytes[bit / 8] ^= std::byte{1} << (bit % 8);
      const std::vector<float> after = quant::dequantize(quant::tensorOfBlock(scheme, values, bytes));
      const quant::BlockField& field = block.fields.fields[block.fields.fieldOfBit[bit]];
      for (std::uint32_t i = 0; i < values; ++i) {
        if (same(before[i], after[i])) continue;
        ++changed;
        QVERIFY2(field.speaksOf(i),
                 qPrintable(QStringLiteral("%1: bit %2 changed weight %3").arg(text).arg(bit).arg(i)));
      }
    }
    QVERIFY(changed > block.bytes.size() / 2);
  }

  void otherNumbersOfBytesAreRefused() {
    const std::vector<std::byte> bytes(17);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(quant::tensorOfBlock(Scheme::parse("q4_0"), 32, bytes)), core::Error);
  }
};

QTEST_APPLESS_MAIN(TestBlockTensor)
#include "tst_block_tensor.moc"
