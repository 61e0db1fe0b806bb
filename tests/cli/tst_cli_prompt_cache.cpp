// generate --prompt-cache: what it saves, what it says, and which files it refuses.
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

class TestCliPromptCache : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString path(const char* name) const { return m_folder.filePath(name); }
  static QStringList ask(const QString& prompt, const QString& cache, const QStringList& more = {}) {
    return QStringList{"generate", cli::kModel, "--raw", "--prompt",       prompt, "--max-tokens",
                       "3",        "--device",  "cpu",   "--prompt-cache", cache} +
           more;
  }

 private slots:
  void theSameBeginningIsNotReadAgain() {
    const QString cache = path("a.prompt"), prompt = QStringLiteral("one two three one two three one two");
    const cli::Json first = cli::json(ask(prompt, cache));
    QCOMPARE(first["prompt_tokens_from_cache"].get<int>(), 0);
    const QByteArray kept = cli::contents(cache);
    const cli::Json again = cli::json(ask(prompt, cache));
    QCOMPARE(again["prompt_tokens_from_cache"].get<int>(), first["prompt_tokens"].get<int>() - 1);
    QCOMPARE(again["tokens"], first["tokens"]);
    QCOMPARE(cli::contents(cache), kept);  // there was nothing to add

    // A longer one goes on from there, and is kept.
    const cli::Json longer = cli::json(ask(prompt + QStringLiteral(" and three"), cache));
    QVERIFY(longer["prompt_tokens_from_cache"].get<int>() > 3);
    QVERIFY(cli::contents(cache) != kept);
    const cli::Run said = cli::run(ask(prompt, cache));
    QCOMPARE(said.code, 0);
    QVERIFY2(said.out.contains("tokens of the prompt came from the prompt cache."), said.out);
  }

  void othersAreRefused_data() {
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("scheme") << QStringList{"--scheme", "q8_0"} << "made with another scheme.";
    QTest::newRow("KV type") << QStringList{"--kv-type", "int8"} << "made with another type of keys and values.";
  }
  void othersAreRefused() {
    QFETCH(QStringList, more);
    QFETCH(QString, sentence);
    const QString cache = path("b.prompt");
    if (!QFile::exists(cache)) QCOMPARE(cli::run(ask("one two", cache)).code, 0);
    const QByteArray kept = cli::contents(cache);
    const cli::Run run = cli::run(ask("one two", cache, more));
    QCOMPARE(run.code, 1);
    QVERIFY2(run.err.contains(sentence.toUtf8()), run.err);
    QCOMPARE(run.err.count('\n'), 1);
    QCOMPARE(cli::contents(cache), kept);
  }

  void noOtherFileIsTouched() {
    const QByteArray before = cli::contents(cli::kModel);
    QCOMPARE(cli::run(ask("one two", cli::kModel)).code, 1);
    QCOMPARE(cli::contents(cli::kModel), before);
    const QString text = path("text.txt");
    QFile file(text);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(QByteArray(1000, 'x')) == 1000);
    file.close();
    const cli::Run run = cli::run(ask("one two", text));
    QCOMPARE(run.code, 1);
    QVERIFY2(run.err.contains("is no prompt cache"), run.err);
    QCOMPARE(cli::contents(text), QByteArray(1000, 'x'));
    QCOMPARE(cli::run(ask("one two", "-")).code, 1);
    QCOMPARE(cli::run(ask("one two", m_folder.path())).code, 1);
  }
};

QTEST_GUILESS_MAIN(TestCliPromptCache)
#include "tst_cli_prompt_cache.moc"
