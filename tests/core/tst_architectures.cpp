// Every architecture against llama.cpp's logits (tests/data/architectures), as a GGUF file and as a folder.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/switched_off.h"
#include "core/model/weight_requests.h"
#include "core/model/weights.h"
#include "support/architectures.h"

using namespace core;
using support::kArchitectures;

class TestArchitectures : public QObject {
  Q_OBJECT

 private:
  /// What a state space has with another shape, or as one matrix, in the other format.
  static bool isOfOneFormat(const io::Checkpoint& checkpoint, const std::string& name) {
    return std::ranges::any_of(model::findArchitecture(checkpoint)->weights, [&](const model::WeightRow& row) {
      const std::string_view own = row.nameIn(checkpoint.format());
      return !own.empty() && name.ends_with(own) && (row.gguf.empty() || row.huggingFace.empty());
    });
  }
  /// The last sum of a layer.
  static model::ValueId lastSum(const model::Graph& graph, int layer) {
    model::ValueId found = model::kNoValue;
    for (const model::Op& op : graph.ops)
      if (op.kind() == model::OpKind::Add &&
          graph.values[op.out].name.starts_with("blk." + std::to_string(layer) + '.'))
        if (graph.values[op.out].width == graph.values[0].width) found = op.out;
    return found;
  }
  /// What a layer's first norm reads, or its first sum where it has none.
  static model::ValueId inputOf(const model::Graph& graph, int layer) {
    const std::string block = "blk." + std::to_string(layer) + '.';
    const auto first = std::ranges::find_if(graph.ops, [&](const model::Op& op) {
      return op.kind() == model::OpKind::Add && graph.values[op.out].name.starts_with(block) &&
             graph.values[op.out].width == graph.values[0].width && op.inputs[0] != op.inputs[1];
    });
    return first->inputs[0];
  }

  static void addChangeColumns() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("change");
    QTest::addColumn<QString>("says");
  }
  static void row(const char* name, const char* change, const char* says) {
    QTest::addRow("%s %s", name, change) << QString(name) << QByteArray(change) << QString(says);
  }
  /// The folder of a model with other words in its config.
  static std::shared_ptr<const io::Checkpoint> changed(const QString& name, const QByteArray& change,
                                                       const QTemporaryDir& folder) {
    const std::filesystem::path from = kArchitectures / (name.toStdString() + "-folder"),
                                to = folder.path().toStdString();
    std::filesystem::copy(from / "model.safetensors", to / "model.safetensors");
    auto config = support::readJson(from / "config.json");
    config.merge_patch(nlohmann::json::parse(change.toStdString()));
    std::ofstream(to / "config.json") << config;
    return io::openCheckpoint(to);
  }

 private slots:
  void logitsAreThoseOfLlamaCpp_data() { support::addArchitectureRows(); }

  void logitsAreThoseOfLlamaCpp() {
    QFETCH(QString, path);
    QFETCH(QString, name);
    const auto checkpoint = io::openCheckpoint(kArchitectures / path.toStdString());
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto tokens = support::architectureTokens();
    const auto executor = model::createCpuExecutor(
        model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>())));
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(tokens.size() * config.vocabulary);
    // In pieces: what windows and positions are must not depend on where a prompt is cut.
    const std::size_t first = 11;
    executor->forward(std::span(tokens).first(first), *cache, model::LogitsWanted::AllTokens,
                      std::span(logits).first(first * config.vocabulary));
    executor->forward(std::span(tokens).subspan(first), *cache, model::LogitsWanted::AllTokens,
                      std::span(logits).subspan(first * config.vocabulary));
    const double worst = support::worstDivergence(support::architectureLogits(name), logits, config.vocabulary);
    QVERIFY2(worst <= support::kDivergenceLimit, qPrintable(QString::number(worst)));
  }

  // What a folder's config asks for has to be there, and nothing else.
  void tensorsThatDoNotFit_data() {
    addChangeColumns();
    row("granitehybrid_moe", R"({"num_local_experts": 4})", "should have the shape");
    row("qwen2moe", R"({"shared_expert_intermediate_size": 7})", "should have the shape");
    row("qwen35moe", R"({"num_experts": 3})", "should have the shape");
    row("lfm2moe", R"({"use_expert_bias": false})", "expert_bias");
    row("lfm2moe", R"({"num_dense_layers": 1})", "feed_forward");
    row("lfm2moe", R"({"num_dense_layers": 3})", "feed_forward");
    row("gemma4_moe", R"({"enable_moe_block": false})", "router.proj.weight");
    row("gemma4_moe", R"({"hidden_size_per_layer_input": 2})", "embed_tokens_per_layer.weight");
  }
  void tensorsThatDoNotFit() {
    QFETCH(QString, name);
    QFETCH(QByteArray, change);
    QFETCH(QString, says);
    const QTemporaryDir folder;
    const auto checkpoint = changed(name, change, folder);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    try {
      model::checkTensors(*checkpoint, config);
      QFAIL("It fits.");
    } catch (const Error& error) {
      QVERIFY2(QString(error.what()).contains(says), error.what());
    }
  }

  // What a folder says of its computation is followed or refused, never left out.
  void refusals_data() {
    addChangeColumns();
    row("gemma3", R"({"hidden_activation": "gelu"})", "config.hidden_activation");
    row("gemma3", R"({"layer_types": ["full_attention"]})", "for each of the 7 layers");
    row("gemma3", R"({"layer_types": [1, 2, 3, 4, 5, 6, 7]})", "for each of the 7 layers");
    row("gemma3", R"({"layer_types": ["a", "a", "a", "a", "a", "a", "a"]})", "of the kind \"a\"");
    row("gemma3", R"({"query_pre_attn_scalar": 0})", "config.query_pre_attn_scalar");
    row("gemma3", R"({"attn_logit_softcapping": 50.0})", "config.attn_logit_softcapping");
    row("smollm3", R"({"no_rope_layers": [1, 1]})", "for each of the 5 layers");
    row("smollm3", R"({"no_rope_layer_interval": 0})", "config.no_rope_layer_interval");
    row("qwen2", R"({"use_sliding_window": true})", "config.use_sliding_window");
    row("qwen3", R"({"num_experts": 8})", "config.num_experts");
    row("granite", R"({"residual_multiplier": -1})", "config.residual_multiplier");
    row("olmo2", R"({"hidden_act": "gelu"})", "config.hidden_act");
    row("phi3", R"({"partial_rotary_factor": 2})", "config.partial_rotary_factor");
    row("phi3", R"({"rope_scaling": {"type": "longrope"}})", "config.rope_scaling.short_factor");
    row("longrope", R"({"rope_scaling": {"short_factor": [1]}})", "frequency factors");
    row("longrope", R"({"rope_scaling": {"long_factor": [1, -1]}})", "should be positive");
    row("longrope", R"({"original_max_position_embeddings": 1})", "config.original_max_position_embeddings");
    row("yarn", R"({"rope_scaling": {"factor": null}})", "config.rope_scaling.factor");
    row("yarn", R"({"rope_scaling": {"rope_type": "dynamic"}})", "dynamic");
    row("gemma2", R"({"layer_types": ["a", "a", "a"]})", "of the kind \"a\"");
    row("qwen3moe", R"({"decoder_sparse_step": 2})", "config.decoder_sparse_step");
    row("qwen3moe", R"({"mlp_only_layers": [1]})", "no experts");
    row("qwen3moe", R"({"num_experts_per_tok": 9})", "config.num_experts_per_tok");
    row("qwen3moe", R"({"num_experts": 2000})", "config.num_experts");
    row("gptoss", R"({"swiglu_limit": 5})", "config.swiglu_limit");
    row("gpt2", R"({"activation_function": "relu"})", "config.activation_function");
    row("gpt2", R"({"scale_attn_by_inverse_layer_idx": true})", "config.scale_attn_by_inverse_layer_idx");
    row("stablelm", R"({"use_parallel_residual": true})", "config.use_parallel_residual");
    row("stablelm", R"({"qk_layernorm": true})", "config.qk_layernorm");
    row("lfm2", R"({"conv_bias": true})", "config.conv_bias");
    row("lfm2", R"({"layer_types": ["conv"]})", "for each of the 4 layers");
    row("lfm2", R"({"layer_types": ["conv", "x", "conv", "conv"]})", "of the kind \"x\"");
    row("lfm2", R"({"block_auto_adjust_ff_dim": true, "block_ffn_dim_multiplier": 1000, "block_ff_dim": 1000000})",
        "should be between 1 and");
    row("lfm2", R"({"block_auto_adjust_ff_dim": true, "block_ffn_dim_multiplier": 0.01})", "should be between 1 and");
    row("lfm2", R"({"conv_L_cache": 1})", "config.conv_L_cache");
    row("qwen35", R"({"linear_num_key_heads": 4})", "should be a multiple");
    row("qwen35", R"({"linear_key_head_dim": 4000})", "config.linear_key_head_dim");
    row("qwen35", R"({"layer_types": ["linear_attention", "a", "a", "a"]})", "of the kind \"a\"");
    row("gemma4", R"({"enable_moe_block": true})", "config.num_experts");
    row("gemma4", R"({"per_layer_config": {"1": {"head_dim": 12}, "3": {"head_dim": 8}}})", "per_layer_config");
    row("gemma4", R"({"num_kv_shared_layers": 6})", "an earlier layer of its kind");
    row("gemma4_dense", R"({"num_global_key_value_heads": 4})", "should be a multiple");
    row("mamba2", R"({"time_step_limit": [0.01, 0.5]})", "config.time_step_limit");
    row("mamba2", R"({"use_bias": true})", "config.use_bias");
    row("mamba2", R"({"head_dim": 7})", "should be 48 wide");
    row("granitehybrid", R"({"num_local_experts": null})", "config.num_local_experts");
    row("granitehybrid", R"({"num_local_experts": 4})", "config.num_experts_per_tok");
    row("granitemoe_shared", R"({"num_experts_per_tok": 9})", "config.num_experts_per_tok");
    row("qwen2moe", R"({"mlp_only_layers": [1]})", "no experts");
    row("lfm2moe", R"({"num_dense_layers": 5})", "config.num_dense_layers");
    row("deepseek3", R"({"n_group": 4})", "should be a multiple");
    row("deepseek3", R"({"topk_group": 4})", "config.topk_group");
    row("deepseek3", R"({"topk_group": 0})", "config.topk_group");
    row("deepseek3", R"({"topk_group": 1, "num_experts_per_tok": 3})", "the 1 groups that they are chosen from have 2");
    row("deepseek3", R"({"n_group": 65})", "config.n_group");
    row("deepseek3", R"({"scoring_func": "softmax"})", "config.scoring_func");
    row("deepseek3", R"({"num_experts_per_tok": 7})", "config.num_experts_per_tok");
    row("granitehybrid", R"({"mamba_n_groups": 5})", "multiple of that of their keys (5)");
    row("deepseek2", R"({"scoring_func": "sigmoid"})", "config.scoring_func");
    row("deepseek2", R"({"topk_method": "group_limited_greedy", "n_group": 4, "topk_group": 2})",
        "should be a multiple");
    row("deepseek2", R"({"topk_method": "noaux_tc"})", "config.topk_method");
    row("deepseek2", R"({"moe_layer_freq": 2})", "config.moe_layer_freq");
    row("deepseek2", R"({"kv_lora_rank": 0})", "config.kv_lora_rank");
    row("mistral3", R"({"rope_parameters": {"llama_4_scaling_beta": -1}})", "llama_4_scaling_beta");
  }
  void refusals() {
    QFETCH(QString, name);
    QFETCH(QByteArray, change);
    QFETCH(QString, says);
    const QTemporaryDir folder;
    const auto why = model::whyNotRunnable(*changed(name, change, folder));
    QVERIFY(why);
    QVERIFY2(QString::fromStdString(*why).contains(says), why->c_str());
  }

  // Layers that guess further tokens are left out, and no others.
  void furtherLayersAreIgnored() {
    const auto checkpoint = io::openCheckpoint(kArchitectures / "deepseek3-folder");
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto ignores = [&](const char* name) {
      return config.architecture->ignores(config, io::FileFormat::Safetensors, name);
    };
    QVERIFY(ignores("model.layers.3.eh_proj.weight"));
    QVERIFY(ignores("model.layers.3.mlp.experts.1.up_proj.weight"));
    QVERIFY(!ignores("model.layers.2.eh_proj.weight"));
    QVERIFY(!ignores("model.eh_proj.weight"));
  }

  // A layer that is switched off adds nothing to what runs through.
  void layersCanBeSwitchedOff_data() { support::addArchitectureRows(); }
  void layersCanBeSwitchedOff() {
    QFETCH(QString, path);
    const auto checkpoint = io::openCheckpoint(kArchitectures / path.toStdString());
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    model::Recipe recipe;
    recipe.replacements =
        model::withoutLayer(model::buildGraph(config, library.load(config, std::optional<quant::Scheme>())), 1);
    const auto executor = model::createCpuExecutor(model::buildGraph(config, library.load(config, recipe)));
    const model::Graph& graph = executor->graph();
    std::map<model::ValueId, std::vector<float>> seen;
    const auto before = inputOf(graph, 1), behind = lastSum(graph, 1);
    const auto watching = executor->subscribe({before, behind}, [&](const model::Observation& value) {
      seen[value.value].assign(value.data.begin(), value.data.end());
    });
    const auto tokens = support::architectureTokens();
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::LastToken, logits);
    QCOMPARE(seen.size(), std::size_t{2});
    QCOMPARE(seen.begin()->second, seen.rbegin()->second);
  }

  // A folder's tensor has a name in GGUF, and the other way.
  void namesAreTranslatedBothWays_data() { support::addArchitectureRows(); }
  void namesAreTranslatedBothWays() {
    QFETCH(QString, path);
    const auto checkpoint = io::openCheckpoint(kArchitectures / path.toStdString());
    const model::TensorNames names(*checkpoint);
    const bool isFolder = checkpoint->format() != io::FileFormat::Gguf;
    for (const auto& tensor : checkpoint->tensors()) {
      const auto other = names.other(tensor.name);
      // Gate and up are two stacks in one format and one in the other; a table of the one is a list in the other's
      // config.
      const bool isOfOne = tensor.name.find("gate_up_proj") != std::string::npos ||
                           tensor.name.find("_exps") != std::string::npos || tensor.name.starts_with("rope_") ||
                           isOfOneFormat(*checkpoint, tensor.name);
      if (!other && isOfOne) continue;
      QVERIFY2(other, tensor.name.c_str());
      const bool isOfExpert = isFolder && other->find("_exps") != std::string::npos;
      std::string back = names.other(*other).value_or("");
      if (const std::size_t star = back.find('*'); isOfExpert && star != std::string::npos)
        back = tensor.name.substr(0, star) + "*" + tensor.name.substr(tensor.name.find('.', star));
      QCOMPARE(isOfExpert ? names.other(back) : names.other(*other), isOfExpert ? other : std::optional(tensor.name));
    }
  }
};

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
