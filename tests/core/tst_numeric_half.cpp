#include <QtTest>
#include <cmath>
#include <cstring>

#include "core/numeric/half.h"
#include "support/golden.h"

using namespace core::numeric;

namespace {
const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "floats";

bool sameBits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

std::vector<std::uint16_t> allCodes() {
  std::vector<std::uint16_t> codes(65536);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint16_t>(i);
  return codes;
}
}  // namespace

class TestNumericHalf : public QObject {
  Q_OBJECT
 private slots:
  void everyHalfDecodes() {
    const auto expected = support::readArray<float>(kData / "f16.values.f32");
    QCOMPARE(expected.size(), std::size_t{65536});
    for (std::size_t code = 0; code < expected.size(); ++code) {
      const float value = halfToFloat(static_cast<std::uint16_t>(code));
      if (std::isnan(expected[code]))
        QVERIFY2(std::isnan(value), qPrintable(QString::number(code, 16)));
      else
        QVERIFY2(sameBits(value, expected[code]), qPrintable(QString::number(code, 16)));
    }
  }

  void everyHalfSurvivesARoundTrip() {
    for (const std::uint16_t code : allCodes()) {
      const float value = halfToFloat(code);
      if (std::isnan(value))
        QVERIFY(std::isnan(halfToFloat(floatToHalf(value))));
      else
        QCOMPARE(floatToHalf(value), code);
    }
  }

  void conversionsRoundToNearestEven_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("f16") << "f16";
    QTest::newRow("bf16") << "bf16";
  }
  void conversionsRoundToNearestEven() {
    QFETCH(QString, name);
    const auto in = support::readArray<float>(kData / (name + ".conv.in.f32").toStdString());
    const auto expected = support::readArray<std::uint16_t>(kData / (name + ".conv.out.u16").toStdString());
    QCOMPARE(in.size(), expected.size());
    QVERIFY(in.size() > 10000);
    const bool half = name == "f16";
    std::vector<std::uint16_t> bulk(in.size());
    half ? floatToHalf(in, bulk) : floatToBfloat16(in, bulk);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::uint16_t single = half ? floatToHalf(in[i]) : floatToBfloat16(in[i]);
      QCOMPARE(bulk[i], single);
      if (std::isnan(in[i]))
        QVERIFY(std::isnan(half ? halfToFloat(single) : bfloat16ToFloat(single)));
      else
        QVERIFY2(single == expected[i], qPrintable(QString::number(static_cast<double>(in[i]), 'g', 17)));
    }
  }

  void bulkDecodingEqualsSingleAtAnyAlignmentAndLength() {
    const auto codes = allCodes();
    std::vector<std::byte> shifted(codes.size() * 2 + 1);
    std::memcpy(shifted.data() + 1, codes.data(), codes.size() * 2);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{9}, codes.size()}) {
      std::vector<float> half(count), brain(count);
      halfToFloat(std::span<const std::byte>(shifted).subspan(1, 2 * count), half);
      bfloat16ToFloat(std::span<const std::byte>(shifted).subspan(1, 2 * count), brain);
      for (std::size_t i = 0; i < count; ++i) {
        QVERIFY(sameBits(half[i], halfToFloat(codes[i])));
        QVERIFY(sameBits(brain[i], bfloat16ToFloat(codes[i])));
      }
    }
  }

  void bfloat16IsTheUpperHalfOfFloat() {
    for (const std::uint16_t code : allCodes()) {
      QCOMPARE(std::bit_cast<std::uint32_t>(bfloat16ToFloat(code)), static_cast<std::uint32_t>(code) << 16);
      if (!std::isnan(bfloat16ToFloat(code))) QCOMPARE(floatToBfloat16(bfloat16ToFloat(code)), code);
    }
  }
};

QTEST_GUILESS_MAIN(TestNumericHalf)
#include "tst_numeric_half.moc"
