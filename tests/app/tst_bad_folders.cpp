// Folders that are not what they should be: one sentence each, that names what is wrong.
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>

#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/safetensors_writer.h"
#include "core/io/text_checks.h"
#include "support/architectures.h"

using namespace core;
namespace fs = std::filesystem;
using Json = nlohmann::json;

class TestBadFolders : public QObject {
  Q_OBJECT

  QTemporaryDir m_temporary;
  fs::path m_folder;
  int m_count = 0;

  static void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

  void changeConfig(const char* change) const {
    auto config = support::readJson(m_folder / "config.json");
    config.merge_patch(Json::parse(change));
    std::ofstream(m_folder / "config.json") << config;
  }

  /// The model's weights in two files with an index.
  void splitInTwo() const {
    const auto model = io::openCheckpoint(m_folder);
    const std::size_t half = model->tensors().size() / 2;
    Json map = Json::object();
    for (const int part : {1, 2}) {
      const std::string name = "model-0000" + std::to_string(part) + "-of-00002.safetensors";
      io::SafetensorsWriter writer(m_folder / name);
      const std::size_t first = part == 1 ? 0 : half, last = part == 1 ? half : model->tensors().size();
      for (std::size_t i = first; i < last; ++i) {
        writer.declareTensor(model->tensors()[i].name, model->tensors()[i].dtype, model->tensors()[i].shape);
        map[model->tensors()[i].name] = name;
      }
      for (std::size_t i = first; i < last; ++i) writer.append(model->view(i).bytes);
      writer.finish();
    }
    fs::remove(m_folder / "model.safetensors");
    std::ofstream(m_folder / "model.safetensors.index.json") << Json{{"weight_map", map}};
  }

  /// Byte-level BPE of single characters.
  void writeTokenizer(int tokens) const {
    Json vocabulary{{"a", 0}, {"b", 1}, {"ab", 2}};
    for (int id = 3; id < tokens; ++id) vocabulary["t" + std::to_string(id)] = id;
    const Json tokenizer{
        {"version", "1.0"},
        {"added_tokens", Json::array()},
        {"normalizer", nullptr},
        {"pre_tokenizer",
         {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}}},
        {"post_processor", nullptr},
        {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array({"a b"})}}}};
    std::ofstream(m_folder / "tokenizer.json") << tokenizer;
  }

  /// Why it does not open, or cannot be asked; empty where it can chat but for a template.
  QString why() const {
    try {
      const auto model = app::OpenModel::open(m_folder.string());
      return QString::fromStdString(model->whyNotRunnable().value_or(model->whyNoTokenizer().value_or("")));
    } catch (const Error& error) {
      return QString::fromUtf8(error.what());
    }
  }

 private Q_SLOTS:
  void init() {
    m_folder = m_temporary.filePath(QString::number(++m_count)).toStdString();
    fs::copy(support::kArchitectures / "qwen3-folder", m_folder);
  }

  void sentences_data() {
    using Change = std::function<void()>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, Change change, const char* says) {
      QTest::newRow(name) << std::move(change) << QString::fromUtf8(says);
    };
    const auto config = [&](const char* name, const char* change, const char* says) {
      row(
          name, [this, change] { changeConfig(change); }, says);
    };
    row(
        "as it should be", [this] { writeTokenizer(37); }, "");
    row(
        "in two files", [this] { splitInTwo(), writeTokenizer(37); }, "");
    row(
        "missing shard", [this] { splitInTwo(), fs::remove(m_folder / "model-00002-of-00002.safetensors"); },
        "model-00002-of-00002.safetensors");
    row(
        "no index and a missing shard",
        [this] {
          splitInTwo();
          fs::remove(m_folder / "model-00001-of-00002.safetensors");
          fs::remove(m_folder / "model.safetensors.index.json");
        },
        "model-00001-of-00002.safetensors");
    row(
        "index names others",
        [this] {
          splitInTwo();
          write(m_folder / "model.safetensors.index.json",
                R"({"weight_map": {"model.norm.weight": "weights-00001-of-00003.safetensors"}})");
        },
        "weights-00001-of-00003.safetensors");
    row(
        "index names a tensor that is not there",
        [this] {
          splitInTwo();
          auto index = support::readJson(m_folder / "model.safetensors.index.json");
          index["weight_map"]["model.layers.9.mlp.up_proj.weight"] = "model-00001-of-00002.safetensors";
          std::ofstream(m_folder / "model.safetensors.index.json") << index;
        },
        "model.layers.9.mlp.up_proj.weight");
    config("more layers than weights", R"({"num_hidden_layers": 5})", "model.layers.2.");
    config("fewer layers than weights", R"({"num_hidden_layers": 1})", "model.layers.1.");
    config("another width", R"({"hidden_size": 32})", "should have the shape");
    config("other heads", R"({"num_attention_heads": 4})", "should have the shape");
    config("heads that do not divide", R"({"num_key_value_heads": 2})", "multiple");
    config("a count that is a text", R"({"hidden_size": "24"})", "config.hidden_size");
    config("a count that is negative", R"({"num_hidden_layers": -1})", "config.num_hidden_layers");
    config("no count", R"({"num_hidden_layers": null})", "config.num_hidden_layers");
    config("of an architecture nobody knows", R"({"model_type": "never_heard_of"})", "never_heard_of");
    config("of no architecture", R"({"model_type": null})", "names no model_type");
    row(
        "no config", [this] { fs::remove(m_folder / "config.json"); }, "config.json");
    row(
        "half a config", [this] { write(m_folder / "config.json", "{\"model_type\": \"qwen3\""); }, "config.json");
    row(
        "a config that was not downloaded",
        [this] { write(m_folder / "config.json", "version https://git-lfs.github.com/spec/v1\n"); }, "config.json");
    row(
        "weights that were not downloaded",
        [this] {
          write(m_folder / "model.safetensors",
                "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') + "\nsize 1234\n");
        },
        "git lfs pull");
    row(
        "half the weights", [this] { fs::resize_file(m_folder / "model.safetensors", 4000); }, "model.safetensors");
    row(
        "no byte of the weights", [this] { fs::resize_file(m_folder / "model.safetensors", 0); }, "empty");
    row(
        "a link that leads nowhere",
        [this] {
          fs::remove(m_folder / "model.safetensors");
          fs::create_symlink("../../blobs/gone", m_folder / "model.safetensors");
        },
        "model.safetensors");
    for (const char* ending : {".incomplete", ".part", "-partial", ".crdownload"})
      QTest::addRow("unfinished%s", ending) << Change([this, ending] {
        fs::rename(m_folder / "model.safetensors", m_folder / (std::string("model.safetensors") + ending));
      }) << QStringLiteral("unfinished download");
    row(
        "a larger tokenizer", [this] { writeTokenizer(500); }, "an embedding of 37 tokens and a tokenizer of 500");
    row(
        "a tokenizer that was not downloaded",
        [this] { write(m_folder / "tokenizer.json", "version https://git-lfs.github.com/spec/v1\n"); },
        "Git LFS pointer");
    row(
        "a tokenizer.model alone", [this] { write(m_folder / "tokenizer.model", "\n\x0e"); }, "tokenizer.json");
  }

  void sentences() {
    QFETCH(std::function<void()>, change);
    QFETCH(QString, says);
    change();
    const QString sentence = why();
    QCOMPARE(sentence.isEmpty(), says.isEmpty());
    if (says.isEmpty()) return;
    QVERIFY2(sentence.contains(says), qPrintable(sentence));
    QVERIFY2(sentence.endsWith(u'.') && !sentence.contains(u'\n') && sentence.size() < 400, qPrintable(sentence));
  }
};

QTEST_GUILESS_MAIN(TestBadFolders)
#include "tst_bad_folders.moc"
