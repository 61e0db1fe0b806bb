// Checked arithmetic against arithmetic that cannot overflow: every pair of bytes.
#include <QTest>

#include "core/base/checked_math.h"

using core::checkedAdd;
using core::checkedAlignUp;
using core::checkedMul;

class TestBaseCheckedMath : public QObject {
  Q_OBJECT
 private slots:
  void everyPairOfBytes();
  void limitsOf64Bits();
};

void TestBaseCheckedMath::everyPairOfBytes() {
  const auto expected = [](unsigned exact) {
    return exact > 255 ? std::nullopt : std::optional(static_cast<std::uint8_t>(exact));
  };
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const auto x = static_cast<std::uint8_t>(a), y = static_cast<std::uint8_t>(b);
      QCOMPARE(checkedAdd(x, y), expected(a + b));
      QCOMPARE(checkedMul(x, y), expected(a * b));
      if (b > 0) QCOMPARE(checkedAlignUp(x, y), expected((a + b - 1) / b * b));
    }
  }
}

void TestBaseCheckedMath::limitsOf64Bits() {
  constexpr std::uint64_t kMax = ~0ULL;
  QCOMPARE(checkedAdd<std::uint64_t>(kMax, 0), std::optional(kMax));
  QVERIFY(!checkedAdd<std::uint64_t>(kMax, 1));
  QVERIFY(!checkedMul<std::uint64_t>(1ULL << 32, 1ULL << 32));
  QCOMPARE(checkedMul<std::uint64_t>(0xFFFFFFFFULL, 0x100000001ULL), std::optional(kMax));
  QVERIFY(!checkedAlignUp<std::uint64_t>(kMax, 2));
}

QTEST_GUILESS_MAIN(TestBaseCheckedMath)
#include "tst_base_checked_math.moc"
