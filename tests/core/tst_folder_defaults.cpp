// What a folder's config.json is silent of has the default of its class in transformers (5.0: configuration_*.py).
#include <QtTest>
#include <nlohmann/json.hpp>

#include "core/model/config.h"
#include "model_folder_builder.h"
#include "safetensors_builder.h"

using namespace core;
using Json = nlohmann::json;

class TestFolderDefaults : public QObject {
  Q_OBJECT

 private:
  ModelFolder m_folder;

  static Json said(const model::ModelConfig& config) {
    Json json = {
        {"context", config.contextLength},   {"heads", config.heads},       {"kv_heads", config.kvHeads},
        {"head_size", config.headSize},      {"base", config.ropeBase},     {"feed_forward", config.feedForward},
        {"experts", config.experts},         {"used", config.usedExperts},  {"window", config.slidingWindow},
        {"rotated", config.ropeDimensions},  {"factor", config.ropeFactor}, {"original", config.ropeOriginalContext},
        {"whole", config.hasWholeRopeBounds}};
    json["epsilon"] = std::round(1e9 * static_cast<double>(config.normEpsilon)) / 1e9;
    json["normed"] = config.areExpertWeightsNormed;
    json["groups"] = config.expertGroups;
    json["used_groups"] = config.usedExpertGroups;
    json["dense"] = config.denseLayers;
    json["shared"] = config.sharedFeedForward;
    json["scale"] = config.expertScale;
    json["sigmoid"] = config.areExpertsSigmoid;
    json["bias"] = config.hasExpertBias;
    json["attention_cap"] = config.attentionSoftCap;
    json["logit_cap"] = config.logitSoftCap;
    json["windowed"] = config.isWindowed;
    return json;
  }

 private slots:
  void silentFoldersHaveTheDefaultsOfTheirClass_data() {
    QTest::addColumn<QString>("config");
    QTest::addColumn<QString>("wanted");
    const auto row = [](const char* name, const char* config, const char* wanted) {
      QTest::newRow(name) << QString::fromLatin1(config) << QString::fromLatin1(wanted);
    };
    row("gemma2", R"({"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 2})",
        R"({"context": 8192, "heads": 8, "kv_heads": 4, "head_size": 256, "base": 10000, "epsilon": 1e-6, "window": 4096,
            "attention_cap": 50, "logit_cap": 30, "windowed": [1, 0]})");
    row("gemma3_text", R"({"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 2})",
        R"({"context": 131072, "heads": 8, "kv_heads": 4, "head_size": 256, "base": 1000000, "epsilon": 1e-6,
            "window": 4096})");
    row("gpt2", R"({"n_embd": 768, "n_layer": 2})",
        R"({"context": 1024, "heads": 12, "kv_heads": 12, "head_size": 64, "epsilon": 1e-5, "feed_forward": 3072})");
    row("gpt_oss",
        R"({"hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 2, "num_local_experts": 32, "num_experts_per_tok": 4})",
        R"({"context": 131072, "heads": 64, "kv_heads": 8, "head_size": 64, "base": 150000, "epsilon": 1e-5,
            "window": 128, "windowed": [1, 0], "factor": 32, "original": 4096, "whole": false})");
    row("mixtral", R"({"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 2, "num_local_experts": 8,
            "num_experts_per_tok": 2})",
        R"({"context": 131072, "heads": 32, "kv_heads": 8, "head_size": 128, "base": 1000000, "epsilon": 1e-5,
            "window": 0})");
    row("qwen3_moe", R"({"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 2, "num_experts": 128,
                         "moe_intermediate_size": 768, "num_experts_per_tok": 8})",
        R"({"context": 32768, "heads": 32, "kv_heads": 4, "base": 10000, "epsilon": 1e-6, "normed": false,
            "window": 0})");
    row("deepseek_v3",
        R"({"hidden_size": 7168, "intermediate_size": 18432, "num_hidden_layers": 5, "n_routed_experts": 256,
                           "moe_intermediate_size": 2048, "num_experts_per_tok": 8})",
        R"({"context": 4096, "heads": 128, "groups": 8, "used_groups": 4, "dense": 3, "shared": 2048, "normed": true,
            "scale": 2.5, "sigmoid": true, "bias": true})");
    row("lfm2_moe", R"({"hidden_size": 2048, "intermediate_size": 7168, "num_hidden_layers": 4, "num_experts": 32,
                        "moe_intermediate_size": 1792, "num_experts_per_tok": 4})",
        R"({"context": 128000, "heads": 32, "kv_heads": 8, "base": 1000000, "dense": 2, "normed": true, "scale": 1,
            "sigmoid": true, "bias": true})");
    row("qwen2_moe", R"({"hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 2, "num_experts": 60,
                         "moe_intermediate_size": 1408, "num_experts_per_tok": 4})",
        R"({"context": 32768, "heads": 16, "kv_heads": 16, "shared": 5632, "normed": false, "sigmoid": false})");
    row("qwen3_5_moe_text", R"({"hidden_size": 2048, "num_hidden_layers": 4, "num_experts": 256,
                                "moe_intermediate_size": 512, "num_experts_per_tok": 8})",
        R"({"heads": 16, "kv_heads": 2, "head_size": 256, "shared": 512, "normed": true, "sigmoid": false})");
    row("stablelm", R"({"hidden_size": 2560, "intermediate_size": 6912, "num_hidden_layers": 2})",
        R"({"context": 4096, "heads": 32, "kv_heads": 32, "head_size": 80, "rotated": 20, "base": 10000, "epsilon": 1e-5})");
  }

  void silentFoldersHaveTheDefaultsOfTheirClass() {
    QFETCH(QString, config);
    QFETCH(QString, wanted);
    Json json = Json::parse(config.toStdString());
    json["model_type"] = QTest::currentDataTag();
    json["vocab_size"] = 8;
    const std::string name = QTest::currentDataTag();
    m_folder.write(name + "/config.json", json.dump());
    const char* const embedding = name == "gpt2" ? "transformer.wte.weight" : "model.embed_tokens.weight";
    const std::uint64_t width = json.contains("n_embd") ? json["n_embd"] : json["hidden_size"];
    m_folder.write(name + "/model.safetensors", SafetensorsBuilder().add(embedding, "F32", {8, width}).file());
    const Json found = said(model::ModelConfig::fromCheckpoint(*io::openCheckpoint(m_folder.path(name))));
    const Json expected = Json::parse(wanted.toStdString());
    for (const auto& [key, value] : expected.items())
      QVERIFY2(found.at(key) == value, (key + " is " + found.at(key).dump() + ", not " + value.dump()).c_str());
  }
};

QTEST_GUILESS_MAIN(TestFolderDefaults)
#include "tst_folder_defaults.moc"
