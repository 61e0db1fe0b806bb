// What strangers' files do to the command line: odd tensors and strings, packed codes, stores, terminal escapes.
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include "../core/file_bytes.h"
#include "cli_process.h"
#include "support/time_limit.h"

using namespace cli;

namespace {

constexpr std::uint32_t kF32 = 0, kU64 = 10, kString = 8, kArray = 9, kBool = 7;

Json inspect(const QString& model, const QStringList& more = {}) {
  const Run result = run(QStringList{"inspect", model, "--json"} + more);
  if (result.code != 0) throw std::runtime_error(result.err.toStdString());
  return Json::parse(result.out.toStdString());
}

/// One sentence on one line of standard error, and exit code 1.
bool isRefusal(const Run& result, const char* word) {
  if (result.code == 1 && isOneSentence(result.err) && result.err.contains(word)) return true;
  qWarning("exit code %d: %s", result.code, result.err.constData());
  return false;
}

/// Nothing a terminal would obey: no C0 but line breaks, no DEL, no C1, no direction marks.
bool isHarmless(const QByteArray& text) {
  for (const QChar c : QString::fromUtf8(text)) {
    const ushort code = c.unicode();
    const bool isControl = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0);
    if (isControl || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069)) return false;
  }
  return true;
}

}  // namespace

class TestCliFiles : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oddTensors();
  void emptyTensorsAreNotMeasured();
  void packedCodesComeTogether();
  void nothingReachesTheTerminal();
  void metadataOfEveryKind();
  void manyMetadataKeys();
  void warningsAreShown();
  void ollamaModels();
  void kindsAreNamed();

 private:
  QString path(const QString& name) const { return m_folder.filePath(name); }
  QString write(const QString& name, const FileBytes& file) const {
    QDir().mkpath(QFileInfo(path(name)).path());
    QFile target(path(name));
    if (!target.open(QIODevice::WriteOnly)) throw std::runtime_error("Cannot write");
    target.write(reinterpret_cast<const char*>(file.bytes().data()), static_cast<qint64>(file.bytes().size()));
    return target.fileName();
  }

  QTemporaryDir m_folder;
};

void TestCliFiles::oddTensors() {
  const QString model = write("odd.gguf", FileBytes::gguf(2, 0)
                                              .tensor("blk.0.attn_q.weight", {32, 2}, kF32, 0)
                                              .tensor("odd", {64, 4}, 36, 256)
                                              .padTo(32)
                                              .zeros(256 + 64));
  const Json json = inspect(model, {"--stats"});
  QCOMPARE(json["parameters"].get<int>(), 64 + 256);
  QCOMPARE(QString::fromStdString(json["tensors"][1]["dtype"]), QStringLiteral("i2_s"));
  QCOMPARE(json["tensors"][1]["bytes"].get<int>(), 64);
  QVERIFY(QString::fromStdString(json["tensors"][1]["unreadable"]).contains("BitNet"));
  QVERIFY(!json["tensors"][1].contains("std") && json["tensors"][0].contains("std"));
  QVERIFY(!json["tensors"][0].contains("unreadable"));
  const Run text = run({"inspect", model});
  QVERIFY(text.code == 0 && text.out.contains("not readable: its type i2_s of BitNet cannot be decoded"));
  QVERIFY(isRefusal(run({"inspect", model, "--tensor", "odd", "--stats"}), "i2_s"));
  QVERIFY(isRefusal(run({"dump", model, "--tensor", "odd", "-o", path("x.npy")}), "i2_s"));
  QVERIFY(isRefusal(run({"dump", model, "--tensor", "odd", "--scheme", "int8", "-o", path("x.npy")}), "i2_s"));
  QVERIFY(!QFile::exists(path("x.npy")));
  QCOMPARE(run({"dump", model, "--tensor", "blk.0.attn_q.weight", "-o", path("y.npy")}).code, 0);
}

void TestCliFiles::emptyTensorsAreNotMeasured() {
  const QString model =
      write("empty.safetensors",
            FileBytes::safetensors(R"({"a":{"dtype":"F32","shape":[4611686018427387904,0],"data_offsets":[0,0]},)"
                                   R"("b":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}})"));
  const Json json = inspect(model, {"--stats"});
  QCOMPARE(json["parameters"].get<int>(), 0);
  for (const char* tensor : {"a", "b"}) {
    QVERIFY(isRefusal(run({"dump", model, "--tensor", tensor, "-o", path("x.npy")}), "no values"));
    QVERIFY(isRefusal(run({"inspect", model, "--tensor", tensor, "--stats"}), "no values"));
  }
  QCOMPARE(run({"error", model, "--scheme", "int4"}).code, 1);
}

void TestCliFiles::packedCodesComeTogether() {
  // What this program itself writes as NF4 is read by it: one weight, assembled from its pieces.
  const QString packed = path("nf4.safetensors");
  QCOMPARE(run({"quantize", kModel, "--scheme", "nf4:double=on", "-o", packed}).code, 0);
  const Json original = inspect(kModel), json = inspect(packed, {"--stats"});
  QCOMPARE(json["parameters"], original["parameters"]);
  int codes = 0;
  QString name;
  for (const auto& tensor : json["tensors"]) {
    if (tensor["dtype"] != "NF4 · 64 · dq") continue;
    ++codes;
    name = QString::fromStdString(tensor["name"]);
    QVERIFY(!tensor.contains("unreadable") && tensor.contains("stored_shape") && tensor.contains("std"));
    for (const auto& source : original["tensors"]) {
      if (source["name"] == tensor["name"]) QCOMPARE(tensor["shape"], source["shape"]);
    }
  }
  QVERIFY(codes > 0);
  const QString read = path("read.npy"), made = path("made.npy");
  QCOMPARE(run({"dump", packed, "--tensor", name, "-o", read}).code, 0);
  QCOMPARE(run({"dump", kModel, "--tensor", name, "--scheme", "nf4:double=on", "-o", made}).code, 0);
  QCOMPARE(contents(read), contents(made));
  QVERIFY(
      isRefusal(run({"dump", packed, "--tensor", name + ".absmax", "-o", path("x.npy")}), "holds no weights itself"));
  QCOMPARE(run({"error", packed, "--scheme", "int4"}).code, 0);

  // Stored in another way, its pieces are gone.
  const QString cast = path("cast.safetensors");
  QCOMPARE(run({"quantize", packed, "--scheme", "bf16", "-o", cast}).code, 0);
  const Json after = inspect(cast);
  QCOMPARE(after["parameters"], original["parameters"]);
  for (const auto& tensor : after["tensors"])
    QVERIFY2(!tensor["name"].get<std::string>().ends_with("absmax"), tensor["name"].get<std::string>().c_str());

  // One piece too small, and it is what it was: codes that nobody can read.
  const QString damaged = path("damaged.safetensors");
  QByteArray bytes = contents(packed);
  QVERIFY(bytes.contains("\"blocksize\":64"));
  bytes.replace("\"blocksize\":64", "\"blocksize\":16");
  QFile file(damaged);
  QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
  file.close();
  QVERIFY(isRefusal(run({"dump", damaged, "--tensor", name, "-o", path("x.npy")}), "NF4"));
}

void TestCliFiles::nothingReachesTheTerminal() {
  const std::string evil =
      "x\x1B[31m\x1B]0;title\x07\r\x7F\xC2\x9B"
      "2J\xE2\x80\xAE y";
  const QString model = write("evil.gguf", FileBytes::gguf(1, 3)
                                               .string("general.name")
                                               .u32(kString)
                                               .string(evil)
                                               .string("general.architecture")
                                               .u32(kString)
                                               .string(evil)
                                               .string(evil)
                                               .u32(kString)
                                               .string(evil + "\n\xFF")
                                               .tensor(evil, {2, 2}, kF32, 0)
                                               .padTo(32)
                                               .zeros(16));
  for (const QStringList& arguments :
       {QStringList{"inspect", model}, QStringList{"inspect", model, "--json"}, QStringList{"error", model},
        QStringList{"error", model, "--json"}, QStringList{"logits", model, "--tokens", "1"},
        QStringList{"tokenize", model, "x"},
        QStringList{"dump", model, "--tensor", QString::fromStdString(evil), "-o", path("e.npy")},
        QStringList{"dump", model, "--tensor", "\x1B[1m", "-o", path("e.npy")},
        QStringList{"generate", model, "--prompt", "x"},
        QStringList{"quantize", model, "--scheme", "q8_0", "-o", path("e.gguf")}, QStringList{"inspect", "\x1B[1m"},
        QStringList{"\x1B[1m"}}) {
    const Run result = run(arguments);
    QVERIFY2(result.code >= 0, qPrintable(arguments.join(' ')));
    QVERIFY2(isHarmless(result.out) && isHarmless(result.err), qPrintable(arguments.join(' ')));
  }
  // Escaped, not lost: a program gets the very characters back.
  QCOMPARE(inspect(model)["name"].get<std::string>(), evil);
  const QByteArray text = run({"inspect", model}).out;
  QVERIFY(text.contains("x\\x1B[31m\\x1B]0;title\\x07\\x0D\\x7F\\xC2\\x9B2J\\xE2\\x80\\xAE y\\n\\xFF"));
}

void TestCliFiles::metadataOfEveryKind() {
  const QString model = write("kinds.gguf", FileBytes::gguf(0, 3)
                                                .string("flags")
                                                .u32(kArray)
                                                .u32(kBool)
                                                .u64(2)
                                                .raw(std::string_view("\x01\x00", 2))
                                                .string("large")
                                                .u32(kArray)
                                                .u32(kU64)
                                                .u64(1)
                                                .u64(~0ULL)
                                                .string("texts")
                                                .u32(kArray)
                                                .u32(kString)
                                                .u64(1)
                                                .string("\xFF"));
  const Json metadata = inspect(model)["metadata"];
  QCOMPARE(metadata["flags"].get<std::string>(), std::string("[true, false]"));
  QCOMPARE(metadata["large"].get<std::string>(), std::string("[18446744073709551615]"));
  QCOMPARE(metadata["texts"][0].get<std::string>(), std::string("\\xFF"));
}

void TestCliFiles::manyMetadataKeys() {
  constexpr std::uint64_t kKeys = 100'000;
  FileBytes file = FileBytes::gguf(0, kKeys);
  for (std::uint64_t i = 0; i < kKeys; ++i) file.string("key." + std::to_string(i)).u32(kU64).u64(i);
  const QString model = write("keys.gguf", file);
  QElapsedTimer timer;
  timer.start();
  QCOMPARE(inspect(model)["metadata"].size(), std::size_t{kKeys});
  QVERIFY2(static_cast<double>(timer.elapsed()) < 6000 * support::kSlowdown,
           "took 12 s when every key was compared with every other");
}

void TestCliFiles::warningsAreShown() {
  write("folder/model.safetensors",
        FileBytes::safetensors(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})").zeros(1));
  write("folder/config.json", FileBytes().raw("<!DOCTYPE html>"));
  const Json json = inspect(path("folder"));
  QCOMPARE(json["warnings"].size(), 1U);
  QVERIFY(QString::fromStdString(json["warnings"][0]).contains("web page"));
  QVERIFY(run({"inspect", path("folder")}).out.contains("Warning: "));
  QVERIFY(inspect(kModel)["warnings"].empty());
}

void TestCliFiles::ollamaModels() {
  const std::string digits(64, 'a');
  QVERIFY(QDir().mkpath(path("store/blobs")));
  QVERIFY(QFile::copy(kModel, path("store/blobs/sha256-" + QString::fromStdString(digits))));
  write("store/manifests/registry.ollama.ai/library/tiny/latest",
        FileBytes().raw(R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + digits +
                        R"(","size":)" + std::to_string(QFileInfo(kModel).size()) + "}]}"));
  auto environment = QProcessEnvironment::systemEnvironment();
  environment.insert("OLLAMA_MODELS", path("store"));
  const Run opened = run({"inspect", "ollama:tiny", "--json"}, environment);
  QCOMPARE(opened.code, 0);
  const Json json = Json::parse(opened.out.toStdString());
  QCOMPARE(json["name"].get<std::string>(), std::string("tiny:latest"));
  QCOMPARE(json["parameters"], inspect(kModel)["parameters"]);
  QCOMPARE(run({"tokenize", "ollama:tiny:latest", "Hi"}, environment).code, 0);
  QVERIFY(isRefusal(run({"inspect", "ollama:other"}, environment), "\"tiny:latest\""));
  QVERIFY(isRefusal(run({"inspect", "ollama:../tiny"}, environment), "NAME:TAG"));
  environment.insert("OLLAMA_MODELS", path("nowhere"));
  QVERIFY(isRefusal(run({"inspect", "ollama:tiny"}, environment), "no Ollama store"));
}

void TestCliFiles::kindsAreNamed() {
  const auto typed = [](const char* key, const char* value) {
    return FileBytes::gguf(1, 1)
        .string(key)
        .u32(kString)
        .string(value)
        .tensor("w", {2, 2}, kF32, 0)
        .padTo(32)
        .zeros(16);
  };
  const auto check = [&](const QString& name, const FileBytes& file, const char* kind, const char* words) {
    const QString model = write(name, file);
    QCOMPARE(QString::fromStdString(inspect(model)["kind"]), QString(kind));
    QVERIFY(isRefusal(run({"generate", model, "--prompt", "x"}), words));
  };
  check("lora.gguf", typed("general.type", "adapter"), "adapter", "a LoRA adapter");
  check("mmproj.gguf", typed("general.type", "mmproj"), "projector", "multimodal projector");
  check("clip.gguf", typed("general.architecture", "clip"), "projector", "multimodal projector");
  check("imatrix.gguf", typed("general.type", "imatrix"), "importance_matrix", "an importance matrix");
  check("vocab.gguf", FileBytes::gguf(0, 1).string("tokenizer.ggml.tokens").u32(kArray).u32(kString).u64(1).string("a"),
        "vocabulary", "a vocabulary without weights");
  write("peft/adapter_config.json", FileBytes().raw(R"({"peft_type":"LORA","r":8})"));
  write("peft/adapter_model.safetensors",
        FileBytes::safetensors(R"({"m.lora_A.weight":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})").zeros(1));
  const Json peft = inspect(path("peft"));
  QCOMPARE(peft["kind"].get<std::string>(), std::string("adapter"));
  QVERIFY(QString::fromStdString(peft["why_not"]).contains("a LoRA adapter"));
  QCOMPARE(peft["metadata"]["adapter.r"].get<int>(), 8);
  QCOMPARE(inspect(kModel)["kind"].get<std::string>(), std::string("model"));
}

QTEST_GUILESS_MAIN(TestCliFiles)
#include "tst_cli_files.moc"
