// The program of the window where there is no window: arguments, help, and no display.
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

namespace {

struct Run {
  int code = -1;
  QString out, err;
};

/// A process that knows no display, but for what `more` says.
Run run(const QStringList& arguments, const QStringList& more = {}) {
  QProcess process;
  auto environment = QProcessEnvironment::systemEnvironment();
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) environment.remove(QLatin1String(name));
  // Without it Qt warns before anybody else speaks.
  static const QTemporaryDir runtime;
  environment.insert(QStringLiteral("XDG_RUNTIME_DIR"), runtime.path());
  for (const QString& entry : more) environment.insert(entry.section(u'=', 0, 0), entry.section(u'=', 1));
  process.setProcessEnvironment(environment);
  process.start(QStringLiteral(QS_WINDOW), arguments);
  if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit) return {};
  return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
          QString::fromUtf8(process.readAllStandardError())};
}

}  // namespace

class TestApplication : public QObject {
  Q_OBJECT

 private slots:
  void helpAndVersionNeedNoDisplay() {
    for (const char* option : {"--help", "-h", "--help-all"}) {
      const Run help = run({QLatin1String(option)});
      QCOMPARE(help.code, 0);
      QVERIFY(help.err.isEmpty() && help.out.contains(QLatin1String("--workspace")) &&
              help.out.contains(QLatin1String("report")));
    }
    for (const char* option : {"--version", "-v"}) {
      const Run version = run({QLatin1String(option)});
      QCOMPARE(version.code, 0);
      QCOMPARE(version.out, QStringLiteral("quantscope " QS_VERSION "\n"));
    }
    QCOMPARE(run({QStringLiteral("report"), QStringLiteral("--help")}).code, 0);
  }

  void wrongUsageNeedsNoDisplay_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown option") << QStringList{QStringLiteral("--frobnicate")} << QStringLiteral("frobnicate");
    QTest::newRow("missing value") << QStringList{QStringLiteral("--theme")} << QStringLiteral("theme");
    QTest::newRow("unknown theme") << QStringList{QStringLiteral("--theme"), QStringLiteral("pink")}
                                   << QStringLiteral("pink");
    QTest::newRow("unknown workspace") << QStringList{QStringLiteral("--workspace"), QStringLiteral("x")}
                                       << QStringLiteral("\"x\"");
    QTest::newRow("two models") << QStringList{QStringLiteral("a"), QStringLiteral("b")} << QStringLiteral("2");
    QTest::newRow("Qt's option and ours")
        << QStringList{QStringLiteral("-platform"), QStringLiteral("offscreen"), QStringLiteral("--frobnicate")}
        << QStringLiteral("frobnicate");
    QTest::newRow("report without a folder")
        << QStringList{QStringLiteral("report"), QStringLiteral("demo")} << QStringLiteral("-o DIR");
    QTest::newRow("report, unknown option")
        << QStringList{QStringLiteral("report"), QStringLiteral("--frobnicate")} << QStringLiteral("frobnicate");
  }

  void wrongUsageNeedsNoDisplay() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Run result = run(arguments);
    QCOMPARE(result.code, 2);
    QVERIFY(result.out.isEmpty());
    QVERIFY2(result.err.contains(says) && result.err.count(u'\n') == 1, qPrintable(result.err));
  }

  void noDisplayIsASentence() {
    for (const QStringList& display : {QStringList(), QStringList{QStringLiteral("DISPLAY=:97")}}) {
      const Run result = run({QStringLiteral("demo")}, display);
      QCOMPARE(result.code, 1);
      QVERIFY2(result.err.contains(QLatin1String("display")) && result.err.contains(QLatin1String("quantscope-cli")),
               qPrintable(result.err));
      QCOMPARE(result.err.count(u'\n'), 1);
    }
  }

  void aBrokenPipeIsAnError() {
    QProcess process;
    process.start(QStringLiteral("bash"),
                  {QStringLiteral("-o"), QStringLiteral("pipefail"), QStringLiteral("-c"),
                   QStringLiteral("(sleep 0.3; exec \"$0\" --help) | true"), QStringLiteral(QS_WINDOW)});
    QVERIFY(process.waitForFinished(60'000));
    QCOMPARE(process.exitCode(), 1);
    QVERIFY(process.readAllStandardError().contains("Broken pipe"));
  }
};

QTEST_GUILESS_MAIN(TestApplication)
#include "tst_application.moc"
