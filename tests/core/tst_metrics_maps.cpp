#include <QtTest>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/metrics/channel_ranges.h"
#include "core/metrics/matrix_map.h"

using namespace core;
using namespace core::metrics;

namespace {
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

tensor::TensorView viewOf(const std::vector<float>& values, std::uint64_t rows, std::uint64_t columns) {
  return {"w", tensor::DType::F32, tensor::Shape{rows, columns}, std::as_bytes(std::span(values)), nullptr};
}

std::vector<float> randomMatrix(std::size_t count) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0.5F, 1.0F);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

/// Mean and σ of every `stride`-th value, by definition.
ChannelRange plainRange(const std::vector<float>& values, std::size_t first, std::size_t stride, std::size_t count) {
  ChannelRange range{1e30, -1e30};
  long double sum = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double v = static_cast<double>(values[first + i * stride]);
    range.min = std::min(range.min, v);
    range.max = std::max(range.max, v);
    sum += v;
  }
  range.mean = static_cast<double>(sum / static_cast<long double>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const double d = static_cast<double>(values[first + i * stride]) - range.mean;
    squares += d * d;
  }
  range.standardDeviation = static_cast<double>(std::sqrt(squares / static_cast<long double>(count)));
  range.absMax = std::max(std::abs(range.min), std::abs(range.max));
  return range;
}

void compareRanges(const ChannelRange& found, const ChannelRange& expected) {
  QCOMPARE(found.min, expected.min);
  QCOMPARE(found.max, expected.max);
  QCOMPARE(found.absMax, expected.absMax);
  QVERIFY(std::abs(found.mean - expected.mean) < 1e-12);
  QVERIFY(std::abs(found.standardDeviation - expected.standardDeviation) < 1e-12);
}
}  // namespace

class TestMetricsMaps : public QObject {
  Q_OBJECT
 private slots:
  void rangesKnownByHand() {
    const std::vector<float> values = {1, -5, 3, 1, 5, 3};
    const auto ranges = channelRanges(viewOf(values, 2, 3));
    QCOMPARE(ranges.rows.size(), std::size_t{2});
    QCOMPARE(ranges.columns.size(), std::size_t{3});
    QCOMPARE(ranges.rows[0].absMax, 5.0);
    QCOMPARE(ranges.rows[0].min, -5.0);
    QCOMPARE(ranges.rows[1].mean, 3.0);
    QCOMPARE(ranges.columns[0].standardDeviation, 0.0);
    QCOMPARE(ranges.columns[1].standardDeviation, 5.0);
    QCOMPARE(ranges.columns[2].mean, 3.0);
  }

  void rangesEqualPlainLoops() {
    constexpr std::size_t kRows = 83, kColumns = 5001;  // several parts, several buffers a row
    const auto values = randomMatrix(kRows * kColumns);
    const auto ranges = channelRanges(viewOf(values, kRows, kColumns));
    for (std::size_t row = 0; row < kRows; ++row)
      compareRanges(ranges.rows[row], plainRange(values, row * kColumns, 1, kColumns));
    for (std::size_t column = 0; column < kColumns; column += 7)
      compareRanges(ranges.columns[column], plainRange(values, column, kColumns, kRows));
  }

  void rangesLeaveOutNonFinite() {
    const std::vector<float> values = {kNan, 2, kNan, 4};
    const auto ranges = channelRanges(viewOf(values, 2, 2));
    QVERIFY(std::isnan(ranges.columns[0].absMax) && std::isnan(ranges.columns[0].mean));
    QCOMPARE(ranges.columns[0].nonFinite, std::uint64_t{2});
    QCOMPARE(ranges.rows[0].nonFinite, std::uint64_t{1});
    QCOMPARE(ranges.rows[0].max, 2.0);
    QCOMPARE(ranges.columns[1].mean, 3.0);
    QCOMPARE(ranges.rows[1].max, 4.0);
    QVERIFY(channelRanges(viewOf({}, 0, 5)).rows.empty());
    const std::vector<float> wide((1U << 20) + 1);
    QVERIFY_EXCEPTION_THROWN(channelRanges(viewOf(wide, 1, wide.size())), Error);
  }

  void mapKeepsEveryExtreme() {
    const std::vector<float> values = {1, -2, 3, 4, 0, 1, -9, 4, 2, 2, -3, 3};
    const auto map = matrixMap(viewOf(values, 3, 4), 3, 2);
    QCOMPARE(map.rows, std::size_t{3});
    QCOMPARE(map.columns, std::size_t{2});
    QCOMPARE(map.extreme, (std::vector<float>{-2, 4, 1, -9, 2, 3}));
    QCOMPARE(map.meanAbs, (std::vector<float>{1.5F, 3.5F, 0.5F, 6.5F, 2, 3}));
    QCOMPARE(map.absMax, 9.0F);
    QCOMPARE(map.firstRow(3), std::uint64_t{3});
    QCOMPARE(map.firstColumn(1), std::uint64_t{2});
  }

  void mapOfOneCellAndOfFewValues() {
    const std::vector<float> values = {1, kNan, -3, 2};
    const auto cell = matrixMap(viewOf(values, 2, 2), 1, 1);
    QCOMPARE(cell.extreme, (std::vector<float>{-3}));
    QCOMPARE(cell.meanAbs, (std::vector<float>{2}));
    QCOMPARE(cell.nonFinite, (NonFinite{1, 0, Position{0, 1}}));
    QCOMPARE(cell.nonFiniteIn, std::vector<std::uint64_t>{1});
    const auto whole = matrixMap(viewOf(values, 2, 2), 100, 100);
    QVERIFY(std::isnan(whole.extreme[1]) && std::isnan(whole.meanAbs[1]));
    QCOMPARE(whole.extreme[2], -3.0F);
    QCOMPARE(whole.nonFiniteIn, (std::vector<std::uint64_t>{0, 1, 0, 0}));
    QCOMPARE(matrixMap(viewOf({}, 0, 4), 10, 10).rows, std::size_t{0});
  }

  void mapEqualsPlainLoops() {
    constexpr std::size_t kRows = 97, kColumns = 9001;
    const auto values = randomMatrix(kRows * kColumns);
    const auto map = matrixMap(viewOf(values, kRows, kColumns), 10, 33);
    std::uint64_t covered = 0;
    for (std::size_t r = 0; r < map.rows; ++r)
      for (std::size_t c = 0; c < map.columns; ++c) {
        float extreme = 0;
        double sum = 0;
        std::uint64_t count = 0;
        for (auto row = map.firstRow(r); row < map.firstRow(r + 1); ++row)
          for (auto column = map.firstColumn(c); column < map.firstColumn(c + 1); ++column, ++count) {
            const float v = values[row * kColumns + column];
            if (std::abs(v) > std::abs(extreme)) extreme = v;
            sum += std::abs(static_cast<double>(v));
          }
        covered += count;
        QCOMPARE(map.extreme[r * map.columns + c], extreme);
        QCOMPARE(map.meanAbs[r * map.columns + c], static_cast<float>(sum / static_cast<double>(count)));
      }
    QCOMPARE(covered, std::uint64_t{values.size()});
  }

  void wrongRequestsAndCancelling() {
    const std::vector<float> values = {1, 2, 3, 4};
    QVERIFY_EXCEPTION_THROWN(matrixMap(viewOf(values, 2, 2), 0, 1), Error);
    QVERIFY_EXCEPTION_THROWN(matrixMap(viewOf(values, 2, 2), 1, 20000), Error);
    QVERIFY_EXCEPTION_THROWN(matrixMap(viewOf(values, 3, 2), 2, 2), Error);
    std::stop_source stop;
    stop.request_stop();
    const JobContext job(stop.get_token());
    QVERIFY_EXCEPTION_THROWN(matrixMap(viewOf(values, 2, 2), 2, 2, job), Cancelled);
    QVERIFY_EXCEPTION_THROWN(channelRanges(viewOf(values, 2, 2), job), Cancelled);
  }
};

QTEST_GUILESS_MAIN(TestMetricsMaps)
#include "tst_metrics_maps.moc"
