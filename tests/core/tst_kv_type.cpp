// Formats of keys and values: their names, what they take, and what they round to, against the formulas in doubles.
#include <QtTest>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/model/kv_type.h"
#include "core/model/ops/kv_rows.h"
#include "core/numeric/half.h"
#include "support/random_blocks.h"

using namespace core;
using model::KvFormat;
using model::KvType;

namespace {

std::vector<float> stored(KvFormat format, const std::vector<float>& values) {
  model::ops::KvRows rows(3, 2, values.size(), format);
  std::vector<float> two(values);
  two.insert(two.end(), values.rbegin(), values.rend());  // the other head's
  rows.write(1, 1, two.data());
  std::vector<float> read(values.size());
  rows.read(1, 1, 0, read.data());
  return read;
}

float half(double value) { return numeric::halfToFloat(numeric::floatToHalf(static_cast<float>(value))); }

}  // namespace

class TestKvType : public QObject {
  Q_OBJECT

 private slots:
  void namesComeBack() {
    for (const KvFormat keys : model::allKvFormats()) {
      for (const KvFormat values : model::allKvFormats()) {
        const KvType type(keys, values);
        QVERIFY(model::kvTypeOf(model::nameOf(type)) == type);
        QCOMPARE(model::nameOf(type).find('/') == std::string::npos, keys == values);
      }
    }
    QCOMPARE(model::titleOf(model::kvTypeOf("q8_0/fp8")), std::string("Q8_0/FP8"));
    QVERIFY(model::kvTypeOf("f16/f16") == KvType::F16);
  }

  void othersAreRefused_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"", "/", "f16/", "/f16", "f16/f16/f16", "Q8_0", "q5_1", "f16 ", "f8"})
      QTest::newRow(name) << QString(name);
  }
  void othersAreRefused() {
    QFETCH(QString, name);
    QVERIFY_THROWS_EXCEPTION(Error, model::kvTypeOf(name.toStdString()));
  }

  /// A head of 80 values: two and a half blocks, which take three.
  void bytesOfAHead() {
    const auto bytes = [](KvFormat format) { return static_cast<int>(model::kvHeadBytes(format, 80)); };
    QCOMPARE(bytes(KvFormat::F32), 320);
    QCOMPARE(bytes(KvFormat::F16), 160);
    QCOMPARE(bytes(KvFormat::Int8), 84);
    QCOMPARE(bytes(KvFormat::Fp8), 80);
    QCOMPARE(bytes(KvFormat::Q8_0), 3 * 34);
    QCOMPARE(bytes(KvFormat::Q4_0), 3 * 18);
    for (const KvFormat format : model::allKvFormats()) QCOMPARE(model::kvHeadBytes(format, 0), std::uint64_t{0});
  }

  /// Scales of every 32 values alone: an outlier coarsens its own block only.
  void blocksAreRoundedByTheirScales() {
    support::RandomNumbers random(5);
    std::vector<float> values(80);
    for (float& value : values) value = static_cast<float>(random.bell());
    values[40] = 500.0F;
    const auto eight = stored(KvFormat::Q8_0, values), four = stored(KvFormat::Q4_0, values);
    for (std::size_t first = 0; first < values.size(); first += 32) {
      double extreme = 0;
      const std::size_t end = std::min(first + 32, values.size());
      for (std::size_t i = first; i < end; ++i)
        if (std::abs(values[i]) > std::abs(extreme)) extreme = values[i];
      const double step8 = std::abs(extreme) / 127, step4 = extreme / -8;
      for (std::size_t i = first; i < end; ++i) {
        const float eighth = static_cast<float>(std::round(values[i] / step8)) * half(step8);
        QCOMPARE(eight[i], eighth);
        const float fourth = static_cast<float>(std::min(15.0, std::floor(values[i] / step4 + 8.5)) - 8) * half(step4);
        QCOMPARE(four[i], fourth);
      }
    }
    QVERIFY(std::abs(four[0] - values[0]) < 0.3F);
  }

  /// FP8 E4M3's numbers: 448 the largest, 2^-9 the least; ties to even.
  void smallFloats() {
    const std::vector<float> values = {1.0F,         1.0625F,       1.1875F,       448.0F, 1e30F, -470.0F,
                                       0.001953125F, 0.0009765625F, 0.0029296875F, 0.0F,   17.0F, -19.0F};
    const std::vector<float> expected = {1.0F,         1.0F, 1.25F,       448.0F, 448.0F, -448.0F,
                                         0.001953125F, 0.0F, 0.00390625F, 0.0F,   16.0F,  -20.0F};
    QCOMPARE(stored(KvFormat::Fp8, values), expected);
  }

  /// What is no number stays none: a damaged value is not made a number that looks well.
  void whatIsNotFiniteIsNotHidden_data() {
    QTest::addColumn<float>("value");
    QTest::newRow("NaN") << std::numeric_limits<float>::quiet_NaN();
    QTest::newRow("infinite") << std::numeric_limits<float>::infinity();
    QTest::newRow("minus infinite") << -std::numeric_limits<float>::infinity();
  }
  void whatIsNotFiniteIsNotHidden() {
    QFETCH(float, value);
    std::vector<float> values(70, 0.5F);
    values[33] = value;
    for (const KvFormat format : model::allKvFormats()) {
      const auto read = stored(format, values);
      QVERIFY(!std::isfinite(read[33]));
      const bool isForItself = model::blockValues(format) == 1 && format != KvFormat::Int8;
      QCOMPARE(std::isfinite(read[34]), isForItself);
      QCOMPARE(std::isfinite(read[0]), format != KvFormat::Int8);  // of another block
      QCOMPARE(std::isfinite(read[69]), format != KvFormat::Int8);
    }
  }
};

QTEST_APPLESS_MAIN(TestKvType)
#include "tst_kv_type.moc"
