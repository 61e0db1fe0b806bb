// Models from Ollama's registry, stored as Ollama stores them; what one of the two began, the other goes on with.
#include "app/remote/get_model.h"
#include "app/remote/ollama_parts.h"
#include "app/session/model_location.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "loopback/digests.h"
#include "loopback/fake_registry.h"
#include "remote_place.h"
#include "support/random_model.h"

using namespace app::remote;
using support::FakeRegistry;
using support::LoopbackReply;
using support::LoopbackRequest;
namespace fs = std::filesystem;

class TestGetFromOllama : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void listsWithoutDownloading();
  void downloadsAsOllamaStores();
  void opensByName();
  void whatIsHereIsNotAskedAgain();
  void goesOnInTheNextRun();
  void goesOnWithWhatOllamaBegan();
  void notesThatMakeNoSense_data();
  void notesThatMakeNoSense();
  void wrongContentIsRemoved();
  void unfinishedIsNoModel();
  void refusals_data();
  void refusals();
  void manifestsThatLie_data();
  void manifestsThatLie();
  void sizesThatLie();
  void otherStores();

 private:
  std::string name() const { return "ollama:" + m_registry->name(); }
  GotModel get() { return getModel(listModel(name(), m_job, quick()), "", m_job, quick()); }
  fs::path store() const { return m_place->path(".ollama/models"); }
  fs::path blob(std::size_t layer) const {
    return store() / "blobs" / ("sha256-" + support::sha256(m_registry->layers[layer].content));
  }
  std::size_t askedBytes() const;

  core::JobContext m_job;
  std::unique_ptr<RemotePlace> m_place;
  std::unique_ptr<FakeRegistry> m_registry;
  std::string m_model;
};

void TestGetFromOllama::init() {
  m_registry.reset();
  m_place = std::make_unique<RemotePlace>();
  support::writeRandomModel({}, m_place->path("made.gguf"));
  m_model = contentsOf(m_place->path("made.gguf"));
  m_registry = std::make_unique<FakeRegistry>(
      "library/tiny", "1b", std::vector<FakeRegistry::Layer>{{"model", m_model}, {"template", "{{ .Prompt }}"}});
}

void TestGetFromOllama::listsWithoutDownloading() {
  const RemoteModel model = listModel(name(), m_job, quick());
  QCOMPARE(model.variants.size(), std::size_t{1});
  QCOMPARE(model.variants[0].name, std::string("1b"));
  QCOMPARE(model.variants[0].weightBytes, std::uint64_t{m_model.size()});
  QCOMPARE(model.variants[0].fit.missingBytes, model.variants[0].bytes);
  QCOMPARE(m_registry->server().requests().size(), std::size_t{1});
  QCOMPARE(m_registry->server().requests()[0].header("accept"),
           std::string("application/vnd.docker.distribution.manifest.v2+json"));
  QVERIFY(!fs::exists(store()));
}

void TestGetFromOllama::downloadsAsOllamaStores() {
  const GotModel got = get();
  const std::string host = m_registry->server().url().substr(7);
  QCOMPARE(got.path, store() / "manifests" / host / "library/tiny/1b");
  QCOMPARE(contentsOf(got.path), m_registry->manifest());
  QCOMPARE(contentsOf(blob(0)), m_model);
  QCOMPARE(contentsOf(blob(1)), std::string("{{ .Prompt }}"));
  QCOMPARE(contentsOf(store() / "blobs" / ("sha256-" + support::sha256(FakeRegistry::kConfig))),
           std::string(FakeRegistry::kConfig));
  std::size_t blobs = 0;
  for (const auto& entry : fs::directory_iterator(store() / "blobs")) blobs += entry.exists() ? 1 : 0;
  QCOMPARE(blobs, std::size_t{3});  // and nothing unfinished
}

void TestGetFromOllama::opensByName() {
  const GotModel got = get();
  QCOMPARE(app::locateModel(got.source), got.path);
  QVERIFY(!app::OpenModel::open(got.source)->whyNotRunnable());
}

void TestGetFromOllama::whatIsHereIsNotAskedAgain() {
  get();
  const std::size_t before = m_registry->server().requests().size();
  QCOMPARE(get().downloadedBytes, std::uint64_t{0});
  QCOMPARE(m_registry->server().requests().size(), before + 1);  // the manifest
}

void TestGetFromOllama::goesOnInTheNextRun() {
  m_registry->fault = [&](const LoopbackRequest& request, LoopbackReply& reply) {
    if (request.target.find("/blobs/") == std::string::npos) return;
    reply.cutAt = reply.status == 200 ? 40'000 : 0;
  };
  QCOMPARE(faultOf([&] { get(); }).first, RemoteFault::Cut);
  // As Ollama writes it: server/download.go, jsonBlobDownloadPart.
  QCOMPARE(contentsOf(blob(0).string() + "-partial-0"),
           R"({"N":0,"Offset":0,"Size":)" + std::to_string(m_model.size()) + R"(,"Completed":40000})" + "\n");
  QCOMPARE(fs::file_size(blob(0).string() + "-partial"), std::uintmax_t{m_model.size()});
  m_registry->fault = {};
  const GotModel got = get();
  QCOMPARE(got.downloadedBytes, got.bytes - 40'000);
  QCOMPARE(contentsOf(blob(0)), m_model);
  QVERIFY(!fs::exists(blob(0).string() + "-partial-0") && !fs::exists(blob(0).string() + "-partial"));
}

void TestGetFromOllama::goesOnWithWhatOllamaBegan() {
  const std::size_t half = m_model.size() / 2, rest = m_model.size() - half;
  std::string partial(m_model.size(), '\0');
  partial.replace(0, 1000, m_model.substr(0, 1000));
  partial.replace(half, 500, m_model.substr(half, 500));
  writeTo(blob(0).string() + "-partial", partial);
  writeTo(blob(0).string() + "-partial-0",
          R"({"N":0,"Offset":0,"Size":)" + std::to_string(half) + R"(,"Completed":1000})");
  writeTo(blob(0).string() + "-partial-1",
          R"({"N":1,"Offset":)" + std::to_string(half) + R"(,"Size":)" + std::to_string(rest) + R"(,"Completed":500})");
  const GotModel got = get();
  QCOMPARE(got.downloadedBytes, got.bytes - 1500);
  QCOMPARE(contentsOf(blob(0)), m_model);
  QVERIFY(!fs::exists(blob(0).string() + "-partial-0") && !fs::exists(blob(0).string() + "-partial-1"));
}

void TestGetFromOllama::notesThatMakeNoSense_data() {
  QTest::addColumn<QString>("note");
  for (const char* note :
       {"", "{", "[]", R"({"N":0,"Offset":5,"Size":10,"Completed":0})",
        R"({"N":0,"Offset":0,"Size":18446744073709551615,"Completed":1})",
        R"({"N":0,"Offset":0,"Size":10,"Completed":11})", R"({"N":0,"Offset":0,"Size":10,"Completed":1})",
        R"({"N":0,"Offset":0,"Size":-1,"Completed":0})"})
    QTest::newRow(note) << note;
}

void TestGetFromOllama::notesThatMakeNoSense() {
  QFETCH(QString, note);
  writeTo(blob(0).string() + "-partial", std::string(m_model.size(), 'x'));
  writeTo(blob(0).string() + "-partial-0", note.toStdString());
  QCOMPARE(OllamaParts(blob(0).string() + "-partial", m_model.size()).completed(), std::uint64_t{0});
  get();
  QCOMPARE(contentsOf(blob(0)), m_model);
  QVERIFY(!fs::exists(blob(0).string() + "-partial-0"));
}

void TestGetFromOllama::wrongContentIsRemoved() {
  m_registry->fault = [&](const LoopbackRequest&, LoopbackReply& reply) {
    if (reply.body.size() == m_model.size()) reply.body[100] ^= 1;
  };
  const std::string sentence = sentenceOf([&] { get(); });
  QVERIFY2(sentence.find("its SHA-256 is") != std::string::npos, sentence.c_str());
  QVERIFY(fs::is_empty(store() / "blobs") && fs::is_empty(store() / "manifests"));
}

void TestGetFromOllama::unfinishedIsNoModel() {
  m_registry->fault = [&](const LoopbackRequest& request, LoopbackReply& reply) {
    if (request.target.find(support::sha256(FakeRegistry::kConfig)) != std::string::npos) reply = {.status = 500};
  };
  QCOMPARE(faultOf([&] { get(); }).first, RemoteFault::Server);
  QVERIFY(fs::exists(blob(0)) && fs::is_empty(store() / "manifests"));
}

void TestGetFromOllama::refusals_data() {
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("words");
  QTest::newRow("401") << 401 << "ollama pull gets it with your key";
  QTest::newRow("404") << 404 << "has no model";
  QTest::newRow("500") << 500 << "fault of its own";
}

void TestGetFromOllama::refusals() {
  QFETCH(int, status);
  QFETCH(QString, words);
  m_registry->fault = [&](const LoopbackRequest&, LoopbackReply& reply) { reply = {.status = status}; };
  const std::string sentence = sentenceOf([&] { get(); });
  QVERIFY2(QString::fromStdString(sentence).contains(words), sentence.c_str());
}

void TestGetFromOllama::manifestsThatLie_data() {
  QTest::addColumn<QString>("manifest");
  const QString digest = "sha256:" + QString(64, 'a');
  for (const QString& manifest :
       {QString("<html>"), QString("{}"), QString(R"({"layers":[]})"),
        QString(
            R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../x","size":1}]})"),
        QString(R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"%1","size":9}],)"
                R"("config":{"digest":"../x","size":1}})")
            .arg(digest),
        QString(R"({"layers":[{"mediaType":"application/vnd.ollama.image.tensor","digest":"%1","size":9}]})")
            .arg(digest)})
    QTest::newRow(manifest.toUtf8()) << manifest;
}

void TestGetFromOllama::manifestsThatLie() {
  QFETCH(QString, manifest);
  m_registry->fault = [&](const LoopbackRequest&, LoopbackReply& reply) { reply.body = manifest.toStdString(); };
  const std::string sentence = sentenceOf([&] { get(); });
  QVERIFY2(sentence.ends_with("."), sentence.c_str());
  QVERIFY(!fs::exists(store()));
}

void TestGetFromOllama::sizesThatLie() {
  m_registry->fault = [&](const LoopbackRequest& request, LoopbackReply& reply) {
    if (request.target.find("/blobs/") != std::string::npos) reply.body += "more";
  };
  const auto [kind, sentence] = faultOf([&] { get(); });
  QCOMPARE(kind, RemoteFault::Answer);
  QVERIFY2(sentence.find("another file") != std::string::npos, sentence.c_str());
}

void TestGetFromOllama::otherStores() {
  qputenv("OLLAMA_MODELS", m_place->path("elsewhere").c_str());
  const GotModel got = get();
  QVERIFY(got.path.string().starts_with(m_place->path("elsewhere/manifests").string()));
  QCOMPARE(app::locateModel(got.source), got.path);
  QVERIFY(!fs::exists(store()));
}

QTEST_GUILESS_MAIN(TestGetFromOllama)
#include "tst_get_from_ollama.moc"
