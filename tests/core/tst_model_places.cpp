// Where models lie: parts and shards of one model, the Hugging Face cache, the store of Ollama.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/ollama_store.h"
#include "core/model/generation_defaults.h"
#include "file_bytes.h"
#include "model_folder_builder.h"

namespace io = core::io;
namespace fs = std::filesystem;
using core::ErrorCode;

class TestModelPlaces : public QObject {
  Q_OBJECT
 private slots:
  void init() { m_folder = std::make_unique<ModelFolder>(); }
  void anyPartOpensTheWhole();
  void missingPartsAreNamed();
  void inconsistentParts_data();
  void inconsistentParts();
  void partsUnderOtherNames();
  void foldersCountASplitModelOnce();
  void encoderBesideAModel();
  void anyShardOpensTheWhole();
  void badIndexIsAWarning_data();
  void badIndexIsAWarning();
  void indexThatNamesFilesElsewhere();
  void cacheFolderStandsForItsSnapshot();
  void cacheWithoutACurrentSnapshot();
  void ollamaModels();
  void ollamaKeepsSettingsApart();
  void ollamaStoreAsFolder();
  void badOllamaStores();
  void badManifests_data();
  void badManifests();
  void manifestThatNamesItself();
  void manyShardKeys();

 private:
  const ModelFolder& folder() const { return *m_folder; }
  std::unique_ptr<ModelFolder> m_folder;
};

namespace {

FileBytes gguf(std::string_view tensor = "w") {
  return FileBytes::gguf(1, 0).tensor(tensor, {2}, 0, 0).padTo(32).number(1.5F).number(2.5F);
}

/// One part as gguf-split writes it. @param number from 0
FileBytes part(std::uint16_t number, std::uint16_t count, std::int32_t tensors, std::string_view tensor,
               std::string_view architecture = {}) {
  constexpr std::uint32_t kU16 = 2, kI32 = 5, kString = 8;
  FileBytes file = FileBytes::gguf(1, architecture.empty() ? 3 : 4);
  file.string("split.no").u32(kU16).number(number).string("split.count").u32(kU16).number(count);
  file.string("split.tensors.count").u32(kI32).number(tensors);
  if (!architecture.empty()) file.string("general.architecture").u32(kString).string(architecture);
  return file.tensor(tensor, {2}, 0, 0).padTo(32).number(static_cast<float>(number)).number(2.5F);
}

FileBytes safetensors(const std::string& name, const std::string& metadata = {}) {
  return FileBytes::safetensors("{" + metadata + "\"" + name +
                                "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}")
      .zeros(1);
}

constexpr std::string_view kDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string manifest(const std::string& layers) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",)"
         R"("config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:00","size":4},)"
         R"("layers":[)" +
         layers + "]}";
}

std::string layer(const std::string& type, std::uint64_t size, const std::string& digest) {
  return R"({"mediaType":"application/vnd.ollama.image.)" + type + R"(","digest":")" + digest + R"(","size":)" +
         std::to_string(size) + "}";
}

std::string modelLayer() { return layer("model", gguf().bytes().size(), "sha256:" + std::string(kDigest)); }

void writeStore(const ModelFolder& folder, const std::string& name = "registry.ollama.ai/library/tiny/latest") {
  folder.write("manifests/" + name,
               manifest(layer("license", 3, "sha256:" + std::string(64, '1')) + "," + modelLayer()));
  folder.write("blobs/sha256-" + std::string(kDigest), gguf());
}

}  // namespace

void TestModelPlaces::anyPartOpensTheWhole() {
  folder().write("m-00001-of-00003.gguf", part(0, 3, 3, "a", "llama"));
  folder().write("m-00002-of-00003.gguf", part(1, 3, 3, "b"));
  folder().write("m-00003-of-00003.gguf", part(2, 3, 3, "c"));
  for (const char* named : {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf", ""}) {
    const auto model = io::openCheckpoint(folder().path(named));
    QCOMPARE(model->tensors().size(), 3U);
    QCOMPARE(model->architecture(), std::string("llama"));
    QCOMPARE(model->name(), std::string("m"));
    QCOMPARE(model->files().size(), 3U);
    QCOMPARE(model->parameters(), 6U);
    for (const char* tensor : {"a", "b", "c"}) {
      float first = -1;
      std::memcpy(&first, model->view(tensor).bytes.data(), sizeof(first));
      QCOMPARE(first, static_cast<float>(tensor[0] - 'a'));
    }
  }
}

void TestModelPlaces::missingPartsAreNamed() {
  const auto named = folder().write("m-00002-of-00004.gguf", part(1, 4, 4, "b"));
  folder().write("m-00003-of-00004.gguf", part(2, 4, 4, "c"));
  const QString sentence = folder().refusal(named, ErrorCode::NotFound);
  QVERIFY2(
      sentence.contains("\"m-00001-of-00004.gguf\", \"m-00004-of-00004.gguf\"") && sentence.contains("part 2 of 4"),
      qPrintable(sentence));
  QVERIFY(!sentence.contains("m-00003"));
  QVERIFY(folder().refusal(folder().path(), ErrorCode::NotFound).contains("m-00001-of-00004.gguf"));
}

void TestModelPlaces::inconsistentParts_data() {
  QTest::addColumn<FileBytes>("second");
  QTest::addColumn<QString>("word");
  QTest::newRow("the first again") << part(0, 2, 2, "b") << "expected part 2 of 2, but its split.no (from 0) is 0";
  QTest::newRow("of another count") << part(1, 3, 2, "b") << "split.count is 3";
  QTest::newRow("of another model") << part(1, 2, 7, "b") << "split.tensors.count is 7";
  QTest::newRow("of another architecture") << part(1, 2, 2, "b", "gemma") << "\"gemma\"";
  QTest::newRow("not split") << gguf("b") << "split.count is nothing";
  QTest::newRow("the same tensor") << part(1, 2, 2, "a") << "two tensors are called \"a\"";
  QTest::newRow("not a model") << FileBytes().raw("<!DOCTYPE html><html>") << "web page";
  QTest::newRow("a pointer") << FileBytes().raw("version https://git-lfs.github.com/spec/v1\n") << "Git LFS";
  QTest::newRow("cut off") << FileBytes().raw("GGUF") << "ends too early";
}

void TestModelPlaces::inconsistentParts() {
  QFETCH(FileBytes, second);
  QFETCH(QString, word);
  const auto first = folder().write("m-00001-of-00002.gguf", part(0, 2, 2, "a", "llama"));
  folder().write("m-00002-of-00002.gguf", second);
  const QString sentence = folder().refusal(first, ErrorCode::InvalidFile);
  QVERIFY2(sentence.contains(word), qPrintable(sentence));
}

void TestModelPlaces::partsUnderOtherNames() {
  const auto renamed = folder().write("renamed.gguf", part(0, 2, 2, "a"));
  const QString sentence = folder().refusal(renamed, ErrorCode::InvalidFile);
  QVERIFY2(sentence.contains("NAME-00001-of-00002.gguf"), qPrintable(sentence));
  // A count of 1 is a whole model, whatever it is called.
  QCOMPARE(io::openCheckpoint(folder().write("one.gguf", part(0, 1, 1, "a")))->tensors().size(), 1U);
  // Tensors that were promised but are in no part.
  folder().write("n-00001-of-00002.gguf", part(0, 2, 9, "a"));
  folder().write("n-00002-of-00002.gguf", part(1, 2, 9, "b"));
  QVERIFY(folder().refusal(folder().path("n-00002-of-00002.gguf"), ErrorCode::InvalidFile).contains("hold 2 tensors"));
}

void TestModelPlaces::foldersCountASplitModelOnce() {
  folder().write("m-00001-of-00002.gguf", part(0, 2, 2, "a"));
  folder().write("m-00002-of-00002.gguf", part(1, 2, 2, "b"));
  QCOMPARE(io::openCheckpoint(folder().path())->tensors().size(), 2U);
  folder().write("other.gguf", gguf());
  QVERIFY(folder().refusal(folder().path(), ErrorCode::InvalidArgument).contains("holds 2 *.gguf files"));
}

void TestModelPlaces::encoderBesideAModel() {
  folder().write("model.gguf", gguf("w"));
  folder().write("mmproj-model.gguf", gguf("v"));
  QVERIFY(io::openCheckpoint(folder().path())->find("w"));
}

void TestModelPlaces::anyShardOpensTheWhole() {
  folder().write("model-00001-of-00002.safetensors", safetensors("a"));
  const auto second = folder().write("model-00002-of-00002.safetensors", safetensors("b"));
  QCOMPARE(io::openCheckpoint(second)->tensors().size(), 2U);
  QCOMPARE(io::openCheckpoint(folder().path())->tensors().size(), 2U);
  folder().write("model.safetensors.index.json",
                 R"({"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}})");
  QCOMPARE(io::openCheckpoint(second)->tensors()[0].name, std::string("b"));  // in the order of the index
  fs::remove(folder().path("model.safetensors.index.json"));
  fs::remove(folder().path("model-00001-of-00002.safetensors"));
  QVERIFY(folder().refusal(second, ErrorCode::NotFound).contains("\"model-00001-of-00002.safetensors\""));
}

void TestModelPlaces::badIndexIsAWarning_data() {
  QTest::addColumn<QByteArray>("index");
  QTest::newRow("cut off") << QByteArray("{\"weight_map\":{\"a\":");
  QTest::newRow("no map") << QByteArray("{\"metadata\":{}}");
  QTest::newRow("web page") << QByteArray("<html><body>Sorry</body></html>");
  QTest::newRow("server's answer") << QByteArray("{\"error\":\"Repository not found\"}");
  QTest::newRow("pointer") << QByteArray("version https://git-lfs.github.com/spec/v1\n");
  QTest::newRow("empty") << QByteArray();
}

void TestModelPlaces::badIndexIsAWarning() {
  QFETCH(QByteArray, index);
  folder().write("model-00001-of-00002.safetensors", safetensors("a"));
  folder().write("model-00002-of-00002.safetensors", safetensors("b"));
  folder().write("model.safetensors.index.json", index.toStdString());
  for (const char* opened : {"", "model-00002-of-00002.safetensors"}) {
    const auto model = io::openCheckpoint(folder().path(opened));
    QCOMPARE(model->tensors().size(), 2U);
    QCOMPARE(model->warnings().size(), 1U);
    const QString warning = QString::fromStdString(model->warnings()[0]);
    QVERIFY2(warning.contains("\"model.safetensors.index.json\"") && warning.endsWith('.'), qPrintable(warning));
  }
}

void TestModelPlaces::indexThatNamesFilesElsewhere() {
  folder().write("model-00001-of-00002.safetensors", safetensors("a"));
  folder().write("model.safetensors.index.json", R"({"weight_map":{"a":"../secret"}})");
  QVERIFY(folder().refusal(folder().path(), ErrorCode::InvalidFile).contains("\"../secret\""));
}

void TestModelPlaces::cacheFolderStandsForItsSnapshot() {
  // As huggingface_hub lays it out: snapshots of links to blobs.
  folder().write("models--org--my--model/blobs/aaaa", safetensors("w"));
  folder().write("models--org--my--model/blobs/bbbb", R"({"model_type":"llama"})");
  folder().write("models--org--my--model/blobs/cccc", gguf());
  folder().write("models--org--my--model/refs/main", "abc123");
  const auto snapshots = folder().path("models--org--my--model/snapshots");
  fs::create_directories(snapshots / "abc123");
  fs::create_directories(snapshots / "old");
  fs::create_symlink("../../blobs/aaaa", snapshots / "abc123" / "model.safetensors");
  fs::create_symlink("../../blobs/bbbb", snapshots / "abc123" / "config.json");
  for (const fs::path& opened :
       {folder().path("models--org--my--model"), snapshots / "abc123", snapshots / "abc123" / ""}) {
    const auto model = io::openCheckpoint(opened);
    QCOMPARE(model->name(), std::string("org/my--model"));
    QCOMPARE(model->architecture(), std::string("llama"));
    QCOMPARE(model->tensors()[0].name, std::string("w"));
  }
  fs::remove(snapshots / "abc123" / "model.safetensors");
  fs::create_symlink("../../blobs/cccc", snapshots / "abc123" / "q4.gguf");
  QCOMPARE(io::openCheckpoint(folder().path("models--org--my--model"))->name(), std::string("org/my--model"));
  QCOMPARE(io::openCheckpoint(snapshots / "abc123" / "q4.gguf")->name(), std::string("q4.gguf"));
  fs::remove(folder().path("models--org--my--model/blobs/cccc"));  // an interrupted download
  QVERIFY(folder().refusal(folder().path("models--org--my--model"), ErrorCode::NotFound).contains("q4.gguf"));
}

void TestModelPlaces::cacheWithoutACurrentSnapshot() {
  const auto repository = folder().path("models--gpt2");
  fs::create_directories(repository / "snapshots");
  QVERIFY(folder().refusal(repository, ErrorCode::NotFound).contains("not downloaded"));
  folder().write("models--gpt2/snapshots/one/model.safetensors", safetensors("w"));
  QCOMPARE(io::openCheckpoint(repository)->name(), std::string("gpt2"));
  QCOMPARE(io::openCheckpoint(repository / "snapshots")->name(), std::string("gpt2"));
  folder().write("models--gpt2/snapshots/two/model.safetensors", safetensors("w"));
  QVERIFY(folder().refusal(repository, ErrorCode::InvalidArgument).contains("\"one\", \"two\""));
  folder().write("models--gpt2/refs/main", "../../elsewhere");  // no plain name: as good as none
  QVERIFY(folder().refusal(repository, ErrorCode::InvalidArgument).contains("2 snapshots"));
  QVERIFY(folder().refusal(folder().path(), ErrorCode::NotFound).contains("\"models--gpt2\""));
}

void TestModelPlaces::ollamaModels() {
  writeStore(folder());
  folder().write("manifests/registry.ollama.ai/someone/tiny/q4",
                 manifest(modelLayer() + "," + layer("adapter", 1, "sha256:" + std::string(64, 'a'))));
  folder().write("manifests/hf.co/org/repo/Q4_K_M", manifest(modelLayer()));
  const auto open = [&](const char* name) { return io::openCheckpoint(io::ollamaManifest(folder().path(), name)); };
  QCOMPARE(open("tiny")->name(), std::string("tiny:latest"));
  QCOMPARE(open("tiny:latest")->tensors().size(), 1U);
  QCOMPARE(open("library/tiny")->name(), std::string("tiny:latest"));
  QCOMPARE(open("hf.co/org/repo:Q4_K_M")->name(), std::string("hf.co/org/repo:Q4_K_M"));
  const auto adapted = open("someone/tiny:q4");
  QCOMPARE(adapted->name(), std::string("someone/tiny:q4"));
  QVERIFY(adapted->warnings().size() == 1 && adapted->warnings()[0].find("adapter") != std::string::npos);
  QVERIFY(open("tiny")->warnings().empty());
  const auto refused = [&](const char* name, ErrorCode code) {
    return ModelFolder::refused([&] { (void)io::ollamaManifest(folder().path(), name); }, code);
  };
  QVERIFY(refused("tiny:7b", ErrorCode::NotFound).contains("\"someone/tiny:q4\""));
  for (const char* name : {"", ":", "tiny:", "../tiny", "a/../b", "/etc", "a//b", "x:..", "a\\b"}) {
    QVERIFY2(refused(name, ErrorCode::InvalidArgument).contains("NAME:TAG"), name);
  }
}

void TestModelPlaces::ollamaKeepsSettingsApart() {
  writeStore(folder());
  const auto settings = [&](const char* kind, char digit, const std::string& contents) {
    folder().write("blobs/sha256-" + std::string(64, digit), contents);
    return layer(kind, contents.size(), "sha256:" + std::string(64, digit)) + ",";
  };
  folder().write("manifests/registry.ollama.ai/library/tiny/set",
                 manifest(settings("template", '2', "{{ .Prompt }}\n") + settings("system", '3', "Be brief.") +
                          settings("params", '4', R"({"stop": ["<|end|>", "x"], "temperature": 0.25, "top_k": 7})") +
                          modelLayer()));
  const auto opened = io::openCheckpoint(io::ollamaManifest(folder().path(), "tiny:set"));
  QVERIFY(opened->warnings().empty());
  QCOMPARE(opened->metadata().string("ollama.template"), std::string("{{ .Prompt }}\n"));
  QCOMPARE(opened->metadata().string("ollama.system"), std::string("Be brief."));
  QVERIFY(opened->metadata().find("tokenizer.chat_template") == nullptr);
  QCOMPARE(opened->metadata().array("ollama.params.stop")->strings().front(), std::string("<|end|>"));
  const auto defaults = core::model::generationDefaultsOf(*opened);
  QCOMPARE(*defaults.temperature, 0.25F);
  QCOMPARE(*defaults.topK, 7U);
  // Damaged ones are left out, not the model.
  folder().write("manifests/registry.ollama.ai/library/tiny/set",
                 manifest(settings("params", '4', "{") + layer("template", 3, "sha256:" + std::string(64, '9')) + "," +
                          modelLayer()));
  const auto damaged = io::openCheckpoint(io::ollamaManifest(folder().path(), "tiny:set"));
  QCOMPARE(damaged->tensors().size(), 1U);
  QCOMPARE(damaged->warnings().size(), 2U);
}

void TestModelPlaces::ollamaStoreAsFolder() {
  writeStore(folder());
  QCOMPARE(io::openCheckpoint(folder().path())->name(), std::string("tiny:latest"));
  folder().write("manifests/registry.ollama.ai/library/tiny/7b", manifest(modelLayer()));
  const QString sentence = folder().refusal(folder().path(), ErrorCode::InvalidArgument);
  QVERIFY2(sentence.contains("ollama:NAME") && sentence.contains("\"tiny:7b\", \"tiny:latest\""), qPrintable(sentence));
}

void TestModelPlaces::badOllamaStores() {
  writeStore(folder());
  const auto blob = folder().path("blobs/sha256-" + std::string(kDigest));
  fs::resize_file(blob, 40);
  QVERIFY(folder().refusal(folder().path(), ErrorCode::InvalidFile).contains("has 40; pull the model again"));
  fs::remove(blob);
  QVERIFY(folder().refusal(folder().path(), ErrorCode::NotFound).contains("is missing; pull the model again"));
  const std::string page = "<!DOCTYPE html>";
  folder().write("manifests/registry.ollama.ai/library/tiny/latest",
                 manifest(layer("model", page.size(), "sha256:" + std::string(kDigest))));
  folder().write("blobs/sha256-" + std::string(kDigest), page);
  QVERIFY(folder().refusal(folder().path(), ErrorCode::InvalidFile).contains("web page"));
  const auto alone = folder().write("elsewhere/latest", manifest(modelLayer()));
  fs::remove_all(folder().path("blobs"));
  QVERIFY(folder().refusal(alone, ErrorCode::NotFound).contains("no folder above it holds the blobs"));
}

void TestModelPlaces::badManifests_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("word");
  const auto row = [](const char* name, const std::string& text, const char* word) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << word;
  };
  row("web page", "<html>", "web page");
  row("cut off", "{\"layers\":[", "valid JSON");
  row("no layers", "{}", "names no layers");
  row("layers are an object", R"({"layers":{}})", "an array");
  row("a layer is a number", R"({"layers":[1]})", "an object");
  row("a layer is an array", R"({"layers":[[]]})", "an object");
  row("no digest", R"({"layers":[{}]})", "digest");
  row("short digest", manifest(layer("model", 1, "sha256:abc")), "64 digits");
  row("path as digest", manifest(layer("model", 1, "sha256:../../../../" + std::string(52, 'a'))), "64 digits");
}

void TestModelPlaces::badManifests() {
  QFETCH(QByteArray, text);
  QFETCH(QString, word);
  const auto bytes = std::as_bytes(std::span(text.constData(), static_cast<std::size_t>(text.size())));
  const QString sentence =
      ModelFolder::refused([&] { (void)io::readOllamaManifest(bytes, "\"latest\""); }, ErrorCode::InvalidFile);
  QVERIFY2(sentence.contains(word) && sentence.contains("\"latest\""), qPrintable(sentence));
}

void TestModelPlaces::manifestThatNamesItself() {
  const std::string text = manifest(layer("model", 0, "sha256:" + std::string(kDigest)));
  folder().write("manifests/registry.ollama.ai/library/loop/latest", text);
  folder().write("blobs/sha256-" + std::string(kDigest), text);
  QVERIFY(folder().refusal(folder().path(), ErrorCode::InvalidFile).contains("\"GGUF\""));
}

void TestModelPlaces::manyShardKeys() {
  constexpr int kKeys = 100'000;  // compared pair by pair, this would take the better part of an hour
  std::string metadata = "\"__metadata__\":{";
  for (int i = 0; i < kKeys; ++i) metadata += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":\"v\"";
  metadata += "},";
  folder().write("model-00001-of-00002.safetensors", safetensors("a", metadata));
  folder().write("model-00002-of-00002.safetensors", safetensors("b", metadata));
  const auto model = io::openCheckpoint(folder().path());
  QCOMPARE(model->metadata().entries().size(), std::size_t{kKeys});
}

QTEST_GUILESS_MAIN(TestModelPlaces)
#include "tst_model_places.moc"
