// Standard output that is closed, full or a pipe nobody reads; signals that end the program.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QThread>
#include <QtTest>
#include <csignal>

#include "cli_process.h"
#include "support/random_model.h"

using namespace cli;

class TestCliStreams : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString path(const QString& name) const { return m_folder.filePath(name); }
  QStringList names() const {
    return QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  bool hasNamelessFiles() const {
#ifdef O_TMPFILE
    const int file = ::open(qPrintable(m_folder.path()), O_WRONLY | O_TMPFILE, 0600);
    if (file >= 0) return ::close(file) == 0;
#endif
    return false;
  }
  /// Whether a process has a file of the folder open, named or not, beside the model.
  bool isWriting(qint64 process, const QString& model) const {
    const QDir descriptors(QStringLiteral("/proc/%1/fd").arg(process));
    for (const QString& number : descriptors.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot)) {
      char name[4096] = {};
      if (::readlink(qPrintable(descriptors.filePath(number)), name, sizeof(name) - 1) <= 0) continue;
      const QString file = QFile::decodeName(name);
      if (file.startsWith(m_folder.path() + u'/') && file != model) return true;
    }
    return false;
  }

 private slots:
  void aReaderThatGoesAwayIsAnError_data() {
    QTest::addColumn<QString>("arguments");
    QTest::newRow("text") << QStringLiteral("inspect demo");
    QTest::newRow("json") << QStringLiteral("inspect demo --stats --json");
    QTest::newRow("schemes") << QStringLiteral("schemes --json");
    QTest::newRow("help") << QStringLiteral("--help");
  }

  void aReaderThatGoesAwayIsAnError() {
    QFETCH(QString, arguments);
    // The reader is gone before the first byte, however fast the program is.
    const Run result = shell(QStringLiteral("(sleep 0.3; exec \"$0\" %1) | true").arg(arguments));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("standard output") && result.err.contains("Broken pipe"),
             result.err.constData());
  }

  void aClosedOutputIsAnErrorAndHarmsNothing() {
    const Run listing = shell(QStringLiteral("exec \"$0\" inspect demo >&-"));
    QCOMPARE(listing.code, 1);
    QVERIFY2(isOneSentence(listing.err) && listing.err.contains("standard output"), listing.err.constData());
    // The number of the closed stream must not become the file's: what is meant for people would be written into it.
    QCOMPARE(shell(QStringLiteral("exec \"$0\" quantize demo --scheme q8_0 -o good.gguf"), m_folder.path()).code, 0);
    const Run closed =
        shell(QStringLiteral("exec \"$0\" quantize demo --scheme q8_0 -o out.gguf <&- >&-"), m_folder.path());
    QCOMPARE(closed.code, 1);
    QVERIFY(contents(path(QStringLiteral("out.gguf"))) == contents(path(QStringLiteral("good.gguf"))));
    // Nothing to say, nothing to complain about.
    QCOMPARE(
        shell(QStringLiteral("exec \"$0\" dump demo --tensor output_norm.weight -o n.npy >&- 2>&-"), m_folder.path())
            .code,
        0);
    QCOMPARE(shell(QStringLiteral("exec \"$0\" inspect /nonexistent >&- 2>&-")).code, 1);
  }

  void aFullOutputIsAnError() {
    const QString full = path(QStringLiteral("full"));
    if (::mknod(qPrintable(full), S_IFCHR | 0600, makedev(1, 7)) != 0) QSKIP("Only the superuser makes devices.");
    if (shell(QStringLiteral(": > full"), m_folder.path()).code != 0)
      QSKIP("Devices on this file system cannot be opened.");
    for (const char* arguments : {"schemes", "inspect demo --json", "bits 1", "--help",
                                  "generate demo --prompt Hi --max-tokens 2 --device cpu"}) {
      const Run result =
          shell(QStringLiteral("exec \"$0\" %1 > full").arg(QString::fromLatin1(arguments)), m_folder.path());
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains("No space left"), result.err.constData());
    }
  }

  void anInterruptedQuantizeLeavesNothing_data() {
    QTest::addColumn<int>("signal");
    QTest::newRow("Ctrl+C") << SIGINT;
    QTest::newRow("kill") << SIGTERM;
    QTest::newRow("closed terminal") << SIGHUP;
    QTest::newRow("kill -9") << SIGKILL;
  }

  void anInterruptedQuantizeLeavesNothing() {
    QFETCH(int, signal);
    const QString model = path(QStringLiteral("big.gguf"));
    if (!QFileInfo::exists(model)) {
      support::writeRandomModel({.vocabulary = 64,
                                 .width = 512,
                                 .layers = 4,
                                 .feedForward = 2048,
                                 .heads = 8,
                                 .kvHeads = 8,
                                 .headSize = 64,
                                 .valueHeadSize = 64},
                                model.toStdString());
    }
    if (signal == SIGKILL && !hasNamelessFiles()) QSKIP("This file system cannot hold files without a name.");
    const QString output = path(QStringLiteral("stopped.gguf"));
    writeFile(output, "mine");
    const QStringList before = names();
    QProcess process;
    process.start(QStringLiteral(QS_CLI), {QStringLiteral("quantize"), model, QStringLiteral("--scheme"),
                                           QStringLiteral("q5_1"), QStringLiteral("-o"), output});
    QVERIFY(process.waitForStarted());
    QElapsedTimer clock;
    clock.start();
    while (!isWriting(process.processId(), model) && clock.elapsed() < 20'000) QThread::usleep(200);
    QVERIFY2(isWriting(process.processId(), model), "the file being written is not seen");
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitStatus(), QProcess::CrashExit);  // ended by the signal, as a shell expects
    QCOMPARE(process.exitCode(), signal);
    QCOMPARE(names(), before);
    QCOMPARE(contents(output), QByteArray("mine"));
  }

  void workThatDoesNotListenEndsAnyway() {
    QVERIFY(::mkfifo(qPrintable(path(QStringLiteral("pipe"))), 0600) == 0);
    QProcess process;  // waits for a reader that never comes
    process.start(QStringLiteral(QS_CLI),
                  {QStringLiteral("dump"), QStringLiteral("demo"), QStringLiteral("--tensor"),
                   QStringLiteral("output_norm.weight"), QStringLiteral("-o"), path(QStringLiteral("pipe"))});
    QVERIFY(process.waitForStarted());
    QTest::qWait(300);
    QCOMPARE(process.state(), QProcess::Running);
    process.terminate();
    QVERIFY(process.waitForFinished(10'000));
    QCOMPARE(process.exitCode(), SIGTERM);
  }

  void aSignalThatIsIgnoredStaysIgnored() {
    // nohup: the terminal may go, the work may not.
    const Run result =
        shell(QStringLiteral("trap '' HUP; \"$0\" quantize demo --scheme q8_0 -o kept.gguf & kill -HUP $!; wait $!"),
              m_folder.path());
    QCOMPARE(result.code, 0);
  }
};

QTEST_GUILESS_MAIN(TestCliStreams)
#include "tst_cli_streams.moc"
