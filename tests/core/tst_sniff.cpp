// What people and indexes take for a model is named as what it is, wherever a file is opened.
#include <QTest>

#include "core/io/sniff.h"
#include "model_folder_builder.h"

namespace io = core::io;
using core::ErrorCode;

class TestSniff : public QObject {
  Q_OBJECT
 private slots:
  void foreignFiles_data();
  void foreignFiles();
  void everyDoorNamesThem_data() { foreignFiles_data(); }
  void everyDoorNamesThem();
  void modelsAndUnknownFilesAreNotForeign();
};

namespace {

std::string zip(const std::string& entry) {
  std::string text("PK\x03\x04");
  text.append(22, '\0');
  text.push_back(static_cast<char>(entry.size()));
  text.append(3, '\0').append(entry);
  return text + std::string(40, '\0');
}

std::string tar() { return "model/" + std::string(251, '\0') + "ustar" + std::string(250, '\0'); }

FileBytes safetensors(const std::string& name) {
  return FileBytes::safetensors("{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}").zeros(1);
}

}  // namespace

void TestSniff::foreignFiles_data() {
  QTest::addColumn<QByteArray>("contents");
  QTest::addColumn<QString>("word");
  const auto row = [](const char* name, const std::string& contents, const char* word) {
    QTest::newRow(name) << QByteArray::fromStdString(contents) << word;
  };
  const std::string zeros(64, '\0');
  row("Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n", "git lfs pull");
  row("git-annex", "/annex/objects/SHA256E-s5--ab.gguf\n", "git-annex");
  row("web page", "<!DOCTYPE html>\n<html>", "web page");
  row("web page in lower case", "\n  <!doctype HTML><html>", "web page");
  row("web page with a mark", "\xEF\xBB\xBF<html lang=\"en\">", "web page");
  row("page as XML", "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"x\">", "web page");
  row("S3", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>No</Message></Error>",
      "error message \"AccessDenied\"");
  row("other XML", "<?xml version=\"1.0\"?><net name=\"model\"></net>", "XML document");
  row("access denied", "Access denied", "server's message \"Access denied\"");
  row("gated", "Access to model org/name is restricted. You must have access to it and be authenticated.\n",
      "Access to model");
  row("not found", "Entry not found", "\"Entry not found\"");
  row("wrong user", "Invalid username or password.", "Invalid username");
  row("rate limit", "429 Too Many Requests\nretry later\n", "429 Too Many Requests");
  row("JSON error", R"({"error":"Repository not found"})", "\"Repository not found\"");
  row("nested JSON error", R"({"error":{"code":401,"message":"Invalid token"}})", "\"Invalid token\"");
  row("registry", R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})",
      "authentication required");
  row("GitHub", R"({"message":"Not Found","documentation_url":"x","status":"404"})", "\"Not Found\"");
  row("PyTorch", zip("archive/data.pkl"), "PyTorch file");
  row("PyTorch directory", zip("x/y") + "PK\x01\x02model/data.pkl", "PyTorch file");
  row("npz", zip("arr_0.npy"), "NumPy archive");
  row("zip", zip("readme.txt"), "ZIP archive");
  row("legacy PyTorch",
      std::string("\x80\x02\x8A\x0Al\xFC\x9C"
                  "F\xF9 j\xA8P\x19.",
                  15) +
          zeros,
      "PyTorch file");
  row("pickle", "\x80\x04\x95" + zeros, "Python pickle");
  row("npy", "\x93NUMPY\x01" + zeros, "NumPy array");
  row("ONNX",
      std::string("\x08\x07\x12\x07pytorch\x1A\x05"
                  "2.1.0:",
                  19),
      "ONNX model");
  row("HDF5", "\x89HDF\r\n\x1A\n" + zeros, "HDF5");
  row("TensorFlow Lite", std::string("\x1C\0\0\0TFL3", 8) + zeros, "TensorFlow Lite");
  row("GGJT", "tjgg" + zeros, "predecessor");
  row("GGLA", "algg" + zeros, "LoRA adapter");
  row("gzip", "\x1F\x8B\x08" + zeros, "gzip archive");
  row("xz",
      "\xFD"
      "7zXZ" +
          zeros,
      "xz archive");
  row("zstd", "\x28\xB5\x2F\xFD" + zeros, "Zstandard");
  row("7z", "7z\xBC\xAF\x27\x1C" + zeros, "7-Zip");
  row("tar", tar(), "tar archive");
  row("PDF", "%PDF-1.7\n", "PDF");
  row("ELF",
      "\x7F"
      "ELF" +
          zeros,
      "program");
}

void TestSniff::foreignFiles() {
  QFETCH(QByteArray, contents);
  QFETCH(QString, word);
  const ExactBytes bytes(std::as_bytes(std::span(contents.constData(), static_cast<std::size_t>(contents.size()))));
  const auto foreign = io::recognizeForeign(bytes.span);
  QVERIFY(foreign.has_value());
  QVERIFY2(QString::fromStdString(foreign->description).contains(word), foreign->description.c_str());
  for (std::size_t length = 0; length < bytes.span.size(); ++length) {  // never past the end
    const ExactBytes prefix(bytes.span.first(length));
    (void)io::recognizeForeign(prefix.span);
  }
}

// The same contents where a model, a shard, a part, a config and an index should be.
void TestSniff::everyDoorNamesThem() {
  QFETCH(QByteArray, contents);
  QFETCH(QString, word);
  const std::string foreign = contents.toStdString();
  const auto names = [&](const std::filesystem::path& opened) {
    try {
      (void)io::openCheckpoint(opened);
    } catch (const core::Error& error) {
      const QString sentence = QString::fromUtf8(error.what());
      return sentence.contains(word) && sentence.endsWith('.') && !sentence.contains('\n');
    }
    return false;
  };
  ModelFolder folder;
  for (const char* name : {"plain", "model.gguf", "a.safetensors", "m-00001-of-00002.gguf", "x.json", "y.bin"}) {
    QVERIFY2(names(folder.write(name, foreign)), name);
  }
  ModelFolder sharded;
  sharded.write("one.safetensors", safetensors("a"));
  sharded.write("two.safetensors", foreign);
  sharded.write("model.safetensors.index.json", R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  QVERIFY(names(sharded.path()));
  ModelFolder configured;
  configured.write("model.safetensors", safetensors("a"));
  configured.write("config.json", foreign);
  const auto model = io::openCheckpoint(configured.path());
  QCOMPARE(model->warnings().size(), 1U);
  QVERIFY2(QString::fromStdString(model->warnings()[0]).contains(word), model->warnings()[0].c_str());
}

void TestSniff::modelsAndUnknownFilesAreNotForeign() {
  const auto isForeign = [](const FileBytes& file) { return io::recognizeForeign(file.bytes()).has_value(); };
  QVERIFY(!isForeign(FileBytes()));
  QVERIFY(!isForeign(FileBytes::gguf(0, 0)));
  QVERIFY(!isForeign(safetensors("w")));
  QVERIFY(!isForeign(FileBytes().zeros(100)));
  QVERIFY(!isForeign(FileBytes().raw(R"({"model_type":"llama","hidden_size":64})")));
  QVERIFY(!isForeign(FileBytes().raw(R"({"weight_map":{"error":"a.safetensors"}})")));
  QVERIFY(!isForeign(FileBytes().raw(R"({"message":"hello","model":"x"})")));
  QVERIFY(!isForeign(FileBytes().raw("Hello there, this is text.")));
}

QTEST_GUILESS_MAIN(TestSniff)
#include "tst_sniff.moc"
