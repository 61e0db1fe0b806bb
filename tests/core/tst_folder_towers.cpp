// Folders of models for text and pictures: the language model inside runs, whatever its names and settings stand
// behind, and what else there is is left out and said.
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/io/safetensors_writer.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/weight_requests.h"
#include "core/model/weights.h"
#include "support/architectures.h"

using namespace core;
namespace fs = std::filesystem;
using Json = nlohmann::json;

class TestFolderTowers : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  int m_count = 0;

  /// A golden folder's weights under other names, beside a picture's tower, with this config.
  fs::path folderOf(const std::string& name, const std::function<std::string(const std::string&)>& rename,
                    const Json& config) {
    const auto source = io::openCheckpoint(support::kArchitectures / (name + "-folder"));
    const fs::path to = m_folder.filePath(QString::number(++m_count)).toStdString();
    fs::create_directory(to);
    io::SafetensorsWriter writer(to / "model.safetensors");
    const std::vector<std::string> towers{"vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight",
                                          "multi_modal_projector.linear.weight"};
    for (const auto& tensor : source->tensors()) writer.declareTensor(rename(tensor.name), tensor.dtype, tensor.shape);
    for (const auto& tower : towers) writer.declareTensor(tower, tensor::DType::F32, {2, 3});
    for (std::size_t i = 0; i < source->tensors().size(); ++i) writer.append(source->view(i).bytes);
    for (std::size_t i = 0; i < towers.size(); ++i) writer.append(std::vector<std::byte>(24));
    writer.finish();
    std::ofstream(to / "config.json") << config;
    return to;
  }

  static double divergence(const fs::path& path, const QString& name) {
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto tokens = support::architectureTokens();
    const auto executor = model::createCpuExecutor(
        model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>())));
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(tokens.size() * config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
    return support::worstDivergence(support::architectureLogits(name), logits, config.vocabulary);
  }

  static Json configOf(const std::string& name) {
    return support::readJson(support::kArchitectures / (name + "-folder") / "config.json");
  }

 private slots:
  void theLanguageModelInsideRuns_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("before");  // "model."
    QTest::addColumn<QString>("rest");    // the other names
    QTest::addColumn<QString>("type");
    QTest::newRow("Gemma 3") << "gemma3"
                             << "language_model.model."
                             << "language_model."
                             << "gemma3";
    QTest::newRow("Gemma 3, since transformers 4.52") << "gemma3"
                                                      << "model.language_model."
                                                      << ""
                                                      << "gemma3";
    QTest::newRow("Mistral 3") << "llama"
                               << "language_model.model."
                               << "language_model."
                               << "mistral3";
    QTest::newRow("Qwen 3 VL") << "qwen3"
                               << "model.language_model."
                               << ""
                               << "qwen3_vl";
    QTest::newRow("SmolVLM") << "llama"
                             << "model.text_model."
                             << ""
                             << "smolvlm";
  }
  void theLanguageModelInsideRuns() {
    QFETCH(QString, name);
    QFETCH(QString, before);
    QFETCH(QString, rest);
    QFETCH(QString, type);
    const auto rename = [&](const std::string& tensor) {
      return tensor.starts_with("model.") ? before.toStdString() + tensor.substr(6) : rest.toStdString() + tensor;
    };
    const std::string key = name.toStdString();
    const Json outer{{"model_type", type.toStdString()},
                     {"text_config", configOf(key)},
                     {"vision_config", {{"hidden_size", 7}, {"num_hidden_layers", 1}}}};
    const fs::path path = folderOf(key, rename, outer);
    QVERIFY(divergence(path, name) <= support::kDivergenceLimit);
    const auto checkpoint = io::openCheckpoint(path);
    model::checkTensors(*checkpoint, model::ModelConfig::fromCheckpoint(*checkpoint));
    QCOMPARE(checkpoint->warnings().size(), std::size_t{1});
    QVERIFY(checkpoint->warnings().front().starts_with("What reads pictures or sound is left out (2 tensors)"));
    // Every weight of the language model has its GGUF name.
    const model::TensorNames names(*checkpoint);
    for (const auto& tensor : checkpoint->tensors())
      QCOMPARE(names.gguf(tensor.name).has_value(),
               !tensor.name.starts_with("vision") && !tensor.name.starts_with("multi"));
  }

  // Qwen 2.5 VL says everything in one object, and gives pictures positions of their own.
  void aFlatConfigRuns() {
    Json config = configOf("qwen2");
    config["model_type"] = "qwen2_5_vl";
    config["rope_scaling"] = {{"type", "mrope"}, {"mrope_section", {1, 1, 2}}};
    config["vision_config"] = {{"hidden_size", 7}};
    const auto path = folderOf(
        "qwen2", [](const std::string& tensor) { return tensor; }, config);
    QVERIFY(divergence(path, QStringLiteral("qwen2")) <= support::kDivergenceLimit);
  }

  // transformers 5 describes rotary embedding for every kind of layer.
  void kindsOfLayersHaveTheirRotation() {
    Json config = configOf("gemma3");
    const double base = config["rope_theta"], windowBase = config["rope_local_base_freq"];
    for (const char* old : {"rope_theta", "rope_local_base_freq", "rope_scaling"}) config.erase(old);
    config["rope_parameters"] = {{"full_attention", {{"rope_type", "linear"}, {"factor", 8.0}, {"rope_theta", base}}},
                                 {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", windowBase}}}};
    const auto same = [](const std::string& tensor) { return tensor; };
    const auto path = folderOf("gemma3", same, {{"model_type", "gemma3"}, {"text_config", config}});
    QVERIFY(divergence(path, QStringLiteral("gemma3")) <= support::kDivergenceLimit);
    config["rope_parameters"]["sliding_attention"]["rope_type"] = "linear";
    const auto scaled = folderOf("gemma3", same, {{"model_type", "gemma3"}, {"text_config", config}});
    const auto why = model::whyNotRunnable(*io::openCheckpoint(scaled));
    QVERIFY(why && why->find("windowed layers") != std::string::npos);
    // Other models have no such kinds.
    Json other = configOf("qwen3");
    other["rope_parameters"] = config["rope_parameters"];
    QVERIFY(model::whyNotRunnable(*io::openCheckpoint(folderOf("qwen3", same, other))));
  }

  // What a text_config is silent of is what transformers' class has.
  void theClassHasDefaults() {
    Json config = configOf("gemma3");
    for (const char* key :
         {"num_attention_heads", "num_key_value_heads", "head_dim", "rope_theta", "max_position_embeddings"})
      config.erase(key);
    const auto path = folderOf("gemma3", [](const std::string& tensor) { return tensor; },
                               {{"model_type", "gemma3"}, {"text_config", config}});
    const auto read = model::ModelConfig::fromCheckpoint(*io::openCheckpoint(path));
    QCOMPARE(read.heads, 8U);
    QCOMPARE(read.kvHeads, 4U);
    QCOMPARE(read.headSize, 256U);
    QCOMPARE(read.ropeBase, 1e6F);
    QCOMPARE(read.contextLength, 131072U);
  }

  // Without a config that says so, a tower's tensors are strangers.
  void strangersAreRefused() {
    const auto path = folderOf(
        "qwen3", [](const std::string& tensor) { return tensor; }, configOf("qwen3"));
    const auto checkpoint = io::openCheckpoint(path);
    QVERIFY(checkpoint->warnings().empty());
    QVERIFY_THROWS_EXCEPTION(Error, model::checkTensors(*checkpoint, model::ModelConfig::fromCheckpoint(*checkpoint)));
  }
};

QTEST_GUILESS_MAIN(TestFolderTowers)
#include "tst_folder_towers.moc"
