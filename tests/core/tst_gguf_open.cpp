// openCheckpoint: chooses by content, opens folders and sharded models, explains what it cannot open, and is quick.
#include <unistd.h>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/mapped_file.h"
#include "file_bytes.h"

namespace io = core::io;
namespace fs = std::filesystem;
using core::ErrorCode;

class TestGgufOpen : public QObject {
  Q_OBJECT
 private slots:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }
  void choosesByContent();
  void notAModel_data();
  void notAModel();
  void notAFile();
  void folderWithOneModel();
  void folderWithoutModel();
  void folderWithSeveralModels();
  void configBecomesMetadata();
  void configOfPython();
  void configBehindALinkThatLeadsNowhere();
  void badConfig_data();
  void badConfig();
  void shardedModel();
  void tensorsBeyondTheIndexAreListed();
  void badIndex_data();
  void badIndex();
  void missingShard();
  void fileShortenedWhileOpen();
  void largeFileOpensQuickly();
  void cancelled();

 private:
  fs::path path(const char* name = "") const { return m_folder->filePath(name).toStdString(); }
  fs::path write(const char* name, const FileBytes& file) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(file.bytes().data()), static_cast<std::streamsize>(file.bytes().size()));
    return path(name);
  }
  fs::path write(const char* name, std::string_view text) const { return write(name, FileBytes().raw(text)); }
  /// The sentence openCheckpoint refuses this path with.
  static QString refusal(const fs::path& path, ErrorCode expected);

  std::unique_ptr<QTemporaryDir> m_folder;
};

namespace {

FileBytes gguf() { return FileBytes::gguf(1, 0).tensor("w", {2}, 0, 0).padTo(32).number(1.5F).number(2.5F); }

FileBytes safetensors(const std::string& name, unsigned char value = 7) {
  return FileBytes::safetensors("{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}")
      .number(value);
}

}  // namespace

QString TestGgufOpen::refusal(const fs::path& path, ErrorCode expected) {
  try {
    (void)io::openCheckpoint(path);
  } catch (const core::Error& error) {
    if (error.code() != expected) return QString("wrong code: ") + error.what();
    return QString::fromUtf8(error.what());
  }
  return "was opened";
}

void TestGgufOpen::choosesByContent() {
  QCOMPARE(io::openCheckpoint(write("a.bin", gguf()))->format(), io::FileFormat::Gguf);
  QCOMPARE(io::openCheckpoint(write("b.gguf", safetensors("w")))->format(), io::FileFormat::Safetensors);
  QCOMPARE(io::openCheckpoint(path("a.bin"))->name(), std::string("a.bin"));
  QCOMPARE(io::openCheckpoint(path("a.bin"))->fileBytes(), fs::file_size(path("a.bin")));
  QCOMPARE(io::openCheckpoint(path("a.bin"))->files().size(), 1U);
}

void TestGgufOpen::notAModel_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<FileBytes>("file");
  QTest::addColumn<QString>("word");
  QTest::addColumn<core::ErrorCode>("code");
  const auto row = [](const char* name, const char* fileName, const FileBytes& file, const char* word,
                      ErrorCode code = ErrorCode::InvalidFile) {
    QTest::newRow(name) << fileName << file << word << code;
  };
  row("empty", "empty.gguf", FileBytes(), "is empty");
  row("text", "notes.txt", FileBytes().raw("Hello there, this is text."), "\"Hello th\"");
  row("one byte", "x", FileBytes().raw("G"), "\"G\"");
  row("cut magic", "x.gguf", FileBytes().raw("GG"), "ends too early");
  row("cut safetensors", "x.safetensors", FileBytes().raw("abc"), "header length");
  row("zeros called gguf", "x.gguf", FileBytes().zeros(64), "expected the magic \"GGUF\"");
  row("zeros called safetensors", "x.safetensors", FileBytes().zeros(64), "starts with");
  row("PyTorch zip", "pytorch_model.bin", FileBytes().raw("PK\x03\x04").zeros(60), "convert it to safetensors",
      ErrorCode::Unsupported);
  row("PyTorch pickle", "old.pt", FileBytes().raw("\x80\x02\x8a\x0a").zeros(60), "pickle can run code",
      ErrorCode::Unsupported);
  row("pickle called safetensors", "x.safetensors", FileBytes().raw("\x80\x04").zeros(60), "PyTorch",
      ErrorCode::Unsupported);
  row("Git LFS pointer", "model.gguf", FileBytes().raw("version https://git-lfs.github.com/spec/v1\noid"),
      "git lfs pull");
  row("web page", "model.gguf", FileBytes().raw("<!DOCTYPE html><html>"), "web page");
  row("GGJT", "old.bin", FileBytes().raw("tjgg").zeros(60), "predecessor");
  row("JSON without a map", "config.json", FileBytes().raw("{\"model_type\":\"llama\"}"), "weight_map");
  row("bad JSON", "x.json", FileBytes().raw("{\"a\":"), "valid JSON");
}

void TestGgufOpen::notAModel() {
  QFETCH(QString, name);
  QFETCH(FileBytes, file);
  QFETCH(QString, word);
  QFETCH(core::ErrorCode, code);
  const QString sentence = refusal(write(name.toUtf8().constData(), file), code);
  QVERIFY2(sentence.contains(word), qPrintable(sentence));
  QVERIFY2(sentence.contains(name), qPrintable(sentence));
  QVERIFY2(sentence.endsWith('.') && !sentence.contains('\n'), qPrintable(sentence));
}

void TestGgufOpen::notAFile() {
  QVERIFY(refusal(path("missing.gguf"), ErrorCode::NotFound).contains("No such file"));
  QVERIFY(refusal(write("plain", gguf()) / "inside", ErrorCode::NotFound).contains("plain"));
  QVERIFY(refusal("/dev/null", ErrorCode::Io).contains("folder, pipe or device"));
  if (::geteuid() == 0) return;  // root may read everything
  write("secret.gguf", gguf());
  fs::permissions(path("secret.gguf"), fs::perms::none);
  QVERIFY(refusal(path("secret.gguf"), ErrorCode::Io).contains("Permission denied"));
}

void TestGgufOpen::folderWithOneModel() {
  write("some.gguf", gguf());
  write("README.md", "text");
  QCOMPARE(io::openCheckpoint(path())->name(), std::string("some.gguf"));
  write("other.safetensors", safetensors("w"));
  QCOMPARE(io::openCheckpoint(path())->name(), std::string("other.safetensors"));
  write("model.safetensors", safetensors("w"));
  const auto model = io::openCheckpoint(path());
  QCOMPARE(model->name(), fs::path(m_folder->path().toStdString()).filename().string());
  QCOMPARE(model->files()[0].filename().string(), std::string("model.safetensors"));
}

void TestGgufOpen::folderWithoutModel() {
  QVERIFY(refusal(path(), ErrorCode::NotFound).contains("holds no model"));
  write("pytorch_model.bin", "PK\x03\x04");
  const QString sentence = refusal(path(), ErrorCode::NotFound);
  QVERIFY2(sentence.contains("converted to safetensors"), qPrintable(sentence));
}

void TestGgufOpen::folderWithSeveralModels() {
  write("a.gguf", gguf());
  write("b.gguf", gguf());
  QVERIFY(refusal(path(), ErrorCode::InvalidArgument).contains("holds 2 *.gguf files"));
}

void TestGgufOpen::configBecomesMetadata() {
  write("model.safetensors", safetensors("w"));
  write(
      "config.json",
      R"({"model_type":"llama","hidden_size":64,"rms_norm_eps":1e-05,"tie_word_embeddings":true,"offset":-3,)"
      R"("rope_scaling":{"factor":8.0,"rope_type":"llama3"},"pad_token_id":null,"architectures":["LlamaForCausalLM"],)"
      R"("eos_token_id":[128001,128008],"mixed":[1,"two",{"three":3}],"empty":[]})");
  const auto model = io::openCheckpoint(path());
  const io::Metadata& metadata = model->metadata();
  QCOMPARE(model->architecture(), std::string("llama"));
  QCOMPARE(metadata.unsignedInteger("config.hidden_size"), std::optional<std::uint64_t>(64));
  QCOMPARE(metadata.number("config.rms_norm_eps"), std::optional(1e-5));
  QCOMPARE(metadata.boolean("config.tie_word_embeddings"), std::optional(true));
  QCOMPARE(metadata.number("config.offset"), std::optional(-3.0));
  QCOMPARE(metadata.number("config.rope_scaling.factor"), std::optional(8.0));
  QCOMPARE(metadata.string("config.rope_scaling.rope_type"), std::optional<std::string>("llama3"));
  QVERIFY(metadata.find("config.pad_token_id") == nullptr);
  QCOMPARE(metadata.array("config.architectures")->strings(), std::vector<std::string>{"LlamaForCausalLM"});
  QCOMPARE(metadata.array("config.eos_token_id")->integers(), (std::vector<std::int64_t>{128001, 128008}));
  QCOMPARE(metadata.unsignedInteger("config.mixed.0"), std::optional<std::uint64_t>(1));
  QCOMPARE(metadata.string("config.mixed.1"), std::optional<std::string>("two"));
  QCOMPARE(metadata.unsignedInteger("config.mixed.2.three"), std::optional<std::uint64_t>(3));
  QCOMPARE(metadata.array("config.empty")->size(), 0U);
}

void TestGgufOpen::configOfPython() {
  write("model.safetensors", safetensors("w"));
  // As Python writes them: the settings of Mamba 2 have an Infinity. In a text they are letters.
  write("config.json", R"({"model_type":"mamba2","time_step_limit":[0.0,Infinity],"low":-Infinity,"none":NaN,)"
                       R"("text":"NaN, \"Infinity","hidden_size":64,"Infinity":"key"})");
  const auto model = io::openCheckpoint(path());
  QCOMPARE(model->warnings().size(), 0U);
  QCOMPARE(model->architecture(), std::string("mamba2"));
  const io::Metadata& metadata = model->metadata();
  QCOMPARE(metadata.number("config.time_step_limit.0"), std::optional(0.0));
  for (const char* key : {"config.time_step_limit.1", "config.low", "config.none"})
    QVERIFY2(metadata.find(key) == nullptr, key);
  QCOMPARE(metadata.string("config.text"), std::optional<std::string>("NaN, \"Infinity"));
  QCOMPARE(metadata.string("config.Infinity"), std::optional<std::string>("key"));
  QCOMPARE(metadata.unsignedInteger("config.hidden_size"), std::optional<std::uint64_t>(64));
  write("config.json", R"({"a":NaNa})");
  QCOMPARE(io::openCheckpoint(path())->warnings().size(), 1U);
}

void TestGgufOpen::configBehindALinkThatLeadsNowhere() {
  write("model.safetensors", safetensors("w"));
  for (const char* target : {"nowhere.json", "config.json"}) {
    fs::remove(path("config.json"));
    fs::create_symlink(target, path("config.json"));
    const auto model = io::openCheckpoint(path());
    QCOMPARE(model->warnings().size(), 1U);
    QVERIFY(QString::fromStdString(model->warnings()[0]).contains("config.json"));
  }
}

void TestGgufOpen::badConfig_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("word");
  QTest::newRow("empty") << QByteArray() << "valid JSON";
  QTest::newRow("array") << QByteArray("[1]") << "JSON object";
  QTest::newRow("number") << QByteArray("1") << "JSON object";
  QTest::newRow("cut") << QByteArray("{\"a\":1") << "valid JSON";
  QTest::newRow("twice") << QByteArray(R"({"a":1,"a":2})") << "twice";
  QTest::newRow("twice through a dot") << QByteArray(R"({"a.b":1,"a":{"b":2}})") << "twice";
  QTest::newRow("deep") << QByteArray("{\"a\":") + QByteArray(100000, '[') << "nested more than 16 deep";
  QTest::newRow("web page") << QByteArray("<!DOCTYPE html><html>") << "web page";
  QTest::newRow("LFS pointer") << QByteArray("version https://git-lfs.github.com/spec/v1\noid") << "Git LFS";
  QTest::newRow("server's answer") << QByteArray(R"({"error":"Entry not found"})") << "\"Entry not found\"";
  QByteArray mixed = "[null";
  for (int i = 0; i < 300'000; ++i) mixed += ",1";
  QTest::newRow("too many values") << "{\"a\":" + mixed + "]}"
                                   << "more than 200000 values";
  // Each of the many short elements would carry a key of a megabyte.
  QTest::newRow("long key") << "{\"" + QByteArray(1'000'000, 'k') + "\":" + mixed.left(200'000) + "1]}"
                            << "keys are long";
  QTest::newRow("huge") << QByteArray((4 << 20) + 1, ' ') << "at most 4194304 bytes";
}

void TestGgufOpen::badConfig() {
  QFETCH(QByteArray, text);
  QFETCH(QString, word);
  write("model.safetensors", safetensors("w"));
  write("config.json", std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
  // Settings beside a model are a help, not a condition.
  const auto model = io::openCheckpoint(path());
  QCOMPARE(model->tensors().size(), 1U);
  QVERIFY(model->metadata().entries().empty());
  QCOMPARE(model->warnings().size(), 1U);
  const QString sentence = QString::fromStdString(model->warnings()[0]);
  QVERIFY2(sentence.contains(word) && sentence.contains("\"config.json\""), qPrintable(sentence));
}

void TestGgufOpen::shardedModel() {
  write("model-1.safetensors", safetensors("a", 1));
  write("model-2.safetensors", safetensors("b", 2));
  write("model.safetensors.index.json",
        R"({"metadata":{"total_size":2},"weight_map":{"b":"model-2.safetensors","a":"model-1.safetensors"}})");
  write("config.json", R"({"model_type":"mistral"})");
  for (const fs::path& opened : {path(), path("model.safetensors.index.json")}) {
    const auto model = io::openCheckpoint(opened);
    QCOMPARE(model->architecture(), std::string("mistral"));
    QCOMPARE(model->tensors().size(), 2U);
    QCOMPARE(model->files().size(), 2U);
    QCOMPARE(model->tensors()[0].name, std::string("b"));
    QCOMPARE(model->view("a").bytes[0], std::byte{1});
    QCOMPARE(model->view("b").bytes[0], std::byte{2});
  }
}

void TestGgufOpen::tensorsBeyondTheIndexAreListed() {
  write("model-1.safetensors", safetensors("a", 1));
  write("model-2.safetensors", FileBytes::safetensors(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                                      R"("extra":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                                                      2));
  write("model.safetensors.index.json", R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
  auto model = io::openCheckpoint(path());
  QCOMPARE(model->tensors().size(), 3U);
  QCOMPARE(model->view("extra").shape, (core::tensor::Shape{1}));
  QCOMPARE(model->warnings().size(), 1U);
  QVERIFY(QString::fromStdString(model->warnings()[0]).contains("1 of the tensors"));
  // An index that names nothing is as good as none.
  write("model.safetensors.index.json", R"({"weight_map":{}})");
  model = io::openCheckpoint(path());
  QCOMPARE(model->tensors().size(), 3U);
  QCOMPARE(model->warnings().size(), 1U);
}

void TestGgufOpen::badIndex_data() {
  QTest::addColumn<QString>("map");
  QTest::addColumn<QString>("word");
  QTest::newRow("parent folder") << R"({"w":"../model.safetensors"})"
                                 << "plain name";
  QTest::newRow("absolute") << R"({"w":"/etc/passwd"})"
                            << "plain name";
  QTest::newRow("subfolder") << R"({"w":"sub/model.safetensors"})"
                             << "plain name";
  QTest::newRow("backslash") << R"({"w":"..\\model.safetensors"})"
                             << "plain name";
  QTest::newRow("dots") << R"({"w":".."})"
                        << "plain name";
  QTest::newRow("empty") << R"({"w":""})"
                         << "plain name";
  QTest::newRow("NUL") << R"({"w":"model.safetensors\u0000x"})"
                       << "plain name";
  QTest::newRow("number") << R"({"w":1})"
                          << "file name";
  QTest::newRow("object") << R"({"w":{}})"
                          << "file name";
  QTest::newRow("array") << R"(["w"])"
                         << "weight_map";
  QTest::newRow("text") << R"("w")"
                        << "weight_map";
  QTest::newRow("twice") << R"({"w":"shard.safetensors","w":"shard.safetensors"})"
                         << "twice";
  QTest::newRow("nothing") << R"({})"
                           << "names no tensor";
  QTest::newRow("not in the shard") << R"({"v":"shard.safetensors"})"
                                    << "does not hold it";
}

void TestGgufOpen::badIndex() {
  QFETCH(QString, map);
  QFETCH(QString, word);
  write("shard.safetensors", safetensors("w"));
  const std::string text = "{\"weight_map\":" + map.toStdString() + "}";
  const QString sentence = refusal(write("model.safetensors.index.json", text), ErrorCode::InvalidFile);
  QVERIFY2(sentence.contains(word), qPrintable(sentence));
}

void TestGgufOpen::missingShard() {
  const QString sentence =
      refusal(write("model.safetensors.index.json", R"({"weight_map":{"w":"gone.safetensors"}})"), ErrorCode::NotFound);
  QVERIFY2(sentence.contains("gone.safetensors"), qPrintable(sentence));
}

void TestGgufOpen::fileShortenedWhileOpen() {
  const auto model = io::openCheckpoint(write("shrinks.gguf", gguf()));
  (void)model->view("w");
  fs::resize_file(path("shrinks.gguf"), 40);
  try {
    (void)model->view("w");
    QFAIL("A view of lost bytes was given");
  } catch (const core::Error& error) {
    QCOMPARE(error.code(), ErrorCode::Io);
    QVERIFY2(QString(error.what()).contains("changed by another program"), error.what());
  }
}

void TestGgufOpen::largeFileOpensQuickly() {
  // 2.2 GB as a sparse file: 200 tensors and a vocabulary of 128,000 words. Only the header may be read.
  constexpr std::uint64_t kTensors = 200, kBytes = 11'010'048, kWords = 128'000;
  FileBytes file = FileBytes::gguf(kTensors, 1).string("tokenizer.ggml.tokens").u32(9).u32(8).u64(kWords);
  for (std::uint64_t i = 0; i < kWords; ++i) file.string("▁word" + std::to_string(i));
  for (std::uint64_t i = 0; i < kTensors; ++i) {
    file.tensor("blk." + std::to_string(i) + ".weight", {2048, kBytes / 4096}, 1, i * kBytes);
  }
  write("large.gguf", file.padTo(32));
  fs::resize_file(path("large.gguf"), file.bytes().size() + kTensors * kBytes);
  QElapsedTimer timer;
  timer.start();
  const auto model = io::openCheckpoint(path("large.gguf"));
  const double milliseconds = static_cast<double>(timer.nsecsElapsed()) / 1e6;
  QCOMPARE(model->tensors().size(), kTensors);
  qInfo("opened to the tensor table in %.1f ms", milliseconds);
  QVERIFY(milliseconds < 5000);  // the figure is printed; a loaded test machine gets this much slack
}

void TestGgufOpen::cancelled() {
  std::stop_source stop;
  stop.request_stop();
  const core::JobContext job(stop.get_token());
  QVERIFY_EXCEPTION_THROWN((void)io::openCheckpoint(write("a.gguf", gguf()), job), core::Cancelled);
}

QTEST_GUILESS_MAIN(TestGgufOpen)
#include "tst_gguf_open.moc"
