// Ctrl+C while perplexity, sensitivity, design and trace compute: the process ends by the signal, nothing half-written
// is left, and what was measured is taken up again.
#include <signal.h>

#include <QDirIterator>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>
#include <cstring>

#include "cli_process.h"

using namespace cli;

namespace {

constexpr int kPatience = 60'000;  // milliseconds, on a busy machine

/// Processor time of a process so far, in seconds.
double secondsOf(qint64 pid) {
  QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const QByteArray text = file.readAll();
  const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');  // from the third on
  return fields.size() < 13
             ? 0
             : (fields[11].toDouble() + fields[12].toDouble()) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Measurements in a file of DivergenceFile: a head of 16 bytes; then 64-bit words: key, count, 2 · count, hash.
std::size_t recordsIn(const QByteArray& bytes) {
  std::size_t records = 0;
  for (qsizetype at = 16; at + 16 <= bytes.size(); ++records) {
    std::uint64_t count = 0;
    std::memcpy(&count, bytes.constData() + at + 8, sizeof(count));
    at += static_cast<qsizetype>((3 + 2 * count) * 8);
    if (at > bytes.size()) break;
  }
  return records;
}

}  // namespace

class TestCliInterrupted : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  QString path(const char* name) const { return m_folder.filePath(QString::fromUtf8(name)); }
  QProcessEnvironment cacheIn(const QString& folder) const {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("XDG_CACHE_HOME"), folder);
    return environment;
  }
  static QStringList filesUnder(const QString& folder) {
    QStringList files;
    for (QDirIterator found(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); found.hasNext();)
      files << found.next();
    files.sort();
    return files;
  }
  /// Interrupts the program as soon as it is there. @return what it wrote until then
  QByteArray interruptWhen(const QStringList& arguments, const QString& cache,
                           const std::function<bool(QProcess&)>& isThere) {
    QProcess process;
    process.setProcessEnvironment(cacheIn(cache));
    process.start(QStringLiteral(QS_CLI), arguments);
    if (!process.waitForStarted()) throw std::runtime_error("not started");
    QElapsedTimer clock;
    clock.start();
    while (!isThere(process)) {
      process.waitForReadyRead(5);
      if (process.state() != QProcess::Running || clock.elapsed() > kPatience)
        throw std::runtime_error("it ended too early: " + process.readAllStandardError().toStdString());
    }
    if (::kill(static_cast<pid_t>(process.processId()), SIGINT) != 0) throw std::runtime_error("not interrupted");
    if (!process.waitForFinished(kPatience)) throw std::runtime_error("it does not end");
    // Ended by the signal, as a shell expects, and without a complaint.
    if (process.exitStatus() != QProcess::CrashExit || process.exitCode() != SIGINT)
      throw std::runtime_error("exit code " + std::to_string(process.exitCode()));
    if (const QByteArray err = process.readAllStandardError(); !err.isEmpty())
      throw std::runtime_error(err.toStdString());
    return process.readAllStandardOutput();
  }
  static Json resultOf(const Run& run) {
    if (run.code != 0) throw std::runtime_error(run.err.toStdString());
    return Json::parse(run.out.toStdString());
  }

 private slots:
  void sensitivityGoesOnWhereItWas() {
    const QStringList command{"sensitivity", "demo", "--scheme", "int4", "--tensor", "blk.?.ffn*",
                              "--text",      "demo", "--tokens", "400",  "--device", "cpu"};
    const QString cache = path("sensitivity");
    QByteArray shown;
    interruptWhen(command, cache, [&](QProcess& process) {
      shown += process.readAllStandardOutput();
      return shown.count(" swap ") >= 3;
    });
    const QStringList files = filesUnder(cache);
    QCOMPARE(files.size(), 1);
    const std::size_t kept = recordsIn(contents(files.front()));
    QVERIFY2(kept >= 4, qPrintable(QString::number(kept)));  // with the recipe as a whole
    const Json rows = resultOf(run(command + QStringList{"--json"}, cacheIn(cache)));
    QVERIFY(rows.size() + 1 > kept);
    // What was kept was not measured again: it would stand there twice.
    QCOMPARE(recordsIn(contents(files.front())), rows.size() + 1);
    const Json fresh = resultOf(run(command + QStringList{"--json", "--no-cache"}, cacheIn(cache)));
    for (std::size_t i = 0; i < rows.size(); ++i) QCOMPARE(rows[i]["kl"], fresh[i]["kl"]);
  }

  void perplexityGoesOnWhereItWas() {
    const QStringList command{"perplexity", "demo",     "--scheme", "int4",       "--text",    "prose", "--tokens",
                              "6000",       "--device", "cpu",      "--no-noise", "--context", "64",    "--json"};
    const QString cache = path("perplexity");
    // Until it has read some blocks, whatever the machine does beside.
    interruptWhen(command, cache, [](QProcess& process) { return secondsOf(process.processId()) > 1.0; });
    const QStringList files = filesUnder(cache);
    QCOMPARE(files.size(), 1);
    const qint64 kept = QFileInfo(files.front()).size();
    const Json rows = resultOf(run(command, cacheIn(cache)));
    QCOMPARE(filesUnder(cache), files);
    QVERIFY(kept > 1000 && kept < QFileInfo(files.front()).size());
    const Json fresh = resultOf(run(command + QStringList{"--no-cache"}, cacheIn(cache)));
    for (const char* key : {"perplexity", "kl_mean", "kl_mean_error", "kl_max", "same_top1"})
      QCOMPARE(rows[0][key], fresh[0][key]);
  }

  void whatDesignAndTraceWriteIsWholeOrNotThere_data() {
    QTest::addColumn<QStringList>("command");
    QTest::newRow("design") << QStringList{"design",      "demo",     "--candidates", "int2,int4,int6",    "--text",
                                           "calibration", "--tokens", "2000",         "--bits-per-weight", "4",
                                           "--device",    "cpu"};
    QTest::newRow("trace") << QStringList{
        "trace", "demo", "--scheme", "int4:group=64", "--prompt", "What is a zero-point?", "--device", "cpu"};
    QTest::newRow("trace as a page") << QStringList{
        "trace", "demo", "--scheme", "int4:group=64", "--prompt", "What is a zero-point?", "--device", "cpu"};
  }
  void whatDesignAndTraceWriteIsWholeOrNotThere() {
    QFETCH(QStringList, command);
    const bool isPage = QByteArray(QTest::currentDataTag()).contains("page");
    const QString folder = path("outputs"), output = folder + (isPage ? "/mine.html" : "/mine.txt");
    QDir().mkpath(folder);
    writeFile(output, "mine");
    const QStringList before = filesUnder(folder);
    interruptWhen(command + QStringList{"-o", output}, path("cache"),
                  [](QProcess& process) { return secondsOf(process.processId()) > 0.3; });
    QCOMPARE(filesUnder(folder), before);
    QCOMPARE(contents(output), QByteArray("mine"));
  }
};

QTEST_GUILESS_MAIN(TestCliInterrupted)
#include "tst_cli_interrupted.moc"
