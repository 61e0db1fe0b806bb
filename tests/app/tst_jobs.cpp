// JobRunner: results on the GUI thread, latest wins, cancel, errors as sentences, closing while a job runs.
#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <atomic>
#include <chrono>

#include "app/jobs/job_runner.h"
#include "core/base/error.h"

using namespace std::chrono_literals;

class TestJobs : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void deliversOnTheGuiThread() {
    app::JobRunner jobs(2);
    int result = 0;
    QThread* worker = nullptr;
    bool onGuiThread = false;
    jobs.run(
        this, {}, [&worker](const core::JobContext&) { return worker = QThread::currentThread(), 42; },
        [&](int value) { result = value, onGuiThread = QThread::currentThread() == thread(); });
    QTRY_COMPARE(result, 42);
    QVERIFY(onGuiThread);
    QVERIFY(worker != thread());
    QVERIFY(jobs.isIdle());
  }

  void theLatestOfATagWins() {
    app::JobRunner jobs(2);
    QList<int> delivered;
    for (int i = 0; i < 50; ++i) {
      jobs.run(
          this, {QStringLiteral("slider"), {}, app::Lane::Pool},
          [i](const core::JobContext& context) {
            for (int step = 0; step < 20; ++step) {
              context.throwIfCancelled();
              std::this_thread::sleep_for(1ms);
            }
            return i;
          },
          [&](int value) { delivered << value; });
    }
    QTRY_VERIFY_WITH_TIMEOUT(jobs.isIdle(), 20000);
    QCOMPARE(delivered, QList<int>{49});
  }

  void aFinishedResultIsDroppedWhenANewerJobStartedMeanwhile() {
    app::JobRunner jobs(1);
    QList<int> delivered;
    std::atomic<bool> firstDone = false;
    const auto take = [&](int value) { delivered << value; };
    jobs.run(
        this, {QStringLiteral("t"), {}, app::Lane::Pool}, [&](const core::JobContext&) { return firstDone = true, 1; },
        take);
    while (!firstDone) std::this_thread::sleep_for(1ms);  // its result waits in the event queue, unseen
    jobs.run(
        this, {QStringLiteral("t"), {}, app::Lane::Pool}, [](const core::JobContext&) { return 2; }, take);
    QTRY_VERIFY(jobs.isIdle());
    QCOMPARE(delivered, QList<int>{2});
  }

  void errorsBecomeSentences() {
    app::JobRunner jobs(1);
    const QSignalSpy banner(&jobs, &app::JobRunner::failed);
    QString own;
    const auto fail = [](const core::JobContext&) -> int {
      throw core::Error(core::ErrorCode::NotFound, "There is no tensor \"x\".");
    };
    jobs.run(
        this, {}, fail, [](int) { QFAIL("must not be delivered"); }, [&](const QString& sentence) { own = sentence; });
    jobs.run(this, {}, fail, [](int) { QFAIL("must not be delivered"); });
    QTRY_VERIFY(jobs.isIdle());
    QCOMPARE(own, QStringLiteral("There is no tensor \"x\"."));
    QCOMPARE(banner.count(), 1);
    jobs.run(
        this, {}, [](const core::JobContext&) -> int { throw std::bad_alloc(); }, [](int) {},
        [&](const QString& sentence) { own = sentence; });
    QTRY_VERIFY(jobs.isIdle());
    QVERIFY2(own.contains(QStringLiteral("memory")), qPrintable(own));
  }

  void cancelledJobsSayNothing() {
    app::JobRunner jobs(1);
    bool failed = false, delivered = false;
    const auto id = jobs.run(
        this, {{}, QStringLiteral("Waiting"), app::Lane::Pool},
        [](const core::JobContext& context) {
          while (true) context.throwIfCancelled(), std::this_thread::sleep_for(1ms);
        },
        [&] { delivered = true; }, [&](const QString&) { failed = true; });
    QCOMPARE(jobs.visibleJobs().size(), std::size_t{1});
    jobs.cancel(id);
    QVERIFY(jobs.visibleJobs().empty());
    QTRY_VERIFY(jobs.isIdle());
    QVERIFY(!failed && !delivered);
  }

  void progressArrives() {
    app::JobRunner jobs(1);
    double seen = -1;
    QString phrase;
    connect(&jobs, &app::JobRunner::changed, this, [&] {
      for (const auto& job : jobs.visibleJobs()) seen = std::max(seen, job.fraction), phrase = job.phrase;
    });
    jobs.run(
        this, {{}, QStringLiteral("Counting"), app::Lane::Pool},
        [](const core::JobContext& context) {
          for (int i = 0; i <= 10; ++i) context.progress(i / 10.0, "blk.0"), std::this_thread::sleep_for(40ms);
        },
        [] {});
    QTRY_VERIFY(jobs.isIdle());
    QVERIFY(seen > 0.3);
    QCOMPARE(phrase, QStringLiteral("blk.0"));
  }

  void resultsForADeadReceiverAreDropped() {
    app::JobRunner jobs(1);
    auto receiver = std::make_unique<QObject>();
    bool delivered = false;
    jobs.run(
        receiver.get(), {}, [](const core::JobContext&) { return 1; }, [&](int) { delivered = true; });
    receiver.reset();
    QTRY_VERIFY(jobs.isIdle());
    QVERIFY(!delivered);
  }

  void theInferenceLaneIsOneThread() {
    app::JobRunner jobs(4);
    std::atomic<int> inside = 0, most = 0;
    std::atomic<QThread*> lane = nullptr;
    std::atomic<bool> sameThread = true;
    for (int i = 0; i < 12; ++i) {
      jobs.run(
          this, {{}, {}, app::Lane::Inference},
          [&](const core::JobContext&) {
            most = std::max(most.load(), ++inside);
            QThread* expected = nullptr;
            if (!lane.compare_exchange_strong(expected, QThread::currentThread()) &&
                expected != QThread::currentThread())
              sameThread = false;
            std::this_thread::sleep_for(2ms);
            --inside;
          },
          [] {});
    }
    QTRY_VERIFY(jobs.isIdle());
    QCOMPARE(most.load(), 1);
    QVERIFY(sameThread);
  }

  void whatAPersonAskedForGoesBeforeSweeps() {
    app::JobRunner jobs(2);
    std::atomic<bool> release = false;
    std::atomic<int> sweeping = 0;
    int swept = 0;
    const auto sweep = [&](const core::JobContext&) {
      ++sweeping;
      while (!release) std::this_thread::sleep_for(1ms);
    };
    for (int i = 0; i < 5; ++i) {
      jobs.run(this, {{}, QStringLiteral("Sweep"), app::Lane::Pool, app::Priority::Sweep}, sweep, [&] { ++swept; });
    }
    while (sweeping == 0) std::this_thread::sleep_for(1ms);
    bool answered = false;
    jobs.run(
        this, {}, [](const core::JobContext&) {}, [&] { answered = true; });
    QTRY_VERIFY(answered);  // although every sweep came first and none has ended
    QCOMPARE(sweeping.load(), 1);
    release = true;
    QTRY_VERIFY(jobs.isIdle());
    QCOMPARE(swept, 5);
  }

  void onOneThreadTheQueueIsReordered() {
    app::JobRunner jobs(1);
    std::atomic<bool> release = false;
    QStringList order;
    jobs.run(
        this, {{}, {}, app::Lane::Inference},
        [&](const core::JobContext&) {
          while (!release) std::this_thread::sleep_for(1ms);
        },
        [&] { order << QStringLiteral("running"); });
    const auto nothing = [](const core::JobContext&) {};
    jobs.run(this, {{}, {}, app::Lane::Inference, app::Priority::Sweep}, nothing,
             [&] { order << QStringLiteral("sweep"); });
    jobs.run(this, {{}, {}, app::Lane::Inference}, nothing, [&] { order << QStringLiteral("asked"); });
    release = true;
    QTRY_VERIFY(jobs.isIdle());
    QCOMPARE(order, QStringList({QStringLiteral("running"), QStringLiteral("asked"), QStringLiteral("sweep")}));
  }

  void closingWhileJobsRunWaitsForThem() {
    std::atomic<int> running = 0;
    bool delivered = false;
    {
      app::JobRunner jobs(2);
      for (int i = 0; i < 6; ++i) {
        jobs.run(
            this, {{}, QStringLiteral("Long"), i % 2 ? app::Lane::Pool : app::Lane::Inference},
            [&running](const core::JobContext& context) {
              ++running;
              const auto leave = [&] { --running; };
              for (int step = 0; step < 2000; ++step) {
                if (context.cancelled()) return leave();
                std::this_thread::sleep_for(1ms);
              }
              leave();
            },
            [&] { delivered = true; });
      }
      while (running == 0) std::this_thread::sleep_for(1ms);
    }
    QCOMPARE(running.load(), 0);
    QTest::qWait(20);
    QVERIFY(!delivered);
  }

  void aStoppedRunnerTakesNoMore() {
    app::JobRunner jobs(1);
    jobs.shutdown();
    QCOMPARE(jobs.run(
                 this, {}, [](const core::JobContext&) { return 1; }, [](int) { QFAIL("runs after shutdown"); }),
             app::JobId{0});
    QVERIFY(jobs.isIdle());
  }
};

QTEST_GUILESS_MAIN(TestJobs)
#include "tst_jobs.moc"
