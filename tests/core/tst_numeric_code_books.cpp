#include <QtTest>
#include <algorithm>
#include <cmath>

#include "core/numeric/code_books.h"
#include "support/golden.h"

using namespace core::numeric;

namespace {
const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "floats";

void compareBits(std::span<const float> found, const char* file, std::size_t size) {
  const auto expected = support::readArray<float>(kData / file);
  QCOMPARE(expected.size(), size);
  QCOMPARE(found.size(), size);
  for (std::size_t i = 0; i < size; ++i)
    QVERIFY2(std::bit_cast<std::uint32_t>(found[i]) == std::bit_cast<std::uint32_t>(expected[i]),
             qPrintable(QString("entry %1: %2").arg(i).arg(static_cast<double>(found[i]), 0, 'g', 9)));
}
}  // namespace

class TestNumericCodeBooks : public QObject {
  Q_OBJECT
 private slots:
  void nf4EqualsTheReference() { compareBits(nf4CodeBook(), "nf4_code.f32", 16); }
  void fp4EqualsTheReference() { compareBits(fp4CodeBook(), "fp4_code.f32", 16); }
  void dynamicMapEqualsTheReference() { compareBits(dynamicMapSigned(), "dynamic_map.signed.f32", 256); }

  void dynamicMapFollowsItsFormula() {
    std::vector<double> formula = {0.0, 1.0};
    for (int decade = 0; decade < 7; ++decade) {
      const int count = 1 << decade;
      for (int k = 0; k < count; ++k) {
        const double value = (0.1 + 0.9 * (k + 0.5) / count) * std::pow(10.0, decade - 6);
        formula.push_back(value);
        formula.push_back(-value);
      }
    }
    std::sort(formula.begin(), formula.end());
    const auto map = dynamicMapSigned();
    QCOMPARE(formula.size(), map.size());
    for (std::size_t i = 0; i < map.size(); ++i)
      QVERIFY(std::abs(static_cast<double>(map[i]) - formula[i]) <= 3e-7 * std::abs(formula[i]));
  }
};

QTEST_GUILESS_MAIN(TestNumericCodeBooks)
#include "tst_numeric_code_books.moc"
