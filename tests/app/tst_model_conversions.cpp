// Every architecture from a folder to a GGUF file and back: the same logits, and the settings that files made by others
// (tests/data/architectures) have.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <fstream>

#include "app/session/quantize_model.h"
#include "core/base/error.h"
#include "core/io/safetensors_writer.h"
#include "core/model/architectures/architecture.h"
#include "core/model/executor.h"
#include "core/model/recipe/recipe_text.h"
#include "core/model/weights.h"
#include "support/architectures.h"

using namespace core;
namespace fs = std::filesystem;

class TestModelConversions : public QObject {
  Q_OBJECT

  using Json = nlohmann::json;

  static std::vector<float> logitsOf(const fs::path& path, const model::Recipe& recipe = {}) {
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto tokens = support::architectureTokens();
    const auto executor =
        model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, recipe)));
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(tokens.size() * config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
    return logits;
  }

  fs::path place(const char* name) const { return m_folder.filePath(QLatin1String(name)).toStdString(); }

  /// The model in the other form. @return where
  fs::path converted(const fs::path& from, const model::Recipe& recipe = quant::Scheme::parse("fp32"),
                     quant::FolderLayout folder = quant::FolderLayout::Plain) const {
    const auto source = io::openCheckpoint(from);
    const bool toGguf = source->format() != io::FileFormat::Gguf;
    const fs::path to = place(toGguf ? "made.gguf" : "made");
    app::QuantizeTarget target(to);
    if (!toGguf) target.layout = folder;
    app::writeModel(*source, recipe, target, JobContext());
    return to;
  }

  static QString sentence(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return QString::fromUtf8(error.what());
    }
    return {};
  }

  /// A copy of a folder of the golden models with other settings.
  fs::path changed(const QString& name, const QByteArray& change) const {
    const fs::path from = support::kArchitectures / (name.toStdString() + "-folder"), to = place("changed");
    fs::create_directory(to);
    fs::copy(from / "model.safetensors", to / "model.safetensors");
    auto config = support::readJson(from / "config.json");
    config.merge_patch(Json::parse(change.toStdString()));
    std::ofstream(to / "config.json") << config;
    return to;
  }

  static bool isSame(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number())
      return std::abs(a.get<double>() - b.get<double>()) <= 1e-6 * std::abs(a.get<double>());
    if (a.is_array() && b.is_array()) return std::ranges::equal(a, b, isSame);
    return a == b;
  }

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void cleanup() {
    for (const char* name : {"made", "made.gguf", "changed"}) fs::remove_all(place(name));
  }

  void logitsStayTheSame_data() { support::addArchitectureRows(); }
  void logitsStayTheSame() {
    QFETCH(QString, path);
    QFETCH(QString, name);
    const fs::path from = support::kArchitectures / path.toStdString();
    const auto theirs = support::architectureLogits(name), before = logitsOf(from), after = logitsOf(converted(from));
    const std::size_t vocabulary = theirs.size() / support::architectureTokens().size();
    QVERIFY2(support::worstDivergence(theirs, after, vocabulary) <= support::kDivergenceLimit, qPrintable(path));
    // Norms as differences from 1 and logarithms are rounded once more, which this one's experts feel.
    const double limit = name == "qwen35moe" ? 4e-9 : 1e-10,
                 changed = support::worstDivergence(before, after, vocabulary);
    QVERIFY2(changed <= limit, qPrintable(QString::number(changed)));
  }

  // What tests/peer/architecture_models.py writes is what llama.cpp and transformers ask for.
  void settingsAreThoseOthersWrite_data() { support::addArchitectureRows(); }
  void settingsAreThoseOthersWrite() {
    QFETCH(QString, path);
    QFETCH(QString, name);
    const fs::path from = support::kArchitectures / path.toStdString(), made = converted(from);
    // It is written as newer files are, with keys and values made apart.
    if (name == "deepseek2_old" && made.extension() == ".gguf") return;
    if (made.extension() != ".gguf") {
      const Json config = support::readJson(made / "config.json");
      const auto wanted = support::readJson(support::kArchitectures / (name.toStdString() + "-folder") / "config.json");
      for (const auto& [key, value] : wanted.items()) {
        const Json found = config.value(key, Json());
        if (!value.is_object()) {
          QVERIFY2(isSame(value, found), qPrintable(QString::fromStdString(key + ": " + found.dump())));
          continue;
        }
        for (const auto& [inside, number] : value.items())
          QVERIFY2(isSame(number, found.value(inside, Json())), inside.c_str());
      }
      return;
    }
    const auto found = io::openCheckpoint(made),
               wanted = io::openCheckpoint(support::kArchitectures / (name.toStdString() + ".gguf"));
    for (const auto& entry : wanted->metadata().entries()) {
      if (entry.key.starts_with("tokenizer.")) continue;   // they have none
      if (entry.key == "mamba2.context_length") continue;  // its folders do not say it
      const auto* const value = found->metadata().find(entry.key);
      QVERIFY2(value != nullptr, entry.key.c_str());
      QCOMPARE(io::toDisplayText(*value), io::toDisplayText(entry.value));
    }
  }

  // transformers finds its class by model_type, other programs by "architectures".
  void everyTypeHasItsClass() {
    for (const model::Architecture* const architecture : model::architectures())
      QVERIFY2(!architecture->folderClasses.empty() &&
                   architecture->folderClasses.size() <= architecture->huggingFace.size(),
               std::string(architecture->gguf.front()).c_str());
  }

  // Norms of Gemma are stored as differences from 1 in folders alone.
  void normsAreRaised() {
    const auto folder = io::openCheckpoint(support::kArchitectures / "gemma3-folder");
    const auto file =
        io::openCheckpoint(converted(support::kArchitectures / "gemma3-folder", quant::Scheme::parse("fp16")));
    const auto there = folder->view("model.norm.weight").bytes, here = file->view("output_norm.weight").bytes;
    const std::span from(reinterpret_cast<const float*>(there.data()), there.size() / 4),
        to(reinterpret_cast<const float*>(here.data()), here.size() / 4);
    QCOMPARE(to.size(), from.size());
    for (std::size_t i = 0; i < from.size(); ++i) QCOMPARE(to[i], from[i] + 1.0F);
  }

  // Of a model for text and pictures the file has the language model, and that is said.
  void towersAreLeftOut() {
    const auto source = io::openCheckpoint(support::kArchitectures / "gemma3-folder");
    const fs::path both = place("changed");
    fs::create_directory(both);
    {
      io::SafetensorsWriter writer(both / "model.safetensors");
      for (const auto& tensor : source->tensors())
        writer.declareTensor("language_model." + tensor.name, tensor.dtype, tensor.shape);
      writer.declareTensor("vision_tower.embeddings.weight", tensor::DType::F32, {2, 3});
      for (std::size_t i = 0; i < source->tensors().size(); ++i) writer.append(source->view(i).bytes);
      writer.append(std::vector<std::byte>(24));
      writer.finish();
    }
    std::ofstream(both / "config.json") << Json{
        {"model_type", "gemma3"},
        {"text_config", support::readJson(support::kArchitectures / "gemma3-folder" / "config.json")}};
    const auto written =
        app::writeModel(*io::openCheckpoint(both), quant::Scheme::parse("fp32"), {place("made.gguf")}, JobContext());
    QVERIFY(std::ranges::any_of(written.notes, [](const std::string& note) {
      return note.find("pictures or sound is left out (a tensor)") != std::string::npos;
    }));
    const auto theirs = support::architectureLogits(QStringLiteral("gemma3"));
    QVERIFY(support::worstDivergence(theirs, logitsOf(place("made.gguf")),
                                     theirs.size() / support::architectureTokens().size()) <=
            support::kDivergenceLimit);
  }

  // A stack of experts is packed as the matrices that a folder has of them, and what was packed lies in one stack.
  void expertsArePackedOneByOne_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("expert");
    QTest::newRow("a stack of each") << "qwen3moe.gguf"
                                     << "model.layers.1.mlp.experts.3.up_proj.weight";
    // Unpacked, their folder has stacks.
    QTest::newRow("Qwen 3.5") << "qwen35moe.gguf"
                              << "model.layers.1.mlp.experts.3.up_proj.weight";
    QTest::newRow("gate and up in one") << "qwen35moe_turned.gguf"
                                        << "model.layers.1.mlp.experts.3.gate_proj.weight";
  }
  void expertsArePackedOneByOne() {
    QFETCH(QString, model);
    QFETCH(QString, expert);
    const fs::path source = support::kArchitectures / model.toStdString();
    const model::Recipe recipe = model::parseRecipe("base = fp32\nexps=nf4", "test");
    const auto wanted = logitsOf(source, recipe);
    const std::size_t vocabulary = wanted.size() / support::architectureTokens().size();
    const fs::path folder = converted(source, recipe, quant::FolderLayout::Bitsandbytes);
    const auto packed = io::openCheckpoint(folder);
    const auto found = packed->find(expert.toStdString());
    QVERIFY(found && packed->tensors()[*found].assembly == io::Assembly::Bitsandbytes4);
    QVERIFY(support::worstDivergence(wanted, logitsOf(folder), vocabulary) <= 1e-9);
    fs::rename(folder, place("changed"));
    const fs::path file = converted(place("changed"));
    QVERIFY(support::worstDivergence(wanted, logitsOf(file), vocabulary) <= 1e-9);
  }

  // Stacks are as transformers and llama.cpp's converter have them, whatever the other file had.
  void stacksAreThoseOthersWrite_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("there");
    const auto row = [](const char* model, const char* there) {
      QTest::newRow(model) << QString(model) << QString(there);
    };
    row("qwen35moe.gguf", "model.layers.1.mlp.experts.gate_up_proj");
    row("qwen35moe_turned.gguf", "model.layers.1.mlp.experts.gate_up_proj");
    row("qwen35moe-folder", "blk.1.ffn_gate_exps.weight");
    row("qwen35moe_turned-folder", "blk.1.ffn_gate_exps.weight");
    row("granitehybrid_moe.gguf", "model.layers.0.block_sparse_moe.input_linear.weight");
    row("granitehybrid_moe-folder", "blk.1.ffn_up_shexp.weight");
    row("gemma4_moe-folder", "blk.1.ffn_gate_up_exps.weight");
    row("gemma4_moe.gguf", "model.layers.1.experts.gate_up_proj");
  }
  void stacksAreThoseOthersWrite() {
    QFETCH(QString, model);
    QFETCH(QString, there);
    QVERIFY(io::openCheckpoint(converted(support::kArchitectures / model.toStdString()))->find(there.toStdString()));
  }

  // What is one tensor there is stored in one way.
  void oneTensorHasOneType_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("recipe");
    QTest::newRow("experts") << "qwen3moe-folder"
                             << "base = fp32\nexperts.3.up_proj=fp16";
    QTest::newRow("gate and up") << "granitehybrid.gguf"
                                 << "base = fp32\nffn_up=fp16";
    QTest::newRow("gate and up of experts") << "granitemoe_shared.gguf"
                                            << "base = fp32\nffn_up_exps=fp16";
  }
  void oneTensorHasOneType() {
    QFETCH(QString, model);
    QFETCH(QString, recipe);
    const auto why = sentence([&] {
      converted(support::kArchitectures / model.toStdString(), model::parseRecipe(recipe.toStdString(), "test"));
    });
    QVERIFY2(why.contains("are one tensor there"), qPrintable(why));
  }

  // Programs that read GGUF files know whole bounds of Yarn alone, as every file of gpt-oss is made.
  void whatDiffersALittleIsSaid() {
    const fs::path source = changed(QStringLiteral("gptoss"), R"({"rope_scaling": {"truncate": false}})");
    const auto written =
        app::writeModel(*io::openCheckpoint(source), quant::Scheme::parse("fp32"), {place("made.gguf")}, JobContext());
    QVERIFY(std::ranges::any_of(
        written.notes, [](const std::string& note) { return note.find("bounds of Yarn") != std::string::npos; }));
  }

  // What the other kind of file has no words for is not left out.
  void whatCannotBeSaidIsRefused_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("change");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* change, const char* says) {
      QTest::addRow("%s %s", name, change) << QString(name) << QByteArray(change) << QString(says);
    };
    row("gemma3", R"({"query_pre_attn_scalar": 100})", "config.query_pre_attn_scalar is 100");
    row("smollm3", R"({"no_rope_layers": [1, 0, 1, 0, 1]})", "config.no_rope_layers");
    row("qwen3", R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "original_max_position_embeddings": 64}})",
        "config.rope_scaling");
    row("qwen3moe", R"({"norm_topk_prob": false})", "config.norm_topk_prob is false");
    row("gptoss", R"({"layer_types": ["full_attention", "full_attention", "full_attention"]})", "config.layer_types");
    row("mistral3", R"({"rope_parameters": {"rope_type": "default", "type": "default"}})",
        "attention.temperature_scale");
    row("deepseek2", R"({"rope_scaling": {"beta_fast": 16}})", "config.rope_scaling.beta_fast is 16");
    row("deepseek3", R"({"rope_interleave": false})", "config.rope_interleave is false");
  }
  void whatCannotBeSaidIsRefused() {
    QFETCH(QString, name);
    QFETCH(QByteArray, change);
    QFETCH(QString, says);
    const fs::path source = changed(name, change);
    QVERIFY(!model::whyNotRunnable(*io::openCheckpoint(source)));
    const QString why = sentence([&] { converted(source); });
    QVERIFY2(why.contains(says), qPrintable(why));
    QVERIFY(!fs::exists(place("made.gguf")));
  }

  // DeepSeek-V2 chooses among groups where its folder names another method, and its file just counts them.
  void groupsOfExpertsAreSaid() {
    const fs::path file = converted(changed(
        QStringLiteral("deepseek2"), R"({"topk_method": "group_limited_greedy", "n_group": 5, "topk_group": 2})"));
    const auto said = io::openCheckpoint(file);
    QCOMPARE(said->metadata().unsignedInteger("deepseek2.expert_group_count"), std::optional<std::uint64_t>(5));
    QCOMPARE(said->metadata().unsignedInteger("deepseek2.expert_group_used_count"), std::optional<std::uint64_t>(2));
    const Json config = support::readJson(converted(file) / "config.json");
    QVERIFY(config.value("topk_method", "") == "group_limited_greedy" &&
            config.value("model_type", "") == "deepseek_v2");
    QVERIFY(config.value("n_group", 0) == 5 && config.value("topk_group", 0) == 2);
  }

  // And what it has words for in another way is said.
  void otherSettingsAreSaid_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("change");
    const auto row = [](const char* name, const char* change) {
      QTest::addRow("%s %s", name, change) << QString(name) << QByteArray(change);
    };
    row("gemma3", R"({"final_logit_softcapping": 2.5, "rope_scaling": null, "sliding_window": 3})");
    row("gemma3", R"({"layer_types": null, "sliding_window_pattern": 3})");
    row("gemma3", R"({"layer_types": ["full_attention", "full_attention", "sliding_attention", "full_attention",
                                      "sliding_attention", "full_attention", "full_attention"]})");
    row("granite", R"({"logits_scaling": 7, "attention_multiplier": 0.015625, "embedding_multiplier": 12})");
    row("llama", R"({"model_type": "mistral", "sliding_window": 5})");
    row("llama", R"({"rope_scaling": {"rope_type": "llama3", "factor": 8, "original_max_position_embeddings": 64}})");
    row("phi3", R"({"sliding_window": 4})");
    row("deepseek3", R"({"n_group": 2, "topk_group": 1, "norm_topk_prob": false, "routed_scaling_factor": 1.5})");
    row("gemma4_moe", R"({"top_k_experts": 3})");
    row("granitemoe_shared", R"({"num_experts_per_tok": 3})");
    row("granitehybrid_moe", R"({"position_embedding_type": "rope"})");
    row("qwen35moe", R"({"rope_parameters": {"partial_rotary_factor": 1, "mrope_section": [2, 1, 1]}})");
  }
  void otherSettingsAreSaid() {
    QFETCH(QString, name);
    QFETCH(QByteArray, change);
    const fs::path source = changed(name, change);
    const auto before = logitsOf(source);
    const std::size_t vocabulary = before.size() / support::architectureTokens().size();
    const fs::path file = converted(source);
    QVERIFY(support::worstDivergence(support::architectureLogits(name), before, vocabulary) > 1e-4);
    QVERIFY(support::worstDivergence(before, logitsOf(file), vocabulary) <= 1e-10);
    QVERIFY(support::worstDivergence(before, logitsOf(converted(file)), vocabulary) <= 1e-10);
  }
};

QTEST_GUILESS_MAIN(TestModelConversions)
#include "tst_model_conversions.moc"
