// `quantscope-cli get`: says what there is, downloads it, can be interrupted, and what it got opens by the same name.
#include <signal.h>

#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"
#include "loopback/fake_hub.h"
#include "loopback/fake_registry.h"

using support::FakeHub;
using support::FakeRegistry;
using support::LoopbackReply;
using support::LoopbackRequest;

class TestCliGet : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void listsForPeople();
  void listsForPrograms();
  void getsAndOpens();
  void getsFromOllama();
  void goesOnAfterAnInterruption();
  void complains_data();
  void complains();

 private:
  cli::Run run(const QStringList& arguments) const { return cli::run(arguments, m_environment); }
  QString home(const QString& path) const { return m_home->filePath(path); }

  std::unique_ptr<QTemporaryDir> m_home;
  std::unique_ptr<FakeHub> m_hub;
  QProcessEnvironment m_environment;
};

void TestCliGet::init() {
  m_home = std::make_unique<QTemporaryDir>();
  const std::string model = cli::contents(cli::kModel).toStdString();
  m_hub = std::make_unique<FakeHub>(
      "me/tiny", std::map<std::string, FakeHub::File>{{"tiny-F32.gguf", {model, true}},
                                                      {"tiny-Q8_0.gguf", {std::string(5000, 'x'), true}}});
  m_environment = QProcessEnvironment();
  m_environment.insert("HOME", m_home->path());
  m_environment.insert("HF_ENDPOINT", QString::fromStdString(m_hub->url()));
}

void TestCliGet::listsForPeople() {
  const auto listed = run({"get", "hf:me/tiny", "--list"});
  QCOMPARE(listed.code, 0);
  QVERIFY2(listed.err.isEmpty(), listed.err);
  QVERIFY2(listed.out.startsWith("hf:me/tiny on \"127.0.0.1:"), listed.out);
  QVERIFY2(listed.out.contains("\n  Q8_0 · GGUF ") && listed.out.contains(" MiB  fits, needs about "), listed.out);
  QVERIFY2(listed.out.endsWith("Get one with: quantscope-cli get hf:me/tiny:Q8_0\n"), listed.out);
  QVERIFY(m_hub->store().requests().empty());
}

void TestCliGet::listsForPrograms() {
  const auto listed = run({"get", "hf:me/tiny", "--list", "--json"});
  QCOMPARE(listed.code, 0);
  const auto json = cli::Json::parse(listed.out.toStdString());
  QCOMPARE(json["commit"].get<std::string>(), m_hub->commit);
  QCOMPARE(json["variants"].size(), std::size_t{2});
  const auto& small = json["variants"][0];
  QCOMPARE(small["source"].get<std::string>(), std::string("hf:me/tiny:Q8_0"));
  QCOMPARE(small["missing_bytes"].get<int>(), 5000);
  QCOMPARE(small["is_here"].get<bool>(), false);
  QCOMPARE(small["fits_memory"].get<bool>(), true);
  QVERIFY(small["needed_memory_bytes"].get<double>() > 5000);
  QCOMPARE(small["files"][0]["path"].get<std::string>(), std::string("tiny-Q8_0.gguf"));
}

void TestCliGet::getsAndOpens() {
  const auto got = run({"get", "hf:me/tiny:F32", "--json"});
  QVERIFY2(got.code == 0 && got.err.isEmpty(), got.err);
  const auto json = cli::Json::parse(got.out.toStdString());
  QCOMPARE(json["name"].get<std::string>(), std::string("hf:me/tiny:F32"));
  QVERIFY(QString::fromStdString(json["path"]).startsWith(home(".cache/huggingface/hub/models--me--tiny/snapshots/")));
  const auto opened = run({"inspect", "hf:me/tiny", "--json"});
  QVERIFY2(opened.code == 0, opened.err);
  QVERIFY(!cli::Json::parse(opened.out.toStdString())["tensors"].empty());
  const auto again = run({"get", "hf:me/tiny:F32"});
  QVERIFY2(again.out.contains("nothing of it downloaded now"), again.out);
}

void TestCliGet::getsFromOllama() {
  const FakeRegistry registry("library/tiny", "1b", {{"model", cli::contents(cli::kModel).toStdString()}});
  const QString name = "ollama:" + QString::fromStdString(registry.name());
  const auto got = run({"get", name, "--json"});
  QVERIFY2(got.code == 0, got.err);
  const auto opened = run({"inspect", name, "--json"});
  QVERIFY2(opened.code == 0, opened.err);
}

void TestCliGet::goesOnAfterAnInterruption() {
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) {
    reply.pieceBytes = 4096;
    reply.pieceDelay = std::chrono::milliseconds(50);
  };
  QProcess process;
  process.setProcessEnvironment(m_environment);
  process.start(QStringLiteral(QS_CLI), {"get", "hf:me/tiny:F32"});
  const auto hasPart = [&] {
    const QDir blobs(home(".cache/huggingface/hub/models--me--tiny/blobs"));
    for (const QFileInfo& file : blobs.entryInfoList(QDir::Files)) {
      if (file.fileName().endsWith(".incomplete") && file.size() > 4096) return true;
    }
    return false;
  };
  QTRY_VERIFY_WITH_TIMEOUT(hasPart(), 20'000);
  ::kill(static_cast<pid_t>(process.processId()), SIGINT);
  QVERIFY(process.waitForFinished(20'000));
  QCOMPARE(process.exitStatus(), QProcess::CrashExit);  // ended by the signal, as a shell expects
  QVERIFY(hasPart());
  QVERIFY(!QDir(home(".cache/huggingface/hub/models--me--tiny/snapshots")).exists());
  m_hub->storeFault = {};
  const auto got = run({"get", "hf:me/tiny:F32", "--json"});
  QVERIFY2(got.code == 0, got.err);
  const auto json = cli::Json::parse(got.out.toStdString());
  QVERIFY(json["downloaded_bytes"].get<std::int64_t>() < json["bytes"].get<std::int64_t>());
}

void TestCliGet::complains_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("words");
  QTest::newRow("several") << "hf:me/tiny"
                           << "comes in 2 forms";
  QTest::newRow("no such variant") << "hf:me/tiny:Q2_K"
                                   << "has no \"Q2_K\"; there are Q8_0 (";
  QTest::newRow("no such model") << "hf:me/other"
                                 << "has no model \"me/other\"";
  QTest::newRow("no name") << "tiny.gguf"
                           << "expected hf:OWNER/NAME or ollama:NAME:TAG";
  QTest::newRow("no path") << "hf:../x"
                           << "no name of a model on the Hugging Face hub";
}

void TestCliGet::complains() {
  QFETCH(QString, name);
  QFETCH(QString, words);
  const auto got = run({"get", name});
  QCOMPARE(got.code, 1);
  QVERIFY2(cli::isOneSentence(got.err) && got.err.contains(words.toUtf8()), got.err);
  QVERIFY(got.out.isEmpty());
}

QTEST_GUILESS_MAIN(TestCliGet)
#include "tst_cli_get.moc"
