#include <QtTest>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/metrics/error_stats.h"
#include "core/quant/quantizer.h"

using namespace core;
using namespace core::metrics;

namespace {
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr Metric kMetrics[] = {Metric::SqnrDb, Metric::RelativeError, Metric::Mse, Metric::Cosine, Metric::MaxAbsError};

ErrorStats statsOf(const std::vector<float>& x, const std::vector<float>& y) {
  ErrorStats stats;
  stats.add(x.data(), y.data(), x.size());
  return stats;
}

void compareNear(double found, double expected) {
  QVERIFY2(std::abs(found - expected) <= 1e-12 * std::abs(expected) + 1e-300,
           qPrintable(QString("%1, expected %2").arg(found, 0, 'g', 17).arg(expected, 0, 'g', 17)));
}
}  // namespace

class TestMetricsErrorStats : public QObject {
  Q_OBJECT
 private slots:
  void knownByHand() {
    const auto stats = statsOf({3, 4}, {3, 0});
    QCOMPARE(stats.count(), std::uint64_t{2});
    QCOMPARE(stats.mse(), 8.0);
    QCOMPARE(stats.rmse(), std::sqrt(8.0));
    QCOMPARE(stats.relativeError(), 0.8);
    QCOMPARE(stats.cosine(), 0.6);
    QCOMPARE(stats.maxAbsError(), 4.0);
    compareNear(stats.sqnrDb(), 10 * std::log10(25.0 / 16.0));
    QCOMPARE(statsOf({1, 1}, {-1, -1}).cosine(), -1.0);
  }

  void noErrorAndNothing() {
    const auto same = statsOf({1, -2, 3}, {1, -2, 3});
    QVERIFY(std::isinf(same.sqnrDb()) && same.sqnrDb() > 0);
    QCOMPARE(same.relativeError(), 0.0);
    compareNear(same.cosine(), 1.0);
    QVERIFY(same.outcome() == Outcome::Exact);
    const ErrorStats empty;  // no best score for nothing
    QVERIFY(empty.outcome() == Outcome::Nothing);
    for (const Metric metric : kMetrics) QVERIFY(std::isnan(value(empty, metric)));
    QCOMPARE(statsOf({0, 0}, {0, 0}).cosine(), 1.0);
    QCOMPARE(statsOf({0}, {1}).cosine(), 0.0);
    QVERIFY(statsOf({0, 0}, {0, 0}).outcome() == Outcome::Exact);
    QCOMPARE(statsOf({0}, {1}).sqnrDb(), -static_cast<double>(kInf));
    QCOMPARE(statsOf({0}, {1}).relativeError(), static_cast<double>(kInf));
    QVERIFY(statsOf({0.0F}, {-0.0F}).outcome() == Outcome::Exact);
  }

  void originalsThatAreNoNumbersAreCountedAndLocated() {
    ErrorStats stats(4);  // rows of four values
    const std::vector<float> x = {1, 2, 3, 4, 1, kInf, kNan, kNan, 2, -kInf, 1};
    const std::vector<float> y = {1, 2, 3, 2, 1, kInf, kNan, 0.0F, 2, 7.0F, 1};
    stats.add(x.data(), y.data(), x.size());
    QCOMPARE(stats.count(), std::uint64_t{7});
    QCOMPARE(stats.nonFinite(), (NonFinite{2, 2, Position{1, 1}}));
    QCOMPARE(stats.replaced(), std::uint64_t{2});  // Inf and one NaN stayed what they were
    QCOMPARE(stats.overflowed().count(), std::uint64_t{0});
    QCOMPARE(stats.maxAbsError(), 2.0);
    QVERIFY(stats.outcome() == Outcome::Finite);
    const auto none = statsOf({kNan, kNan}, {0, 0});
    QVERIFY(none.outcome() == Outcome::Nothing);
    for (const Metric metric : kMetrics) QVERIFY(std::isnan(value(none, metric)));
    // The rest is exact, but a NaN that became 0 is not.
    QVERIFY(statsOf({kNan, 1}, {0, 1}).outcome() == Outcome::Finite);
    QVERIFY(statsOf({kNan, 1}, {kNan, 1}).outcome() == Outcome::Exact);
  }

  void finiteValuesThatBecomeInfiniteAreAnInfiniteError() {
    for (const float lost : {kInf, -kInf, kNan}) {
      std::vector<float> x(100, 1.0F), y(100, 1.0F);
      y[77] = lost;
      ErrorStats stats(10);
      stats.add(x.data(), y.data(), x.size());
      QVERIFY(stats.outcome() == Outcome::Infinite);
      QCOMPARE(stats.overflowed().first.value(), (Position{7, 7}));
      QCOMPARE(stats.overflowed().count(), std::uint64_t{1});
      QCOMPARE(stats.nonFinite().count(), std::uint64_t{0});
      QCOMPARE(stats.sqnrDb(), -static_cast<double>(kInf));
      for (const double infinite : {stats.mse(), stats.rmse(), stats.relativeError(), stats.maxAbsError()})
        QCOMPARE(infinite, static_cast<double>(kInf));
      QVERIFY(std::isnan(stats.cosine()));
    }
  }

  void theWorstComesFirst() {
    const auto nothing = statsOf({kNan}, {0});
    const auto damaged = statsOf({kNan, 1, 2}, {0, 1, 2});  // exact but for the NaN
    const auto overflowed = statsOf({1, 1}, {1, kInf});
    const auto bad = statsOf({1, 1}, {0, 1}), good = statsOf({1, 1}, {0.9F, 1}), exact = statsOf({1, 1}, {1, 1});
    for (const Metric metric : kMetrics) {
      const ErrorStats* order[] = {&nothing, &overflowed, &damaged, &bad, &good, &exact};
      for (std::size_t a = 0; a < std::size(order); ++a)
        for (std::size_t b = 0; b < std::size(order); ++b)
          QVERIFY2(isWorse(*order[a], *order[b], metric) == (a < b),
                   qPrintable(QString("%1: %2 %3").arg(toString(metric)).arg(a).arg(b)));
    }
  }

  void doublesOfAnySizeAreMeasured() {
    // Squares of these leave the range of doubles; as float32 the large ones would not even be finite.
    for (const double size : {1e300, 1e-300, 1.0}) {
      const std::vector<double> values = {size, -2 * size, 4 * size, 0.0};
      const tensor::TensorView view{"w", tensor::DType::F64, tensor::Shape{2, 2}, std::as_bytes(std::span(values)),
                                    nullptr};
      quant::QuantizedTensor zeros = *quant::wrapStored(view);
      const std::vector<float> nothing(4);
      zeros.layout = quant::Elements{tensor::DType::F32};
      zeros.payload = std::as_bytes(std::span(nothing));
      const auto stats = compare(view, zeros);
      QCOMPARE(stats.relativeError(), 1.0);
      QCOMPARE(stats.sqnrDb(), 0.0);
      QCOMPARE(stats.maxAbsError(), 4 * size);
      compareNear(stats.rmse(), size * std::sqrt(21.0 / 4));
      QVERIFY(stats.outcome() == Outcome::Finite);
    }
    const std::vector<double> large = {1.0, 1e300};
    const tensor::TensorView view{"w", tensor::DType::F64, tensor::Shape{2}, std::as_bytes(std::span(large)), nullptr};
    const auto cast = compare(view, *quant::quantize(quant::Scheme::parse("fp32"), view));
    QVERIFY(cast.outcome() == Outcome::Infinite);
    QCOMPARE(cast.nonFinite().count(), std::uint64_t{0});
    QCOMPARE(cast.overflowed(), (NonFinite{0, 1, Position{0, 1}}));
  }

  void floatsNearTheLargestAreMeasured() {
    const float top = std::numeric_limits<float>::max();
    const auto stats = statsOf({top, -top}, {-top, top});
    QCOMPARE(stats.relativeError(), 2.0);
    QCOMPARE(stats.cosine(), -1.0);
    QCOMPARE(stats.maxAbsError(), 2 * static_cast<double>(top));
  }

  void integersAreComparedAsStored() {
    const std::vector<std::int32_t> values = {16777217, -1};  // 2^24 + 1 is no float32
    const tensor::TensorView view{"w", tensor::DType::I32, tensor::Shape{2}, std::as_bytes(std::span(values)), nullptr};
    QCOMPARE(compare(view, *quant::wrapStored(view)).maxAbsError(), 1.0);
  }

  void equalsPlainLoopsAtEveryLength() {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (const std::size_t count : {1U, 7U, 8U, 9U, 1000U, 4097U}) {
      std::vector<float> x(count), y(count);
      long double xx = 0, yy = 0, xy = 0, ee = 0, largest = 0;
      for (std::size_t i = 0; i < count; ++i) {
        x[i] = normal(random);
        y[i] = x[i] + 0.1F * normal(random);
        const long double a = static_cast<long double>(x[i]), b = static_cast<long double>(y[i]);
        xx += a * a;
        yy += b * b;
        xy += a * b;
        ee += (a - b) * (a - b);
        largest = std::max(largest, std::abs(a - b));
      }
      const auto stats = statsOf(x, y);
      compareNear(stats.mse(), static_cast<double>(ee / static_cast<long double>(count)));
      compareNear(stats.relativeError(), static_cast<double>(std::sqrt(ee / xx)));
      compareNear(stats.cosine(), static_cast<double>(xy / std::sqrt(xx * yy)));
      compareNear(stats.maxAbsError(), static_cast<double>(largest));
    }
  }

  void mergingEqualsAddingAndKnowsNoOrder() {
    const std::vector<float> x = {1, 2, 3, 4, 5, 6}, y = {1, 1, 3, 6, 5, 0};
    ErrorStats a, b, c;
    a.add(x.data(), y.data(), 2);
    b.add(x.data() + 2, y.data() + 2, 1);
    c.add(x.data() + 3, y.data() + 3, 3);
    ErrorStats forward = a, backward = c;
    forward.merge(b);
    forward.merge(c);
    backward.merge(b);
    backward.merge(a);
    const auto whole = statsOf(x, y);
    for (const Metric metric :
         {Metric::SqnrDb, Metric::RelativeError, Metric::Mse, Metric::Cosine, Metric::MaxAbsError}) {
      QCOMPARE(value(forward, metric), value(whole, metric));  // small integers: sums are exact
      QCOMPARE(value(backward, metric), value(whole, metric));
    }
    QCOMPARE(value(whole, Metric::MaxAbsError), 6.0);
    QCOMPARE(QString(toString(Metric::SqnrDb)), QString("sqnr_db"));
    QCOMPARE(QString(toString(Metric::RelativeError)), QString("relative_error"));
  }

  void wholeTensorsAreCompared() {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    std::vector<float> values(300 * 256);
    for (float& v : values) v = normal(random);
    const tensor::TensorView view{"w", tensor::DType::F32, tensor::Shape{300, 256}, std::as_bytes(std::span(values)),
                                  nullptr};
    const auto quantized = quant::quantize(quant::Scheme::parse("q8_0"), view);
    const auto stats = compare(view, *quantized);
    const auto decoded = quant::dequantize(*quantized);
    const auto expected = statsOf(values, decoded);
    QCOMPARE(stats.count(), std::uint64_t{values.size()});
    compareNear(stats.mse(), expected.mse());
    QCOMPARE(stats.maxAbsError(), expected.maxAbsError());
    QVERIFY(stats.sqnrDb() > 40 && stats.sqnrDb() < 60);
    QCOMPARE(compare(view, *quant::wrapStored(view)).mse(), 0.0);
    auto other = view;
    other.shape = tensor::Shape{256, 300};
    QVERIFY_EXCEPTION_THROWN(compare(other, *quantized), Error);
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN(compare(view, *quantized, JobContext(stop.get_token())), Cancelled);
  }
};

QTEST_GUILESS_MAIN(TestMetricsErrorStats)
#include "tst_metrics_error_stats.moc"
