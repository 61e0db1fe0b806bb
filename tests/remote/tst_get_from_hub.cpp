// Models from the Hugging Face hub: listed, downloaded, resumed, verified, and laid out as huggingface_hub does.
#include <thread>

#include "app/remote/get_model.h"
#include "app/remote/hub_variants.h"
#include "app/session/hugging_face_store.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "loopback/fake_hub.h"
#include "remote_place.h"
#include "support/random_model.h"

using namespace app::remote;
using support::FakeHub;
using support::LoopbackReply;
using support::LoopbackRequest;
namespace fs = std::filesystem;

namespace {

constexpr const char* kName = "hf:some-owner/A.Model";
const std::string kBig = patterned(300'000), kSmall = "{\"model_type\": \"llama\"}\n";

std::map<std::string, FakeHub::File> quantizations() {
  return {{"README.md", {"hello\n"}},
          {"model-Q4_K_M.gguf", {kBig, true}},
          {"model-Q8_0-00001-of-00002.gguf", {patterned(1000, 2), true}},
          {"model-Q8_0-00002-of-00002.gguf", {patterned(2000, 3), true}},
          {"mmproj-model-F16.gguf", {patterned(10, 4), true}}};
}

}  // namespace

class TestGetFromHub : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void cleanup();
  void listsWithoutDownloading();
  void downloadsAsHuggingFaceHubStores();
  void foldersComeWithTheirFiles();
  void whatIsHereIsNotAskedAgain();
  void opensFromTheCache();
  void resumesAfterACut();
  void goesOnInTheNextRun();
  void patienceEnds();
  void wholeInsteadOfARange();
  void otherRangesAreRefused_data();
  void otherRangesAreRefused();
  void tooMuchInThePartialFile();
  void changedFilesBeginAnew();
  void wrongContentIsRemoved_data();
  void wrongContentIsRemoved();
  void wrongLengthIsRefused();
  void unfinishedIsNoModel();
  void cancelKeepsWhatArrived();
  void tokens();
  void refusals_data();
  void refusals();
  void busyServersAreAskedAgain();
  void pathsThatLeadOut_data();
  void pathsThatLeadOut();
  void listsThatLie_data();
  void listsThatLie();
  void choices();
  void offline();
  void diskRoom();

 private:
  RemoteModel list(const std::string& name = kName) { return listModel(name, m_job, quick()); }
  GotModel get(const std::string& variant) { return getModel(list(), variant, m_job, quick()); }
  fs::path repository() const { return m_place->path(".cache/huggingface/hub/models--some-owner--A.Model"); }
  fs::path blob(const std::string& path) const {
    return repository() / "blobs" / FakeHub::tagOf(m_hub->files.at(path));
  }
  /// Ranges that the store was asked for, "" for the whole.
  std::vector<std::string> ranges() const;

  core::JobContext m_job;
  std::unique_ptr<RemotePlace> m_place;
  std::unique_ptr<FakeHub> m_hub;
};

void TestGetFromHub::init() {
  m_place = std::make_unique<RemotePlace>();
  m_hub = std::make_unique<FakeHub>("some-owner/A.Model", quantizations());
  qputenv("HF_ENDPOINT", QByteArray::fromStdString(m_hub->url() + "/"));
}

void TestGetFromHub::cleanup() { m_hub.reset(); }

std::vector<std::string> TestGetFromHub::ranges() const {
  std::vector<std::string> asked;
  for (const auto& request : m_hub->store().requests()) asked.push_back(request.header("range"));
  return asked;
}

void TestGetFromHub::listsWithoutDownloading() {
  const RemoteModel model = list();
  QCOMPARE(model.commit, m_hub->commit);
  QCOMPARE(model.parameters, 1000.0);
  QCOMPARE(model.variants.size(), std::size_t{2});
  QCOMPARE(model.variants[0].name, std::string("Q8_0"));
  QCOMPARE(model.variants[0].bytes, std::uint64_t{3000});
  QCOMPARE(model.variants[1].source, std::string("hf:some-owner/A.Model:Q4_K_M"));
  const Fit& fit = model.variants[1].fit;
  QCOMPARE(fit.missingBytes, std::uint64_t{kBig.size()});
  QVERIFY(fit.neededBytes > static_cast<double>(kBig.size()) && fit.inMemory() && fit.onDisk());
  QVERIFY(m_hub->store().requests().empty());
  QVERIFY(!fs::exists(m_place->path(".cache")));
}

// The layout is that of huggingface_hub's documentation, "Understand caching".
void TestGetFromHub::downloadsAsHuggingFaceHubStores() {
  const GotModel got = get("q8_0");
  const fs::path snapshot = repository() / "snapshots" / m_hub->commit;
  QCOMPARE(got.path, snapshot / "model-Q8_0-00001-of-00002.gguf");
  QCOMPARE(got.files.size(), std::size_t{2});
  QCOMPARE(got.downloadedBytes, std::uint64_t{3000});
  for (const char* name : {"model-Q8_0-00001-of-00002.gguf", "model-Q8_0-00002-of-00002.gguf"}) {
    const auto& file = m_hub->files.at(name);
    QCOMPARE(fs::read_symlink(snapshot / name), fs::path("../../blobs") / FakeHub::tagOf(file));
    QCOMPARE(contentsOf(snapshot / name), file.content);
  }
  QCOMPARE(contentsOf(repository() / "refs" / "main"), m_hub->commit);
  QVERIFY(fs::exists(repository().parent_path() / ".locks" / repository().filename() /
                     (FakeHub::tagOf(m_hub->files.at("model-Q8_0-00001-of-00002.gguf")) + ".lock")));
  std::size_t blobs = 0;
  for (const auto& entry : fs::directory_iterator(repository() / "blobs")) blobs += entry.exists() ? 1 : 0;
  QCOMPARE(blobs, std::size_t{2});
  // A file in a folder of the repository, by its path.
  m_hub->files["sub dir/ü-Q2_K.gguf"] = {"some bytes", true};
  const GotModel deep = get("sub dir/ü-Q2_K.gguf");
  QCOMPARE(fs::read_symlink(deep.path),
           fs::path("../../../blobs") / FakeHub::tagOf(m_hub->files.at("sub dir/ü-Q2_K.gguf")));
}

void TestGetFromHub::foldersComeWithTheirFiles() {
  m_hub->files = {{"config.json", {kSmall}},
                  {"tokenizer.json", {"{}"}},
                  {"chat_template.jinja", {""}},
                  {"model-00001-of-00002.safetensors", {patterned(50, 5), true}},
                  {"model-00002-of-00002.safetensors", {patterned(60, 6), true}},
                  {"model.safetensors.index.json", {"{\"weight_map\": {}}"}},
                  {"training_args.bin", {"pickle", true}}};
  const GotModel got = get("");
  QCOMPARE(got.path, repository() / "snapshots" / m_hub->commit);
  QCOMPARE(got.files.size(), std::size_t{6});
  QCOMPARE(contentsOf(got.path / "config.json"), kSmall);
  QCOMPARE(contentsOf(got.path / "chat_template.jinja"), std::string());
  QVERIFY(!fs::exists(got.path / "training_args.bin"));
  QCOMPARE(fs::read_symlink(got.path / "config.json").filename().string(), FakeHub::tagOf({kSmall}));
}

void TestGetFromHub::whatIsHereIsNotAskedAgain() {
  get("Q4_K_M");
  const std::size_t before = m_hub->store().requests().size();
  QVERIFY(list().variants[1].isHere());
  QCOMPARE(get("Q4_K_M").downloadedBytes, std::uint64_t{0});
  QCOMPARE(m_hub->store().requests().size(), before);
}

void TestGetFromHub::opensFromTheCache() {
  const fs::path made = m_place->path("made.gguf");
  support::writeRandomModel({}, made);
  m_hub->files = {{"tiny-F32.gguf", {contentsOf(made), true}}, {"tiny-Q8_0.gguf", {"other", true}}};
  QVERIFY(sentenceOf([] { app::locateHubModel("hf:some-owner/A.Model"); }).find("is not on this computer") !=
          std::string::npos);
  const GotModel got = get("F32");
  for (const char* name : {"hf:some-owner/A.Model", "hf:some-owner/A.Model:f32", "hf:some-owner/A.Model:tiny-F32.gguf"})
    QCOMPARE(app::locateHubModel(name), got.path);
  QVERIFY(!app::OpenModel::open(kName)->whyNotRunnable());
  QVERIFY(sentenceOf([] { app::locateHubModel("hf:some-owner/A.Model:Q8_0"); }).find("tiny-F32.gguf") !=
          std::string::npos);
  QVERIFY(!core::io::openCheckpoint(repository())->tensors().empty());  // by the folder in the cache
}

void TestGetFromHub::resumesAfterACut() {
  std::size_t cuts = 0;
  m_hub->storeFault = [&](const LoopbackRequest&, LoopbackReply& reply) {
    if (cuts++ < 5) reply.cutAt = 50'000;
  };
  const GotModel got = get("Q4_K_M");
  QCOMPARE(contentsOf(got.path), kBig);
  QCOMPARE(got.downloadedBytes, std::uint64_t{kBig.size()});
  const auto asked = ranges();
  QCOMPARE(asked.size(), std::size_t{6});
  QCOMPARE(asked[0], std::string());
  QCOMPARE(asked[1], std::string("bytes=50000-299999"));
  QCOMPARE(asked[5], std::string("bytes=250000-299999"));
}

void TestGetFromHub::goesOnInTheNextRun() {
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) {
    if (reply.status == 200)
      reply.cutAt = 120'000;
    else
      reply = {.status = 503};
  };
  QCOMPARE(faultOf([&] { get("Q4_K_M"); }).first, RemoteFault::Server);
  QCOMPARE(fs::file_size(blob("model-Q4_K_M.gguf").string() + ".incomplete"), std::uintmax_t{120'000});
  QCOMPARE(list().variants[1].fit.missingBytes, std::uint64_t{180'000});
  m_hub->storeFault = {};
  const GotModel got = get("Q4_K_M");
  QCOMPARE(got.downloadedBytes, std::uint64_t{180'000});
  QCOMPARE(ranges().back(), std::string("bytes=120000-299999"));
  QCOMPARE(contentsOf(got.path), kBig);
  QVERIFY(!fs::exists(blob("model-Q4_K_M.gguf").string() + ".incomplete"));
}

void TestGetFromHub::patienceEnds() {
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) { reply.cutAt = 0; };
  QCOMPARE(faultOf([&] { get("Q4_K_M"); }).first, RemoteFault::Cut);
  QCOMPARE(m_hub->store().requests().size(), std::size_t{3});
}

void TestGetFromHub::wholeInsteadOfARange() {
  bool isFirst = true;
  m_hub->storeFault = [&](const LoopbackRequest&, LoopbackReply& reply) {
    reply = {};
    reply.body = kBig;  // 200, whatever was asked
    if (std::exchange(isFirst, false)) reply.cutAt = 70'000;
  };
  QCOMPARE(contentsOf(get("Q4_K_M").path), kBig);
  QCOMPARE(m_hub->store().requests().size(), std::size_t{2});
}

void TestGetFromHub::otherRangesAreRefused_data() {
  QTest::addColumn<QString>("range");
  QTest::addColumn<int>("from");
  QTest::addColumn<bool>("isUsable");
  const auto row = [](const char* range, int from, bool isUsable) {
    QTest::newRow(range) << range << from << isUsable;
  };
  row("bytes 70001-299999/300000", 70'001, false);
  row("bytes 60000-299999/300000", 60'000, true);  // earlier: what is there already is dropped
  row("bytes 70000-299999/*", 70'000, true);
  row("bytes 70000-299999/300001", 70'000, false);
  row("bytes 70000-69999/300000", 70'000, false);
  row("bytes 70000-300000/300000", 70'000, false);
  row("items 70000-299999/300000", 70'000, false);
  row("bytes 99999999999999999999-1/300000", 70'000, false);
  row("", 70'000, false);
}

void TestGetFromHub::otherRangesAreRefused() {
  QFETCH(QString, range);
  QFETCH(int, from);
  QFETCH(bool, isUsable);
  bool isFirst = true;
  m_hub->storeFault = [&](const LoopbackRequest& request, LoopbackReply& reply) {
    if (std::exchange(isFirst, false)) {
      reply.cutAt = 70'000;
    } else if (!request.header("range").empty()) {
      reply = {.status = 206, .headers = {{"Content-Range", range.toStdString()}}};
      reply.body = kBig.substr(static_cast<std::size_t>(from));
    }
  };
  QCOMPARE(contentsOf(get("Q4_K_M").path), kBig);  // the whole is asked for, then
  QCOMPARE(ranges().back().empty(), !isUsable);
}

void TestGetFromHub::tooMuchInThePartialFile() {
  writeTo(blob("model-Q4_K_M.gguf").string() + ".incomplete", kBig + "and more");
  QCOMPARE(contentsOf(get("Q4_K_M").path), kBig);
}

void TestGetFromHub::changedFilesBeginAnew() {
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) {
    reply.cutAt = reply.status == 200 ? 100'000 : 0;
  };
  QCOMPARE(faultOf([&] { get("Q4_K_M"); }).first, RemoteFault::Cut);
  m_hub->storeFault = {};
  const std::string changed = patterned(300'000, 77);
  m_hub->commit = std::string(40, 'f');
  m_hub->files["model-Q4_K_M.gguf"].content = changed;
  const GotModel got = get("Q4_K_M");
  QCOMPARE(contentsOf(got.path), changed);
  QCOMPARE(ranges().back(), std::string());
  QCOMPARE(contentsOf(repository() / "refs/main"), m_hub->commit);
}

void TestGetFromHub::wrongContentIsRemoved_data() {
  QTest::addColumn<bool>("isLarge");
  QTest::newRow("SHA-256") << true;
  QTest::newRow("SHA-1") << false;
}

void TestGetFromHub::wrongContentIsRemoved() {
  QFETCH(bool, isLarge);
  m_hub->files = {{"model-Q4_K_M.gguf", {kBig, isLarge}}};
  const FakeHub::Fault spoil = [](const LoopbackRequest& request, LoopbackReply& reply) {
    if (request.method == "GET" && reply.body.size() == kBig.size()) reply.body[123'456] ^= 1;
  };
  m_hub->storeFault = spoil;
  m_hub->hubFault = spoil;
  const std::string sentence = sentenceOf([&] { get("Q4_K_M"); });
  QVERIFY2(sentence.find(isLarge ? "its SHA-256 is" : "its SHA-1 is") != std::string::npos, sentence.c_str());
  QVERIFY(!fs::exists(blob("model-Q4_K_M.gguf")) && !fs::exists(blob("model-Q4_K_M.gguf").string() + ".incomplete"));
  QVERIFY(!fs::exists(repository() / "snapshots") && !fs::exists(repository() / "refs"));
  m_hub->storeFault = m_hub->hubFault = {};
  QCOMPARE(contentsOf(get("Q4_K_M").path), kBig);
}

void TestGetFromHub::wrongLengthIsRefused() {
  for (const std::string& body : {kBig + "x", kBig.substr(1)}) {
    m_hub->storeFault = [&](const LoopbackRequest&, LoopbackReply& reply) { reply.body = body; };
    const auto [kind, sentence] = faultOf([&] { get("Q4_K_M"); });
    QCOMPARE(kind, RemoteFault::Answer);
    QVERIFY2(sentence.find("another file") != std::string::npos, sentence.c_str());
  }
  // Longer than it should be, without having said so.
  m_hub->storeFault = [&](const LoopbackRequest&, LoopbackReply& reply) {
    reply.body = kBig + "x";
    reply.hasLength = false;
  };
  QCOMPARE(faultOf([&] { get("Q4_K_M"); }).first, RemoteFault::Answer);
}

void TestGetFromHub::unfinishedIsNoModel() {
  m_hub->storeFault = [&](const LoopbackRequest& request, LoopbackReply& reply) {
    const std::string second = FakeHub::tagOf(m_hub->files.at("model-Q8_0-00002-of-00002.gguf"));
    if (request.target.find(second) != std::string::npos) reply = {.status = 500};
  };
  QCOMPARE(faultOf([&] { get("Q8_0"); }).first, RemoteFault::Server);
  QVERIFY(fs::exists(blob("model-Q8_0-00001-of-00002.gguf")));
  QVERIFY(!fs::exists(repository() / "snapshots") && !fs::exists(repository() / "refs"));
  m_hub->storeFault = {};
  QCOMPARE(get("Q8_0").downloadedBytes, std::uint64_t{2000});
}

void TestGetFromHub::cancelKeepsWhatArrived() {
  m_hub->storeFault = [](const LoopbackRequest&, LoopbackReply& reply) {
    reply.pieceBytes = 10'000;
    reply.pieceDelay = std::chrono::milliseconds(20);
  };
  const RemoteModel model = list();
  std::stop_source source;
  std::vector<double> fractions;
  const core::JobContext job(source.get_token(), [&](double fraction, std::string_view phrase) {
    fractions.push_back(fraction);
    if (fraction > 0.2 && phrase.find(" of ") != std::string_view::npos) source.request_stop();
  });
  QVERIFY_THROWS_EXCEPTION(core::Cancelled, getModel(model, "Q4_K_M", job, quick()));
  const auto kept = fs::file_size(blob("model-Q4_K_M.gguf").string() + ".incomplete");
  QVERIFY(kept >= 60'000 && kept < kBig.size());
  QVERIFY(std::ranges::is_sorted(fractions));
  m_hub->storeFault = {};
  QCOMPARE(get("Q4_K_M").downloadedBytes, std::uint64_t{kBig.size() - kept});
}

void TestGetFromHub::tokens() {
  m_hub->token = "hf_secret";
  const auto refused = faultOf([&] { list(); });
  QCOMPARE(refused.first, RemoteFault::Unauthorized);
  QVERIFY2(refused.second.find("HF_TOKEN") != std::string::npos, refused.second.c_str());
  qputenv("HF_TOKEN", "wrong");
  QVERIFY(faultOf([&] { list(); }).second.find("does not accept the token") != std::string::npos);
  qunsetenv("HF_TOKEN");
  writeTo(m_place->path(".cache/huggingface/token"), "hf_secret\n");
  get("Q4_K_M");
  QVERIFY(!m_hub->store().requests().empty());
  for (const auto& request : m_hub->store().requests()) QCOMPARE(request.header("authorization"), std::string());
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    fs::remove(m_place->path(".cache/huggingface/token"));
    qputenv(name, " hf_secret ");
    QCOMPARE(list().variants.size(), std::size_t{2});
    qputenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    QCOMPARE(faultOf([&] { list(); }).first, RemoteFault::Unauthorized);
    qunsetenv("HF_HUB_DISABLE_IMPLICIT_TOKEN");
    qunsetenv(name);
  }
}

void TestGetFromHub::refusals_data() {
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("words");
  QTest::newRow("403") << 403 << "its conditions have to be accepted";
  QTest::newRow("404") << 404 << "has no model \"some-owner/A.Model\"";
  QTest::newRow("418") << 418 << "status 418";
}

void TestGetFromHub::refusals() {
  QFETCH(int, status);
  QFETCH(QString, words);
  m_hub->hubFault = [&](const LoopbackRequest&, LoopbackReply& reply) { reply = {.status = status}; };
  const std::string sentence = sentenceOf([&] { list(); });
  QVERIFY2(QString::fromStdString(sentence).contains(words), sentence.c_str());
  QCOMPARE(m_hub->hub().requests().size(), std::size_t{1});  // not asked again
}

void TestGetFromHub::busyServersAreAskedAgain() {
  int refusals = 2;
  m_hub->hubFault = [&](const LoopbackRequest&, LoopbackReply& reply) {
    if (refusals-- > 0) reply = {.status = refusals == 1 ? 429 : 502};
  };
  QCOMPARE(list().variants.size(), std::size_t{2});
  // One that wants to be left alone for long is.
  m_hub->hubFault = [&](const LoopbackRequest&, LoopbackReply& reply) {
    reply = {.status = 429, .headers = {{"Retry-After", "3600"}}};
  };
  const std::size_t before = m_hub->hub().requests().size();
  const auto [kind, sentence] = faultOf([&] { list(); });
  QCOMPARE(kind, RemoteFault::TooMany);
  QVERIFY2(sentence.find("3600 s") != std::string::npos, sentence.c_str());
  QCOMPARE(m_hub->hub().requests().size(), before + 1);
}

void TestGetFromHub::pathsThatLeadOut_data() {
  QTest::addColumn<QString>("path");
  for (const char* path : {"../../x-Q4_0.gguf", "/tmp/x-Q4_0.gguf", "a/../../../x-Q4_0.gguf", "a\\\\..\\\\x-Q4_0.gguf",
                           "x\\u0000-Q4_0.gguf"})
    QTest::newRow(path) << path;
}

void TestGetFromHub::pathsThatLeadOut() {
  QFETCH(QString, path);
  m_hub->extraEntries =
      R"({"type":"file","size":1,"oid":")" + std::string(40, 'a') + R"(","path":")" + path.toStdString() + R"("})";
  const auto [kind, sentence] = faultOf([&] { list(); });
  QCOMPARE(kind, RemoteFault::Answer);
  QVERIFY2(sentence.find("no plain path") != std::string::npos, sentence.c_str());
}

void TestGetFromHub::listsThatLie_data() {
  QTest::addColumn<QString>("what");
  for (const char* what : {"commit", "digest", "no list", "tag", "size", "other commit", "endless", "other server"})
    QTest::newRow(what) << what;
}

void TestGetFromHub::listsThatLie() {
  QFETCH(QString, what);
  const auto set = [](LoopbackReply& reply, const std::string& name, const std::string& value) {
    for (auto& [key, old] : reply.headers) {
      if (key == name) old = value;
    }
  };
  m_hub->hubFault = [&](const LoopbackRequest& request, LoopbackReply& reply) {
    const bool isTree = request.target.find("/tree/") != std::string::npos;
    const bool isInfo = request.target.find("/revision/") != std::string::npos;
    if (what == "commit" && isInfo) reply.body = R"({"sha":"../../x"})";
    if (what == "digest" && isTree) reply.body = R"([{"type":"file","path":"a-Q4_0.gguf","size":1,"oid":"../x"}])";
    if (what == "no list" && isTree) reply.body = R"({"files":[]})";
    if (what == "tag") set(reply, "X-Linked-ETag", "\"../../../etc/passwd\"");
    if (what == "size") set(reply, "X-Linked-Size", "7");
    if (what == "other commit") set(reply, "X-Repo-Commit", std::string(40, 'e'));
    if (what == "endless" && isTree) set(reply, "Link", "<" + m_hub->url() + request.target + ">; rel=\"next\"");
    if (what == "other server" && isTree) set(reply, "Link", "<" + m_hub->store().url() + "/next>; rel=\"next\"");
  };
  const auto [kind, sentence] = faultOf([&] { get("Q4_K_M"); });
  QCOMPARE(kind, RemoteFault::Answer);
  QVERIFY(sentence.ends_with("."));
  QVERIFY(m_hub->store().requests().empty());
}

void TestGetFromHub::choices() {
  const RemoteModel model = list();
  QCOMPARE(chosenVariant(model, "model-Q4_K_M.gguf").name, std::string("Q4_K_M"));
  const std::string several = sentenceOf([&] { chosenVariant(model, ""); });
  QVERIFY2(several.find("2 forms") != std::string::npos && several.find("Q8_0 (") != std::string::npos,
           several.c_str());
  QVERIFY(sentenceOf([&] { chosenVariant(model, "Q2_K"); }).find("has no \"Q2_K\"") != std::string::npos);
  m_hub->files = {{"pytorch_model.bin", {"x", true}}};
  QVERIFY(sentenceOf([&] { get(""); }).find("nothing that opens here") != std::string::npos);
}

void TestGetFromHub::offline() {
  qputenv("HF_HUB_OFFLINE", "1");
  QVERIFY(faultOf([&] { list(); }).second.find("HF_HUB_OFFLINE") != std::string::npos);
  QVERIFY(m_hub->hub().requests().empty());
}

void TestGetFromHub::diskRoom() {
  m_hub->hubFault = [](const LoopbackRequest& request, LoopbackReply& reply) {
    if (request.target.find("/tree/") == std::string::npos) return;
    for (std::size_t at = reply.body.find(":300000"); at != std::string::npos; at = reply.body.find(":300000"))
      reply.body.replace(at, 7, ":9000000000000000");
  };
  const RemoteModel model = list();
  QVERIFY(!model.variants.back().fit.onDisk() && !model.variants.back().fit.inMemory());
  const std::string sentence = sentenceOf([&] { get("Q4_K_M"); });
  QVERIFY2(sentence.find("are free there") != std::string::npos, sentence.c_str());
  QVERIFY(!fs::exists(m_place->path(".cache")));
}

QTEST_GUILESS_MAIN(TestGetFromHub)
#include "tst_get_from_hub.moc"
