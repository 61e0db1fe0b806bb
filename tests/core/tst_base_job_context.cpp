// A job can be stopped, and its reports are throttled but never lose the last one.
#include <QTest>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/base/job_context.h"

class TestBaseJobContext : public QObject {
  Q_OBJECT
 private slots:
  void defaultNeverStops();
  void stopsWhenAsked();
  void reportsAreThrottled();
  void theLastReportAlwaysComes();
  void partsReportTheirShareOfTheWhole();
  void partsStopWithTheWhole();
  void severalThreadsMayReport();
  void errorsKeepTheirParts();
};

void TestBaseJobContext::defaultNeverStops() {
  const core::JobContext job;
  QVERIFY(!job.cancelled());
  job.throwIfCancelled();
  job.progress(0.5, "half");
}

void TestBaseJobContext::stopsWhenAsked() {
  std::stop_source stop;
  int reports = 0;
  const core::JobContext job(stop.get_token(), [&reports](double, std::string_view) { ++reports; });
  job.throwIfCancelled();
  stop.request_stop();
  QVERIFY(job.cancelled());
  QVERIFY_EXCEPTION_THROWN(job.throwIfCancelled(), core::Cancelled);
  QVERIFY_EXCEPTION_THROWN(job.progress(1.0, "done"), core::Cancelled);
  QCOMPARE(reports, 0);
}

void TestBaseJobContext::reportsAreThrottled() {
  std::stop_source stop;
  int reports = 0;
  const core::JobContext job(stop.get_token(), [&reports](double, std::string_view) { ++reports; });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100000; ++i) job.progress(0.5, "working");
  const auto elapsed = std::chrono::steady_clock::now() - start;
  QVERIFY(reports >= 1);
  QVERIFY(reports <= 2 + elapsed / std::chrono::milliseconds(30));
}

void TestBaseJobContext::theLastReportAlwaysComes() {
  std::stop_source stop;
  std::vector<double> fractions;
  std::string phrase;
  const core::JobContext job(stop.get_token(), [&](double fraction, std::string_view text) {
    fractions.push_back(fraction);
    phrase = text;
  });
  job.progress(0.1, "begun");
  job.progress(0.2, "swallowed");
  job.progress(1.0, "done");
  QCOMPARE(fractions, (std::vector<double>{0.1, 1.0}));
  QCOMPARE(phrase, std::string("done"));
}

void TestBaseJobContext::partsReportTheirShareOfTheWhole() {
  std::vector<double> fractions;
  const auto record = [&](double fraction, std::string_view) { fractions.push_back(fraction); };
  const auto reportOnce = [&](double from, double to, double fraction) {
    const core::JobContext whole(std::stop_token(), record);  // a new one each: reports are throttled
    whole.part(from, to).progress(fraction, "part");
  };
  reportOnce(0.25, 0.75, 0.0);
  reportOnce(0.25, 0.75, 0.5);
  reportOnce(0.5, 1.0, 1.0);
  const core::JobContext whole(std::stop_token(), record);
  const core::JobContext half = whole.part(0.5, 1.0);
  half.part(0.5, 1.0).progress(0.5, "a part of a part");
  QCOMPARE(fractions, (std::vector<double>{0.25, 0.5, 1.0, 0.875}));
  core::JobContext().part(0.0, 0.5).progress(0.5, "reports nowhere");
}

void TestBaseJobContext::partsStopWithTheWhole() {
  std::stop_source stop;
  int reports = 0;
  const core::JobContext whole(stop.get_token(), [&](double, std::string_view) { ++reports; });
  const core::JobContext part = whole.part(0.0, 0.5);
  part.throwIfCancelled();
  stop.request_stop();
  QVERIFY(part.cancelled());
  QVERIFY_EXCEPTION_THROWN(part.throwIfCancelled(), core::Cancelled);
  QVERIFY_EXCEPTION_THROWN(part.progress(1.0, "done"), core::Cancelled);
  QCOMPARE(reports, 0);
}

void TestBaseJobContext::severalThreadsMayReport() {
  std::stop_source stop;
  std::atomic<int> reports{0};
  const core::JobContext job(stop.get_token(), [&reports](double, std::string_view) { ++reports; });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&job] {
        for (int i = 0; i < 10000; ++i) job.progress(0.5, "working");
      });
    }
  }
  QVERIFY(reports >= 1);
  QVERIFY(reports < 10000);
}

void TestBaseJobContext::errorsKeepTheirParts() {
  const core::Error error(core::ErrorCode::NotFound, "There is no such thing.", "byte 7");
  QCOMPARE(error.code(), core::ErrorCode::NotFound);
  QCOMPARE(std::string(error.what()), std::string("There is no such thing."));
  QCOMPARE(error.where(), std::string("byte 7"));
}

QTEST_GUILESS_MAIN(TestBaseJobContext)
#include "tst_base_job_context.moc"
