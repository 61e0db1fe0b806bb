#include <QtTest>
#include <atomic>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/metrics/histogram_axis.h"
#include "core/metrics/moments.h"
#include "core/metrics/tensor_stats.h"
#include "core/numeric/half.h"

using namespace core;
using namespace core::metrics;
using tensor::DType;

namespace {
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

template <typename T>
tensor::TensorView viewOf(const std::vector<T>& values, DType dtype) {
  return {"test", dtype, tensor::Shape{values.size()}, std::as_bytes(std::span(values)), nullptr};
}

TensorSummary summarizeFloats(const std::vector<float>& values, std::size_t bins = 10) {
  return summarize(values.data(), values.size(), bins);
}

/// The definition, in plain loops over long double.
TensorSummary reference(const std::vector<double>& values, std::size_t bins) {
  TensorSummary s;
  s.stats.count = values.size();
  long double sum = 0;
  std::vector<double> finite;
  for (const double v : values) {
    s.stats.zeros += v == 0;
    s.stats.nonFinite.nan += std::isnan(v);
    s.stats.nonFinite.inf += std::isinf(v);
    if (std::isfinite(v)) finite.push_back(v);
  }
  s.stats.finite = finite.size();
  for (const double v : finite) sum += v;
  const long double n = static_cast<long double>(finite.size());
  const long double mean = sum / n;
  long double second = 0, fourth = 0;
  for (const double v : finite) {
    second += (v - mean) * (v - mean);
    fourth += (v - mean) * (v - mean) * (v - mean) * (v - mean);
  }
  s.stats.min = *std::min_element(finite.begin(), finite.end());
  s.stats.max = *std::max_element(finite.begin(), finite.end());
  s.stats.absMax = std::max(std::abs(s.stats.min), std::abs(s.stats.max));
  s.stats.mean = static_cast<double>(mean);
  s.stats.standardDeviation = static_cast<double>(std::sqrt(second / n));
  s.stats.kurtosis = static_cast<double>(fourth * n / (second * second));
  s.histogram = {s.stats.min, s.stats.max, std::vector<std::uint64_t>(bins)};
  for (const double v : finite) {
    s.stats.outliers6Sigma += std::abs(v - s.stats.mean) > 6 * s.stats.standardDeviation;
    std::size_t bin = 0;
    while (bin + 1 < bins && v >= s.histogram.edge(bin + 1)) ++bin;
    ++s.histogram.counts[bin];
  }
  s.histogram.nonFinite = values.size() - finite.size();
  return s;
}

void compareNear(double found, double expected, const char* what) {
  QVERIFY2(std::abs(found - expected) <= 1e-10 * std::max(1e-3, std::abs(expected)),
           qPrintable(QString("%1: %2, expected %3").arg(what).arg(found, 0, 'g', 17).arg(expected, 0, 'g', 17)));
}

void compareSummaries(const TensorSummary& found, const TensorSummary& expected) {
  QCOMPARE(found.stats.count, expected.stats.count);
  QCOMPARE(found.stats.finite, expected.stats.finite);
  QCOMPARE(found.stats.zeros, expected.stats.zeros);
  QCOMPARE(found.stats.nonFinite.nan, expected.stats.nonFinite.nan);
  QCOMPARE(found.stats.nonFinite.inf, expected.stats.nonFinite.inf);
  QCOMPARE(found.stats.min, expected.stats.min);
  QCOMPARE(found.stats.max, expected.stats.max);
  QCOMPARE(found.stats.absMax, expected.stats.absMax);
  compareNear(found.stats.mean, expected.stats.mean, "mean");
  compareNear(found.stats.standardDeviation, expected.stats.standardDeviation, "sigma");
  compareNear(found.stats.kurtosis, expected.stats.kurtosis, "kurtosis");
  QCOMPARE(found.stats.outliers6Sigma, expected.stats.outliers6Sigma);
  QCOMPARE(found.histogram.counts, expected.histogram.counts);
  QCOMPARE(found.histogram.nonFinite, expected.histogram.nonFinite);
  QCOMPARE(found.histogram.total(), found.stats.count);
}

std::vector<float> gaussian(std::size_t count, float sigma, float mean = 0.0F) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(mean, sigma);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

std::vector<double> widened(const std::vector<float>& values) { return {values.begin(), values.end()}; }
}  // namespace

class TestMetricsTensorStats : public QObject {
  Q_OBJECT
 private slots:
  void constantHasNoSpread() {
    const auto s = summarizeFloats(std::vector<float>(1000, 0.1F));
    QCOMPARE(s.stats.mean, static_cast<double>(0.1F));
    QCOMPARE(s.stats.standardDeviation, 0.0);
    QVERIFY(std::isnan(s.stats.kurtosis));
    QCOMPARE(s.stats.outliers6Sigma, std::uint64_t{0});
    QVERIFY(s.histogram.low < s.stats.min && s.histogram.high > s.stats.max);
    QCOMPARE(s.histogram.total(), std::uint64_t{1000});
  }

  void plusMinusOneHasKurtosisOne() {
    std::vector<float> values(4096);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? 1.0F : -1.0F;
    const auto s = summarizeFloats(values, 2);
    QCOMPARE(s.stats.mean, 0.0);
    QCOMPARE(s.stats.standardDeviation, 1.0);
    QCOMPARE(s.stats.kurtosis, 1.0);
    QCOMPARE(s.histogram.counts, (std::vector<std::uint64_t>{2048, 2048}));
  }

  void rampHasTheMomentsOfItsFormula() {
    constexpr int kCount = 10001;  // 0 … 10000: variance (n² − 1)/12, kurtosis 3/5 (3n² − 7)/(n² − 1)
    std::vector<float> values(kCount);
    for (int i = 0; i < kCount; ++i) values[static_cast<std::size_t>(i)] = static_cast<float>(i);
    const auto s = summarizeFloats(values, 10);
    const double squared = static_cast<double>(kCount) * kCount;
    QCOMPARE(s.stats.mean, 5000.0);
    compareNear(s.stats.standardDeviation, std::sqrt((squared - 1) / 12), "sigma");
    compareNear(s.stats.kurtosis, 0.6 * (3 * squared - 7) / (squared - 1), "kurtosis");
    QCOMPARE(s.histogram.counts,
             (std::vector<std::uint64_t>{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1001}));
  }

  void gaussianHasKurtosisThree() {
    const auto s = summarizeFloats(gaussian(400000, 0.02F));
    QVERIFY(std::abs(s.stats.kurtosis - 3.0) < 0.05);
    QVERIFY(std::abs(s.stats.standardDeviation - 0.02) < 1e-4);
    QCOMPARE(s.stats.outliers6Sigma, std::uint64_t{0});
  }

  void emptyAndSingle() {
    const auto none = summarizeFloats({}, 4);
    QCOMPARE(none.stats.count, std::uint64_t{0});
    QCOMPARE(none.histogram.counts.size(), std::size_t{4});
    QCOMPARE(none.histogram.total(), std::uint64_t{0});
    QCOMPARE(summarize(viewOf(std::vector<std::uint16_t>{}, DType::F16), 4).stats.count, std::uint64_t{0});
    const auto one = summarizeFloats({-2.5F}, 4);
    QCOMPARE(one.stats.min, -2.5);
    QCOMPARE(one.stats.max, -2.5);
    QCOMPARE(one.stats.absMax, 2.5);
    QCOMPARE(one.stats.mean, -2.5);
    QCOMPARE(one.histogram.total(), std::uint64_t{1});
    QCOMPARE(summarizeFloats({0.0F}, 3).histogram.counts, (std::vector<std::uint64_t>{0, 1, 0}));
  }

  void nonFiniteValuesAreCountedAndLeftOut() {
    const auto s = summarizeFloats({kNan, 1.0F, kInf, -kInf, 3.0F, kNan, 0.0F, -0.0F});
    QCOMPARE(s.stats.count, std::uint64_t{8});
    QCOMPARE(s.stats.nonFinite.nan, std::uint64_t{2});
    QCOMPARE(s.stats.nonFinite.inf, std::uint64_t{2});
    QCOMPARE(s.stats.finite, std::uint64_t{4});
    QCOMPARE(s.stats.zeros, std::uint64_t{2});
    QCOMPARE(s.stats.mean, 1.0);
    QCOMPARE(s.histogram.nonFinite, std::uint64_t{4});
    const auto nothingFinite = summarizeFloats({kNan, kInf});
    QCOMPARE(nothingFinite.stats.finite, std::uint64_t{0});
    QVERIFY(std::isnan(nothingFinite.stats.max));
    QCOMPARE(nothingFinite.histogram.total(), std::uint64_t{2});
  }

  void everyHalfOnce() {
    std::vector<std::uint16_t> codes(65536);
    std::vector<double> values(codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      codes[i] = static_cast<std::uint16_t>(i);
      values[i] = static_cast<double>(numeric::halfToFloat(codes[i]));
    }
    const auto s = summarize(viewOf(codes, DType::F16), 100);
    compareSummaries(s, reference(values, 100));
    QCOMPARE(s.stats.finite, std::uint64_t{63488});
    QCOMPARE(s.stats.nonFinite.nan, std::uint64_t{2046});
    QCOMPARE(s.stats.max, 65504.0);
    QCOMPARE(s.stats.mean, 0.0);
  }

  void everyTypeEqualsPlainLoops() {
    auto floats = gaussian(700001, 0.02F, 0.005F);  // several tasks and an odd tail
    floats[17] = 0.9F;
    floats[99] = kNan;
    floats[123456] = -kInf;
    compareSummaries(summarizeFloats(floats, 257), reference(widened(floats), 257));

    std::vector<std::uint16_t> half(floats.size()), brain(floats.size());
    numeric::floatToHalf(floats, half);
    numeric::floatToBfloat16(floats, brain);
    std::vector<float> decoded(floats.size());
    numeric::halfToFloat(half, decoded);
    compareSummaries(summarize(viewOf(half, DType::F16), 257), reference(widened(decoded), 257));
    numeric::bfloat16ToFloat(brain, decoded);
    compareSummaries(summarize(viewOf(brain, DType::BF16), 257), reference(widened(decoded), 257));

    std::vector<std::int8_t> bytes(100003);
    std::vector<std::int16_t> shorts(bytes.size());
    std::vector<double> wide(bytes.size()), byteValues(bytes.size()), shortValues(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::int8_t>(i * 37 % 251);
      shorts[i] = static_cast<std::int16_t>(i * 7919 % 65521);
      wide[i] = std::sin(static_cast<double>(i)) * 1e-3;
      byteValues[i] = bytes[i];
      shortValues[i] = shorts[i];
    }
    compareSummaries(summarize(viewOf(bytes, DType::I8), 16), reference(byteValues, 16));
    compareSummaries(summarize(viewOf(shorts, DType::I16), 16), reference(shortValues, 16));
    compareSummaries(summarize(viewOf(wide, DType::F64), 16), reference(wide, 16));
  }

  void extremeDoublesStayFinite() {
    const std::vector<double> huge = {1e308, -1e308, 1.5e308, -1.5e308};
    const auto s = summarize(viewOf(huge, DType::F64), 8).stats;
    QCOMPARE(s.mean, 0.0);
    QVERIFY(std::abs(s.kurtosis - (2 * 1.0 + 2 * 5.0625) * 4 / (6.5 * 6.5)) < 1e-9);
    const std::vector<double> tiny = {1e-310, -1e-310, 1.5e-310, -1.5e-310};
    const auto t = summarize(viewOf(tiny, DType::F64), 8);
    QVERIFY(std::abs(t.stats.kurtosis - s.kurtosis) < 1e-9);
    QVERIFY(std::abs(t.stats.standardDeviation / 1.2747548783981961e-310 - 1) < 1e-6);
    QCOMPARE(t.histogram.total(), std::uint64_t{4});
    const std::vector<double> neighbours = {1.0, std::nextafter(1.0, 2.0)};
    QCOMPARE(summarize(viewOf(neighbours, DType::F64), 1000).histogram.total(), std::uint64_t{2});
  }

  void bytesNeedNoAlignment() {
    const auto floats = gaussian(5000, 1.0F);
    std::vector<std::byte> shifted(floats.size() * 4 + 1);
    std::memcpy(shifted.data() + 1, floats.data(), floats.size() * 4);
    tensor::TensorView view{"test", DType::F32, tensor::Shape{floats.size()}, std::span(shifted).subspan(1), nullptr};
    compareSummaries(summarize(view, 50), reference(widened(floats), 50));
    view.dtype = DType::F16;
    view.shape = tensor::Shape{2 * floats.size()};
    QCOMPARE(summarize(view, 50).stats.count, std::uint64_t{10000});
  }

  void resultsDoNotDependOnThreads() {
    const auto floats = gaussian(3000000, 0.1F);
    const auto first = summarizeFloats(floats, 64);
    for (int i = 0; i < 5; ++i) {
      const auto again = summarizeFloats(floats, 64);
      QCOMPARE(std::bit_cast<std::uint64_t>(again.stats.mean), std::bit_cast<std::uint64_t>(first.stats.mean));
      QCOMPARE(std::bit_cast<std::uint64_t>(again.stats.kurtosis), std::bit_cast<std::uint64_t>(first.stats.kurtosis));
      QCOMPARE(again.histogram.counts, first.histogram.counts);
    }
  }

  void momentsMergeInAnyOrder() {
    const std::vector<double> a = {1, 2, 3, 4, 5}, b = {-7, 8}, c(100, 2.0);
    Moments parts[3] = {Moments(1.0), Moments(1.0), Moments(1.0)};
    parts[0].add(a.data(), a.size());
    parts[1].add(b.data(), b.size());
    parts[2].add(c.data(), c.size());
    Moments forward = parts[0], backward = parts[2];
    forward.merge(parts[1]);
    forward.merge(parts[2]);
    backward.merge(parts[1]);
    backward.merge(parts[0]);
    QCOMPARE(forward.stats().mean, backward.stats().mean);  // small integers: sums are exact
    QCOMPARE(forward.stats().kurtosis, backward.stats().kurtosis);
    QCOMPARE(forward.stats().min, -7.0);
    QCOMPARE(forward.stats().count, std::uint64_t{107});
  }

  void givenBinsCountWhatIsOutside() {
    const std::vector<float> values = {-2, -1, -0.5F, 0, 0.5F, 1, 2, kNan};
    std::vector<std::uint16_t> half(values.size());
    numeric::floatToHalf(values, half);
    for (const auto& view : {viewOf(values, DType::F32), viewOf(half, DType::F16)}) {
      const Histogram h = histogram(view, -1, 1, 2);
      QCOMPARE(h.counts, (std::vector<std::uint64_t>{2, 3}));  // 0 opens the upper bin, 1 closes it
      QCOMPARE(h.below, std::uint64_t{1});
      QCOMPARE(h.above, std::uint64_t{1});
      QCOMPARE(h.nonFinite, std::uint64_t{1});
      QCOMPARE(h.total(), std::uint64_t{8});
    }
  }

  void binsAgreeWithTheirEdges() {
    const HistogramAxis axis(-0.3, 0.7, 1000);
    const Histogram shape = axis.empty();
    for (std::size_t bin = 0; bin < 1000; ++bin) {
      QCOMPARE(axis.binOf(shape.edge(bin)), bin);
      if (bin > 0) QCOMPARE(axis.binOf(std::nextafter(shape.edge(bin), -1.0)), bin - 1);
    }
    QCOMPARE(axis.binOf(0.7), std::size_t{999});
  }

  void wrongRequestsAreRefused() {
    const std::vector<float> values = {1, 2};
    QVERIFY_EXCEPTION_THROWN(summarizeFloats(values, 0), Error);
    QVERIFY_EXCEPTION_THROWN(summarizeFloats(values, 65537), Error);
    QVERIFY_EXCEPTION_THROWN(histogram(viewOf(values, DType::F32), 1, 1, 4), Error);
    QVERIFY_EXCEPTION_THROWN(histogram(viewOf(values, DType::F32), 0, HUGE_VAL, 4), Error);
    auto torn = viewOf(values, DType::F32);
    torn.shape = tensor::Shape{3};
    QVERIFY_EXCEPTION_THROWN(summarize(torn, 4), Error);
  }

  void cancelsBetweenChunks() {
    std::stop_source stop;
    stop.request_stop();
    const JobContext job(stop.get_token());
    const std::vector<float> values(100, 1.0F);
    QVERIFY_EXCEPTION_THROWN(summarize(viewOf(values, DType::F32), 4, job), Cancelled);
    const std::vector<std::uint16_t> codes(100);
    QVERIFY_EXCEPTION_THROWN(summarize(viewOf(codes, DType::F16), 4, job), Cancelled);
  }
};

QTEST_GUILESS_MAIN(TestMetricsTensorStats)
#include "tst_metrics_tensor_stats.moc"
