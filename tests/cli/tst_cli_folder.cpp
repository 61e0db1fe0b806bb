// Hugging Face folders on the command line: the built-in model as a folder talks as it does as a file, many texts
// become tokens at once, and a model's own generation defaults count where they are asked for.
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

using namespace cli;

class TestCliFolder : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  QString path(const QString& name) const { return m_folder.filePath(name); }
  QString written(const QString& name, const QByteArray& contents) const {
    QFile file(path(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
      throw std::runtime_error("no file");
    return path(name);
  }
  static Json answer(const QString& model, const QStringList& more) {
    return json(QStringList{"generate", model, "--prompt", "What is a zero point?", "--device", "cpu"} + more);
  }

 private slots:
  void initTestCase() {
    const Run made = run({"quantize", "demo", "--layout", "plain", "--scheme", "bf16", "-o", path("demo")});
    QVERIFY2(made.code == 0, made.err.constData());
  }

  void demoTalksAsItDoes() {
    const QStringList greedy{"--temperature", "0", "--max-tokens", "40"};
    const Json folder = answer(path("demo"), greedy), file = answer("demo", greedy);
    QVERIFY(file.at("tokens").size() > 10);
    QCOMPARE(folder.at("tokens"), file.at("tokens"));
    QCOMPARE(folder.at("text"), file.at("text"));
    const QString chat = written("chat.json", R"([{"role": "user", "content": "Hi"}])");
    QCOMPARE(json({"template", path("demo"), chat}), json({"template", "demo", chat}));
  }

  void manyTexts() {
    const QString texts = written("texts.jsonl", "\"a b\"\n\n{\"text\": \"\\u00e9\\n<|user|>\"}\r\n\"\"\n");
    for (const QStringList& more : {QStringList{}, QStringList{"--special"}, QStringList{"--special", "--bos"}}) {
      const Run folder = run(QStringList{"tokenize", path("demo"), "--lines", texts} + more);
      const Run file = run(QStringList{"tokenize", "demo", "--lines", texts} + more);
      QCOMPARE(folder.code, 0);
      QCOMPARE(folder.out.count('\n'), 3);
      QCOMPARE(folder.out, file.out);
    }
    const Run tokens = run({"tokenize", "demo", "--lines", texts, "--special"});
    const Run back = run({"detokenize", path("demo"), "--lines", written("tokens.jsonl", tokens.out)});
    QVERIFY(back.out.startsWith("{\"text\":\"a b\"}\n"));
  }

  void badLines_data() {
    QTest::addColumn<QString>("verb");
    QTest::addColumn<QByteArray>("lines");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no JSON") << "tokenize" << QByteArray("\"a\"\nb\n") << QByteArray("Line 2");
    QTest::newRow("no text") << "tokenize" << QByteArray("7\n") << QByteArray("Line 1");
    QTest::newRow("no list") << "detokenize" << QByteArray("[1]\n\"a\"\n") << QByteArray("Line 2");
    QTest::newRow("no id") << "detokenize" << QByteArray("[1, 99999]\n") << QByteArray("from 0 to");
    QTest::newRow("below zero") << "detokenize" << QByteArray("{\"tokens\": [-1]}\n") << QByteArray("from 0 to");
  }
  void badLines() {
    QFETCH(QString, verb);
    QFETCH(QByteArray, lines);
    QFETCH(QByteArray, says);
    const Run refused = run({verb, "demo", "--lines", written("bad.jsonl", lines)});
    QCOMPARE(refused.code, 1);
    QVERIFY2(refused.err.contains(says), refused.err.constData());
  }

  void oneInputOrManyButNotBoth() {
    QCOMPARE(run({"tokenize", "demo"}).code, 2);
    QCOMPARE(run({"tokenize", "demo", "a", "--lines", "b"}).code, 2);
    QCOMPARE(run({"tokenize", "demo", "--lines", path("nowhere")}).code, 1);
    const Run piped = shell("echo '\"a b\"' | \"$0\" tokenize demo --lines -");
    QVERIFY(piped.code == 0 && piped.out.startsWith("{\"tokens\":["));
  }

  void modelDefaults() {
    written("demo/generation_config.json", R"({"do_sample": false, "max_new_tokens": 5, "top_k": 3})");
    const Json shown = json({"inspect", path("demo")}).at("generation_defaults");
    QCOMPARE(shown, (Json{{"do_sample", false}, {"top_k", 3}, {"max_new_tokens", 5}}));
    const Json asked = answer(path("demo"), {"--model-defaults"});
    QCOMPARE(asked.at("tokens").size(), std::size_t{5});
    QCOMPARE(asked.at("tokens"), answer("demo", {"--temperature", "0", "--max-tokens", "5"}).at("tokens"));
    QCOMPARE(answer(path("demo"), {"--model-defaults", "--max-tokens", "3"}).at("tokens").size(), std::size_t{3});
    QVERIFY(answer(path("demo"), {"--temperature", "0", "--max-tokens", "8"}).at("tokens").size() == 8);
    written("demo/generation_config.json", R"({"temperature": -1})");
    const Json bad = json({"inspect", path("demo")});
    QVERIFY(bad.at("generation_defaults").is_null() && bad.at("can_chat").get<bool>());
    QVERIFY(bad.at("cannot").at("generation_defaults").get<std::string>().find("temperature") != std::string::npos);
    QCOMPARE(run({"generate", path("demo"), "--prompt", "a", "--model-defaults", "--device", "cpu"}).code, 1);
  }
};

QTEST_GUILESS_MAIN(TestCliFolder)
#include "tst_cli_folder.moc"
