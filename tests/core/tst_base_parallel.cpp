// Parallel loops: every item once, exceptions come back, sums are whole. The same under oneTBB and, in the tsan preset,
// std::thread.
// Before Qt, whose macro "emit" is a function of oneTBB.
#include "core/base/parallel.h"
#include "core/base/parallel_chunks.h"

#include <QtTest>

#include <atomic>

#include "core/base/error.h"

class TestBaseParallel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyItemOnce_data() {
    QTest::addColumn<int>("total");
    QTest::addColumn<int>("grain");
    QTest::newRow("nothing") << 0 << 1;
    QTest::newRow("one piece") << 7 << 100;
    QTest::newRow("whole pieces") << 64 << 8;
    QTest::newRow("a rest") << 1001 << 10;
    QTest::newRow("one each") << 300 << 1;
  }
  void everyItemOnce() {
    QFETCH(int, total);
    QFETCH(int, grain);
    std::vector<int> visits(static_cast<std::size_t>(total));
    core::parallelFor(visits.size(), static_cast<std::size_t>(grain), [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) ++visits[i];
    });
    QCOMPARE(visits, std::vector<int>(visits.size(), 1));
  }

  void sumsAreWhole() {
    const auto add = [](std::size_t first, std::size_t last, std::uint64_t sum) {
      for (std::size_t i = first; i < last; ++i) sum += i;
      return sum;
    };
    QCOMPARE(core::parallelReduce(std::size_t{100001}, std::size_t{64}, std::uint64_t{0}, add, std::plus<>()),
             std::uint64_t{100001} * 100000 / 2);
    QCOMPARE(core::parallelReduce(std::size_t{0}, std::size_t{64}, std::uint64_t{0}, add, std::plus<>()),
             std::uint64_t{0});
  }

  void everyThreadHasItsOwn() {
    core::PerThread<std::uint64_t> counts(0);
    core::parallelFor(10000, 16, [&](std::size_t first, std::size_t last) {
      std::uint64_t& own = counts.local();
      own += last - first;
    });
    std::uint64_t sum = 0;
    counts.forEach([&](std::uint64_t count) { sum += count; });
    QCOMPARE(sum, std::uint64_t{10000});
  }

  void anExceptionEndsTheLoopAndComesBack() {
    const auto run = [] {
      core::parallelFor(1000, 1, [](std::size_t first, std::size_t) {
        if (first == 500) throw core::Error(core::ErrorCode::InvalidArgument, "Item 500 is bad.");
      });
    };
    QVERIFY_THROWS_EXCEPTION(core::Error, run());
  }

  void cancellingStopsBetweenPieces() {
    std::stop_source stop;
    const core::JobContext job(stop.get_token());
    std::atomic<int> done = 0;
    const auto run = [&] {
      core::forEachChunk(100000, 1, job, "Working", [&](std::uint64_t, std::uint64_t) {
        if (++done == 10) stop.request_stop();
      });
    };
    QVERIFY_THROWS_EXCEPTION(core::Cancelled, run());
    QVERIFY(done < 100000);
  }
};

QTEST_APPLESS_MAIN(TestBaseParallel)
#include "tst_base_parallel.moc"
