// Where a model is cut into parts, and sizes as people write them.
#include <QTest>

#include "core/base/error.h"
#include "core/io/split_plan.h"

namespace io = core::io;

class TestSplitPlan : public QObject {
  Q_OBJECT

 private:
  /// The numbers of tensors in the parts.
  static std::vector<std::size_t> plan(const std::vector<std::uint64_t>& sizes, const io::SplitLimits& limits) {
    std::vector<io::SizedTensor> tensors;
    for (const std::uint64_t size : sizes) tensors.push_back({"t", size});
    std::vector<std::size_t> counts;
    std::size_t first = 0;
    for (const io::SplitPart& part : io::planSplit(tensors, limits)) {
      if (part.first != first) throw std::runtime_error("parts are not consecutive");
      first += part.count;
      counts.push_back(part.count);
    }
    return counts;
  }
  using Counts = std::vector<std::size_t>;

 private slots:
  void sizesHaveUnits() {
    QCOMPARE(io::parseSplitSize("1"), std::uint64_t{1});
    QCOMPARE(io::parseSplitSize("4096"), std::uint64_t{4096});
    QCOMPARE(io::parseSplitSize("500M"), std::uint64_t{500'000'000});
    QCOMPARE(io::parseSplitSize("2G"), std::uint64_t{2'000'000'000});
    for (const char* text : {"", "0", "0M", "G", "-1", "+1", " 1", "1 ", "1K", "1g", "1.5G", "18446744073709551616",
                             "18446744073710M", "nan"})
      QVERIFY_EXCEPTION_THROWN(io::parseSplitSize(text), core::Error);
  }

  void limitsDecide() {
    const std::vector<std::uint64_t> sizes = {32, 64, 1, 31, 96};  // 32, 64, 32, 32, 96 with padding
    QCOMPARE(plan(sizes, {}), Counts{5});
    QCOMPARE(plan(sizes, {96, 0}), (Counts{2, 2, 1}));
    QCOMPARE(plan(sizes, {127, 0}), (Counts{2, 2, 1}));
    QCOMPARE(plan(sizes, {128, 0}), (Counts{3, 2}));
    QCOMPARE(plan(sizes, {0, 2}), (Counts{2, 2, 1}));
    QCOMPARE(plan(sizes, {0, 5}), Counts{5});
    QCOMPARE(plan(sizes, {128, 2}), (Counts{2, 2, 1}));
    QCOMPARE(plan(sizes, {256, 1}), (Counts{1, 1, 1, 1, 1}));
    QCOMPARE(plan({}, {1, 1}), Counts{0});
    QCOMPARE(plan({0, 0, 32, 0}, {32, 0}), Counts{4});
  }

  void whatDoesNotFitIsRefused() {
    QVERIFY_EXCEPTION_THROWN(plan({32, 97}, {127, 0}), core::Error);  // 128 with padding
    QCOMPARE(plan({32, 97}, {128, 0}), (Counts{1, 1}));
    QCOMPARE(plan(std::vector<std::uint64_t>(65535, 1), {0, 1}).size(), std::size_t{65535});
    QVERIFY_EXCEPTION_THROWN(plan(std::vector<std::uint64_t>(65536, 1), {0, 1}), core::Error);
  }
};

QTEST_GUILESS_MAIN(TestSplitPlan)
#include "tst_split_plan.moc"
