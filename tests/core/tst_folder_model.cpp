// Hugging Face folders of the Llama family run: the same logits as the GGUF file they belong to, whatever their
// config.json says it like; and configs that are refused.
#include <QTest>
#include <cmath>

#include "core/calibrate/matrix_calibration.h"
#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "core/model/generation_defaults.h"
#include "core/model/graph.h"
#include "core/model/weight_requests.h"
#include "core/model/weights.h"
#include "model_folder_builder.h"
#include "support/folder_twin.h"
#include "support/random_model.h"

using namespace core;
using model::ModelConfig;
using Json = nlohmann::json;

namespace {

using Opened = std::shared_ptr<const io::Checkpoint>;

/// A GGUF file with random weights and its folder.
struct Pair {
  Opened gguf, folder;
};

class Folders {
 public:
  Pair make(const support::RandomModel& shape, const support::FolderTwin& options) {
    const auto file = m_folder.path("model.gguf");
    support::writeRandomModel(shape, file);
    const auto gguf = io::openCheckpoint(file);
    const auto folder = m_folder.path(QString("folder%1").arg(m_count++).toStdString());
    support::FolderTwinWriter(*gguf, options).write(folder);
    return {gguf, io::openCheckpoint(folder)};
  }
  Opened folder(const support::FolderTwin& options, const support::RandomModel& shape = {}) {
    return make(shape, options).folder;
  }

 private:
  ModelFolder m_folder;
  int m_count = 0;
};

std::vector<float> logits(const Opened& checkpoint, const model::Recipe& recipe = {}) {
  const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
  const auto executor =
      model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, recipe)));
  std::vector<model::TokenId> tokens;
  for (int i = 0; i < 40; ++i) tokens.push_back((i * 37 + 5) % 131);
  const auto cache = executor->createKvCache(64, model::KvType::F32);
  std::vector<float> out(tokens.size() * config.vocabulary);
  executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, out);
  return out;
}

float largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = a.size() == b.size() ? 0.0F : 1e9F;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// The sentence why a folder cannot chat; empty when it can.
QString whyNot(const Opened& folder) {
  try {
    model::checkTensors(*folder, ModelConfig::fromCheckpoint(*folder));
    return {};
  } catch (const Error& error) {
    const QString sentence = QString::fromUtf8(error.what());
    return sentence.endsWith('.') && !sentence.contains('\n') ? sentence : "not one sentence: " + sentence;
  }
}

/// What compressed-tensors says of a rotation.
Json transform(const char* location) {
  const Json apply = Json::array({{{"targets", {"re:.*down_proj$"}}, {"location", location}}});
  return {{"transform_config", {{"config_groups", {{"R4", {{"type", "hadamard"}, {"apply", apply}}}}}}}};
}

}  // namespace

class TestFolderModel : public QObject {
  Q_OBJECT

 private slots:
  void sameLogits_data() {
    QTest::addColumn<int>("which");
    int which = 0;
    for (const char* name : {"plain", "heads of their own size", "tied", "tied, with a copy", "rotary scaling",
                             "three shards", "bf16", "biases", "bare decoder", "old buffers", "mistral"})
      QTest::newRow(name) << which++;
  }
  void sameLogits() {
    QFETCH(int, which);
    support::RandomModel shape;
    support::FolderTwin options;
    if (which == 1) shape.headSize = shape.valueHeadSize = 20;
    if (which == 2 || which == 8) shape.tiedOutput = true;
    if (which == 3) options.config["tie_word_embeddings"] = true;
    if (which == 4) shape.llama3Scaling = true;
    if (which == 5) options.shards = 3;
    if (which == 6) shape.matrixType = shape.embeddingType = "bf16";
    if (which == 7) shape.biases = true;
    if (which == 8) options.prefix = "";
    if (which == 9) options.oldBuffers = true;
    if (which == 10) options.config["model_type"] = "mistral";
    Folders folders;
    const Pair pair = folders.make(shape, options);
    QCOMPARE(whyNot(pair.folder), QString());
    const std::vector<float> ours = logits(pair.folder);
    if (which == 3) {  // transformers ties whatever the file holds
      QVERIFY(largestDifference(ours, logits(pair.gguf)) > 0.1F);
      shape.absentTensors = {"output.weight"};
    }
    const std::vector<float> theirs = logits(which == 3 ? folders.make(shape, {}).gguf : pair.gguf);
    QVERIFY2(largestDifference(ours, theirs) < 2e-4F, qPrintable(QString::number(largestDifference(ours, theirs))));
    // Its parts are quantized like the file's, rows of queries and keys in another order.
    const model::Recipe nf4(quant::Scheme::parse("nf4:block=16"));
    if (which == 0) {
      QVERIFY(largestDifference(logits(pair.folder, nf4), logits(pair.gguf, nf4)) < 2e-4F);
      QVERIFY(largestDifference(logits(pair.folder, nf4), theirs) > 1e-2F);
    }
  }

  /// What happens when the order of rows, or the scaling, is missed.
  void orderMatters() {
    Folders folders;
    const Pair pair = folders.make({.llama3Scaling = true}, {});
    ModelConfig config = ModelConfig::fromCheckpoint(*pair.folder);
    QCOMPARE(config.ropePairing, model::RopePairing::Halves);
    QCOMPARE(config.ropeScaling, model::RopeScaling::Llama3);
    const Opened unscaled = folders.folder({.config = {{"rope_scaling", nullptr}}}, {.llama3Scaling = true});
    QVERIFY(largestDifference(logits(unscaled), logits(pair.gguf)) > 1e-2F);
  }

  void spellings_data() {
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<float>("base");
    QTest::addColumn<int>("scaling");
    QTest::addColumn<float>("factor");
    const auto row = [](const char* name, const Json& config, float base, model::RopeScaling scaling, float factor) {
      QTest::newRow(name) << QByteArray::fromStdString(config.dump()) << base << static_cast<int>(scaling) << factor;
    };
    using enum model::RopeScaling;
    row("none", {{"rope_theta", 5e5}}, 5e5F, None, 1);
    row("default", {{"rope_scaling", {{"rope_type", "default"}}}}, 1e4F, None, 1);
    row("linear, old", {{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}, 1e4F, Linear, 4);
    row("linear, new", {{"rope_scaling", {{"rope_type", "linear"}, {"factor", 2}}}}, 1e4F, Linear, 2);
    row("transformers 5", {{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 1e6}}}}, 1e6F, None, 1);
    row("transformers 5, scaled",
        {{"rope_parameters",
          {{"rope_type", "llama3"}, {"rope_theta", 5e5}, {"factor", 8.0}, {"original_max_position_embeddings", 64}}}},
        5e5F, Llama3, 8);
  }
  void spellings() {
    QFETCH(QByteArray, config);
    QFETCH(float, base);
    QFETCH(int, scaling);
    QFETCH(float, factor);
    Folders folders;
    Json given = Json::parse(config.toStdString());
    if (!given.contains("rope_theta") && !given.contains("rope_parameters")) given["rope_theta"] = 1e4;
    const ModelConfig read = ModelConfig::fromCheckpoint(*folders.folder({.config = given}));
    QCOMPARE(read.ropeBase, base);
    QCOMPARE(static_cast<int>(read.ropeScaling), scaling);
    if (scaling != 0) QCOMPARE(read.ropeFactor, factor);
  }

  void mistral() {
    Folders folders;
    const Json config = {{"model_type", "mistral"}, {"sliding_window", 64}};
    const Opened folder = folders.folder({.config = config});
    QCOMPARE(whyNot(folder), QString());
    QCOMPARE(ModelConfig::fromCheckpoint(*folder).slidingWindow, 64U);
    const Opened none = folders.folder({.config = {{"model_type", "mistral"}, {"sliding_window", nullptr}}});
    QCOMPARE(ModelConfig::fromCheckpoint(*none).slidingWindow, 0U);
  }

  void refusals_data() {
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const Json& config, const char* says) {
      QTest::newRow(name) << QByteArray::fromStdString(config.dump()) << says;
    };
    row("another family", {{"model_type", "bloom"}}, "is a bloom model");
    row("an article", {{"model_type", "opt"}}, "is an opt model");
    row("no type", {{"model_type", nullptr}}, "names no model_type");
    row("an activation", {{"hidden_act", "gelu"}}, "\"config.hidden_act\" set to \"gelu\"");
    row("biases of layers", {{"mlp_bias", true}}, "config.mlp_bias");
    row("half a rotation", {{"partial_rotary_factor", 0.5}}, "config.partial_rotary_factor");
    row("yarn without a factor", {{"rope_scaling", {{"rope_type", "yarn"}}}}, "needs config.rope_scaling.factor");
    row("dynamic", {{"rope_scaling", {{"type", "dynamic"}, {"factor", 4.0}}}}, "scaling of type \"dynamic\"");
    row("longrope", {{"rope_parameters", {{"rope_type", "longrope"}}}}, "config.rope_parameters.short_factor");
    row("experts", {{"num_local_experts", 8}}, "config.num_local_experts");
    row("a multiplier", {{"attention_multiplier", 0.1}}, "config.attention_multiplier");
    row("a scale of logits", {{"logits_scaling", 8.0}}, "config.logits_scaling");
    row("a soft cap", {{"final_logit_softcapping", 30.0}}, "config.final_logit_softcapping");
    row("layers that differ", {{"layer_types", {"full_attention", "sliding_attention"}}}, "config.layer_types");
    row("windows by a flag", {{"use_sliding_window", true}}, "config.use_sliding_window");
    row("windows that nobody sees", {{"layer_types", {"sliding_attention", "sliding_attention"}}},
        "config.layer_types");
    row("layers of their own rotation", {{"rope_parameters", {{"full_attention", {{"rope_type", "yarn"}}}}}},
        "config.rope_parameters.full_attention.rope_type");
    row("scaling by a name", {{"rope_scaling", "linear"}}, "\"config.rope_scaling\" set to \"linear\"");
    row("scaling by nothing", {{"rope_scaling", {{"type", "linear"}}}}, "needs config.rope_scaling.factor");
    row("scaling of no context", {{"rope_scaling", {{"rope_type", "llama3"}, {"factor", 8.0}}}},
        "needs config.rope_scaling.original_max_position_embeddings");
    row("rotated inputs", {{"quantization_config", transform("input")}},
        "transform_config.config_groups.R4.apply.0.location\" set to \"input\"");
    row("no width", {{"hidden_size", nullptr}}, "config.hidden_size");
    row("no layers", {{"num_hidden_layers", 0}}, "config.num_hidden_layers");
    row("a text for a number", {{"num_attention_heads", "six"}}, "config.num_attention_heads");
    row("heads that do not divide", {{"num_key_value_heads", 4}}, "multiple of the number of key-value heads");
    row("an odd head", {{"head_dim", 15}}, "should be even");
    row("another width", {{"hidden_size", 90}}, "shape");
    row("more layers", {{"num_hidden_layers", 3}}, "has no tensor model.layers.2");
    row("fewer layers", {{"num_hidden_layers", 1}}, "has the tensor \"model.layers.1");
  }
  void refusals() {
    QFETCH(QByteArray, config);
    QFETCH(QString, says);
    Folders folders;
    const QString sentence = whyNot(folders.folder({.config = Json::parse(config.toStdString())}));
    QVERIFY2(sentence.contains(says), qPrintable(sentence));
  }

  void harmlessKeys() {
    Folders folders;
    const Json config = {{"pretraining_tp", 1},
                         {"attention_bias", false},
                         {"mlp_bias", false},
                         {"attention_dropout", 0.0},
                         {"use_cache", true},
                         {"partial_rotary_factor", 1.0},
                         {"logits_scaling", 1.0},
                         {"hidden_act", "swish"},
                         {"layer_types", {"full_attention"}},
                         {"rope_parameters", Json::object()},
                         {"quantization_config", transform("weight_input")},
                         {"transformers_version", "5.0.0"}};
    QCOMPARE(whyNot(folders.folder({.config = config})), QString());
    QCOMPARE(whyNot(folders.folder({.config = {{"layer_types", Json::array()}}})), QString());
  }

  /// A decoder without its head, which config.json does not replace by the embedding, computes no logits.
  void headIsMissing() {
    Folders folders;
    const support::RandomModel shape{.tiedOutput = true};
    const QString why = whyNot(folders.folder({.config = {{"tie_word_embeddings", false}}}, shape));
    QVERIFY2(why.contains("has no tensor lm_head.weight"), qPrintable(why));
    QCOMPARE(whyNot(folders.folder({.config = {{"tie_word_embeddings", nullptr}}}, shape)), QString());
  }

  /// Of a packed weight that cannot be read the reason is told, whichever of its tensors comes first in the file.
  void packedWeightsSayWhy() {
    const QString why = whyNot(io::openCheckpoint(QS_TEST_DATA "/packed/damaged/bnb_nf4_absmax_short"));
    QVERIFY2(why.contains("cannot become weights: its .absmax has"), qPrintable(why));
  }

  /// One of zeros, which quantizers add, is none ("old buffers" above); any other would be left out in silence.
  void biasesOfLayersAreRefused() {
    Folders folders;
    const QString why = whyNot(folders.folder({}, {.extraTensors = {"model.layers.0.mlp.down_proj.bias"}}));
    QVERIFY2(why.contains("\"model.layers.0.mlp.down_proj.bias\""), qPrintable(why));
  }

  /// An importance matrix in either program's names serves both.
  void importanceUnderEitherName() {
    for (const auto& [known, asked] : {std::pair("blk.1.attn_q.weight", "model.layers.1.self_attn.q_proj.weight"),
                                       std::pair("model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight")}) {
      io::ImportanceMatrix matrix;
      matrix.entries.push_back({known, {1.0F, 4.0F}, {2.0F}});
      calibrate::MatrixCalibration calibration(matrix, "m.gguf");
      const auto found = calibration.of(asked, quant::CalibrationNeed::Importance, JobContext());
      QVERIFY(found != nullptr);
      QCOMPARE(found->importance, (std::vector<float>{0.5F, 2.0F}));
      QVERIFY(calibration.of("blk.0.attn_q.weight", quant::CalibrationNeed::Importance, JobContext()) == nullptr);
    }
  }

  void generationDefaults() {
    Folders folders;
    const auto of = [&](const std::string& text) {
      return model::generationDefaultsOf(*folders.folder({.files = {{"generation_config.json", text}}}));
    };
    QVERIFY(model::generationDefaultsOf(*folders.folder({})).isEmpty());
    const auto all = of(R"({"do_sample": true, "temperature": 0.6, "top_k": 50, "top_p": 0.9, "min_p": 0.1,
                            "repetition_penalty": 1.1, "max_new_tokens": 99, "eos_token_id": [1, 2]})");
    const auto options = all.applied({});
    QCOMPARE(options.sampling.temperature, 0.6F);
    QCOMPARE(options.sampling.topK, 50U);
    QCOMPARE(options.sampling.topP, 0.9F);
    QCOMPARE(options.sampling.minP, 0.1F);
    QCOMPARE(options.sampling.repetitionPenalty, 1.1F);
    QCOMPARE(options.maxTokens, 99U);
    QCOMPARE(of(R"({"do_sample": false, "temperature": 0.6})").applied({}).sampling.temperature, 0.0F);
    QCOMPARE(of(R"({"temperature": null})").applied({}).sampling.temperature, model::SamplingOptions().temperature);
    for (const char* bad :
         {R"({"temperature": -1})", R"({"top_p": 0})", R"({"top_p": 1.5})", R"({"top_k": -4})",
          R"({"do_sample": "yes"})", R"({"max_new_tokens": 0})", R"({"repetition_penalty": 0.5})", "{"}) {
      const QString sentence = ModelFolder::refused([&] { of(bad); }, ErrorCode::InvalidFile);
      QVERIFY2(sentence.contains("generation"), qPrintable(sentence));
    }
  }
};

QTEST_GUILESS_MAIN(TestFolderModel)
#include "tst_folder_model.moc"
