#include <QtTest>
#include <cmath>
#include <limits>
#include <random>

#include "core/base/error.h"
#include "core/quant/methods/hessian.h"

using namespace core;

namespace {

constexpr std::size_t kWidth = 75;  // no whole number of strips
constexpr std::size_t kRows = 600;  // no whole number of panels

std::vector<float> inputs() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(kRows * kWidth);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = normal(random) * (i % kWidth == 7 ? 40.0F : 1.0F);
  return values;
}

quant::HessianSum sumOf(const std::vector<float>& values, std::size_t rowsAtOnce) {
  quant::HessianSum sum(kWidth);
  for (std::size_t at = 0; at < values.size(); at += rowsAtOnce * kWidth)
    sum.addRows(std::span(values).subspan(at, std::min(rowsAtOnce * kWidth, values.size() - at)));
  return sum;
}

}  // namespace

class TestHessian : public QObject {
  Q_OBJECT
 private slots:
  void isTheMeanOfOuterProducts();
  void doesNotDependOnHowRowsCome();
  void beginsWithZeros();
  void refusesOtherShapes();
  void saysWhatWasNotFinite();
};

/// Against other sums in double, relative to √(H_ii · H_jj): to the last bit of float32.
void TestHessian::isTheMeanOfOuterProducts() {
  const std::vector<float> x = inputs();
  const quant::HessianSum sum = sumOf(x, 100);
  QCOMPARE(sum.rows(), std::uint64_t{kRows});
  const std::vector<float> mean = sum.mean();
  std::vector<double> expected(kWidth * kWidth, 0.0);
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t i = 0; i < kWidth; ++i)
      for (std::size_t j = 0; j < kWidth; ++j)
        expected[i * kWidth + j] += double(x[r * kWidth + i]) * double(x[r * kWidth + j]) / double(kRows);
  for (std::size_t i = 0; i < kWidth; ++i)
    for (std::size_t j = 0; j < kWidth; ++j) {
      const double unit = std::sqrt(expected[i * kWidth + i] * expected[j * kWidth + j]);
      QVERIFY(std::abs(double(mean[i * kWidth + j]) - expected[i * kWidth + j]) <= 1e-7 * unit);
      QCOMPARE(mean[i * kWidth + j], mean[j * kWidth + i]);
    }
}

void TestHessian::doesNotDependOnHowRowsCome() {
  const std::vector<float> x = inputs();
  const std::vector<float> all = sumOf(x, kRows).mean();
  QVERIFY(all == sumOf(x, 1).mean());
  QVERIFY(all == sumOf(x, 257).mean());
  quant::HessianSum asked = sumOf(x, 256);
  asked.mean();  // looking changes nothing
  QVERIFY(all == asked.mean());
}

void TestHessian::beginsWithZeros() {
  const quant::HessianSum sum(3);
  QCOMPARE(sum.mean(), std::vector<float>(9, 0.0F));
}

void TestHessian::refusesOtherShapes() {
  QVERIFY_EXCEPTION_THROWN(quant::HessianSum(0), Error);
  quant::HessianSum sum(3);
  const float values[] = {1, 2, 3, 4};
  QVERIFY_EXCEPTION_THROWN(sum.addRows(values), Error);
  QCOMPARE(sum.rows(), std::uint64_t{0});
}

void TestHessian::saysWhatWasNotFinite() {
  quant::HessianSum sum(3);
  const float values[] = {1, std::numeric_limits<float>::quiet_NaN(), 3};
  sum.addRows(values);
  const std::vector<float> mean = sum.mean();
  QVERIFY(std::isnan(mean[4]) && std::isnan(mean[1]));
  QCOMPARE(mean[8], 9.0F);
}

QTEST_GUILESS_MAIN(TestHessian)
#include "tst_hessian.moc"
