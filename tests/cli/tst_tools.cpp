// The tools under tests/ read their arguments before they write anything.
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

class TestTools : public QObject {
  Q_OBJECT

 private slots:
  void argumentsAreNoFiles_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    const auto row = [](const char* arguments, int code) {
      QTest::newRow(arguments) << QString::fromLatin1(arguments).split(u' ', Qt::SkipEmptyParts) << code;
    };
    row("", 2);
    row("--help", 0);
    row("-h", 0);
    row("out.gguf --frobnicate", 2);
    row("out.gguf --layers", 2);
    row("out.gguf --layers many", 2);
    row("out.gguf --layers 0", 2);
    row("out.gguf --width 33", 2);
    row("out.gguf --heads 3", 2);
    row("out.gguf second.gguf", 2);
    row("none/out.gguf --layers 1 --width 64 --ffn 64 --vocab 300 --heads 4", 1);
  }

  void argumentsAreNoFiles() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    const QTemporaryDir folder;
    const cli::Run result = cli::runProgram(QStringLiteral(QS_MAKE_RANDOM_MODEL), arguments, folder.path());
    QCOMPARE(result.code, code);
    QVERIFY(QDir(folder.path()).isEmpty());
  }

  void whatItWritesOpens() {
    const QTemporaryDir folder;
    const QString model = folder.filePath(QStringLiteral("out.gguf"));
    const QStringList arguments = QStringLiteral("--layers 1 --width 64 --ffn 64 --vocab 300 --heads 4").split(u' ');
    QCOMPARE(cli::runProgram(QStringLiteral(QS_MAKE_RANDOM_MODEL), QStringList{model} + arguments).code, 0);
    QCOMPARE(cli::json({QStringLiteral("inspect"), model})["tensors"].size(), std::size_t{3 + 9});
  }
};

QTEST_GUILESS_MAIN(TestTools)
#include "tst_tools.moc"
