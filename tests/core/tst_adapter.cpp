// LoRA adapters over an open model: PEFT folders and GGUF files over files and folders, their change in float64, and
// every kind that is refused.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "core/io/gguf_writer.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/planned_weights.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "model_folder_builder.h"
#include "safetensors_builder.h"
#include "support/folder_twin.h"
#include "support/random_model.h"

using namespace core;
using model::Adapter;
using model::Recipe;
using Json = nlohmann::json;

namespace {

constexpr std::uint64_t kHeadSize = 16;  // of support::RandomModel

/// A matrix of doubles that a float holds exactly.
struct Matrix {
  std::uint64_t rows = 0, columns = 0;
  std::vector<float> values;

  static Matrix random(std::uint64_t rows, std::uint64_t columns, std::uint32_t seed) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal(0.0F, 0.3F);
    Matrix matrix{rows, columns, std::vector<float>(rows * columns)};
    for (float& value : matrix.values) value = normal(engine);
    return matrix;
  }
  double at(std::uint64_t row, std::uint64_t column) const {
    return static_cast<double>(values[row * columns + column]);
  }
  std::string bytes() const { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}; }
  /// Hugging Face's order of the rows of queries and keys turned into GGUF's: halves of a head become pairs.
  Matrix inGgufOrder() const {
    Matrix result = *this;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::uint64_t head = row / kHeadSize, in = row % kHeadSize;
      const std::uint64_t to = head * kHeadSize + (in < kHeadSize / 2 ? 2 * in : 2 * (in - kHeadSize / 2) + 1);
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                  result.values.begin() + static_cast<std::ptrdiff_t>(to * columns));
    }
    return result;
  }
};

/// One adapted matrix of the first block: names in both formats, factors in Hugging Face's order.
struct Target {
  const char *module, *gguf;
  bool hasHeads;
  Matrix a, b;
};

std::vector<Target> targets(std::uint64_t rank = 4) {
  std::vector<Target> all;
  std::uint32_t seed = 11;
  const auto add = [&](const char* module, const char* gguf, std::uint64_t rows, std::uint64_t columns, bool heads) {
    all.push_back({module, gguf, heads, Matrix::random(rank, columns, seed), Matrix::random(rows, rank, seed + 1)});
    seed += 2;
  };
  add("model.layers.0.self_attn.q_proj", "blk.0.attn_q.weight", 96, 96, true);
  add("model.layers.0.self_attn.k_proj", "blk.0.attn_k.weight", 32, 96, true);
  add("model.layers.1.self_attn.v_proj", "blk.1.attn_v.weight", 32, 96, false);
  add("model.layers.1.mlp.down_proj", "blk.1.ffn_down.weight", 96, 160, false);
  return all;
}

SafetensorsBuilder& addMatrix(SafetensorsBuilder& file, const std::string& name, const Matrix& matrix) {
  return file.data(name, "F32", {matrix.rows, matrix.columns}, matrix.bytes());
}

SafetensorsBuilder factorsOf(const std::vector<Target>& all) {
  SafetensorsBuilder file;
  for (const Target& target : all) {
    const std::string module = std::string("base_model.model.") + target.module;
    addMatrix(file, module + ".lora_A.weight", target.a);
    addMatrix(file, module + ".lora_B.weight", target.b);
  }
  return file;
}

Json plainConfig() {
  return {{"peft_type", "LORA"},
          {"r", 4},
          {"lora_alpha", 6},
          {"bias", "none"},
          {"use_dora", false},
          {"target_modules", {"q_proj", "k_proj", "v_proj", "down_proj"}},
          {"rank_pattern", Json::object()},
          {"alpha_pattern", Json::object()},
          {"modules_to_save", nullptr},
          {"init_lora_weights", true},
          {"fan_in_fan_out", false},
          {"loftq_config", Json::object()}};
}

enum class Format { Peft, Gguf };

}  // namespace

class TestAdapter : public QObject {
  Q_OBJECT

  ModelFolder m_folder;

  std::shared_ptr<const io::Checkpoint> base(const char* name, const support::RandomModel& shape = {}) {
    const auto path = m_folder.path(name);
    if (!std::filesystem::exists(path)) support::writeRandomModel(shape, path);
    return io::openCheckpoint(path);
  }
  /// The same model as transformers would keep it.
  std::shared_ptr<const io::Checkpoint> folderBase() {
    const auto path = m_folder.path("base-folder");
    if (!std::filesystem::exists(path)) support::FolderTwinWriter(*base("base.gguf"), {}).write(path);
    return io::openCheckpoint(path);
  }
  std::shared_ptr<const io::Checkpoint> peft(const std::string& name, const Json& config,
                                             const SafetensorsBuilder& factors) {
    m_folder.write(name + "/adapter_config.json", config.dump());
    m_folder.write(name + "/adapter_model.safetensors", factors.file());
    return io::openCheckpoint(m_folder.path(name));
  }
  std::shared_ptr<const io::Checkpoint> gguf(const std::string& name, const std::vector<Target>& all, float alpha,
                                             const char* architecture = "llama", const char* type = "lora") {
    const auto path = m_folder.path(name);
    io::GgufWriter writer{io::OutputFile(path.string())};
    writer.addString("general.type", "adapter");
    writer.addString("general.architecture", architecture);
    writer.addString("adapter.type", type);
    writer.addF32("adapter.lora.alpha", alpha);
    for (const Target& target : all) {
      writer.declareTensor(std::string(target.gguf) + ".lora_a", tensor::DType::F32,
                           tensor::Shape{target.a.rows, target.a.columns});
      writer.declareTensor(std::string(target.gguf) + ".lora_b", tensor::DType::F32,
                           tensor::Shape{target.b.rows, target.b.columns});
    }
    for (const Target& target : all) {
      writer.append(std::as_bytes(std::span(target.a.values)));
      const Matrix b = target.hasHeads ? target.b.inGgufOrder() : target.b;
      writer.append(std::as_bytes(std::span(b.values)));
    }
    writer.finish();
    return io::openCheckpoint(path);
  }
  static Recipe recipeOf(const std::shared_ptr<const io::Checkpoint>& checkpoint, double percent = 100) {
    return Recipe(std::make_shared<const model::OtherModel>(Adapter::read(checkpoint, percent), "PLACE", "tuned"));
  }
  /// What stands in the open model's matrix under a recipe.
  static std::vector<float> made(const io::Checkpoint& open, const Recipe& recipe, std::size_t index) {
    const auto plan = model::planRecipe(recipe, open);
    return quant::dequantize(*model::makeTensor(plan.tensors[index], quant::loadTensor(open, index)));
  }
  static std::size_t indexOf(const io::Checkpoint& open, const Target& target) {
    return *open.find(open.format() == io::FileFormat::Gguf ? std::string(target.gguf)
                                                            : std::string(target.module) + ".weight");
  }
  /// W + scale · B·A in float64, in the open model's order of rows.
  static std::vector<double> expected(const io::Checkpoint& open, const Target& target, double scale) {
    const std::vector<float> stored = quant::dequantize(*quant::loadTensor(open, indexOf(open, target)));
    const bool isMoved = target.hasHeads && open.format() == io::FileFormat::Gguf;
    const Matrix b = isMoved ? target.b.inGgufOrder() : target.b;
    std::vector<double> result(stored.begin(), stored.end());
    for (std::uint64_t row = 0; row < b.rows; ++row)
      for (std::uint64_t column = 0; column < target.a.columns; ++column) {
        double sum = 0;
        for (std::uint64_t k = 0; k < b.columns; ++k) sum += b.at(row, k) * target.a.at(k, column);
        result[row * target.a.columns + column] += scale * sum;
      }
    return result;
  }
  /// The largest distance, as a share of the largest value.
  static double apart(const std::vector<float>& found, const std::vector<double>& wanted) {
    double most = 0, largest = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      most = std::max(most, std::abs(static_cast<double>(found[i]) - wanted[i]));
      largest = std::max(largest, std::abs(wanted[i]));
    }
    return most / largest;
  }
  QString refusal(const std::function<void()>& call, ErrorCode code = ErrorCode::Unsupported) {
    return ModelFolder::refused(call, code);
  }

 private Q_SLOTS:
  void bothFormatsOverBothFormatsMakeTheSum_data() {
    QTest::addColumn<bool>("overFolder");
    QTest::addColumn<bool>("isGguf");
    QTest::newRow("PEFT over a GGUF file") << false << false;
    QTest::newRow("GGUF over a GGUF file") << false << true;
    QTest::newRow("PEFT over a folder") << true << false;
    QTest::newRow("GGUF over a folder") << true << true;
  }
  void bothFormatsOverBothFormatsMakeTheSum() {
    QFETCH(bool, overFolder);
    QFETCH(bool, isGguf);
    const auto open = overFolder ? folderBase() : base("base.gguf");
    const auto all = targets();
    const auto adapter = isGguf ? gguf("sum.gguf", all, 6) : peft("sum", plainConfig(), factorsOf(all));
    const Recipe recipe = recipeOf(adapter);
    for (const Target& target : all) {
      // Sums of four products in float32 round at 2⁻²⁴ each; a row in another order is off by about 1.
      QVERIFY2(apart(made(*open, recipe, indexOf(*open, target)), expected(*open, target, 6.0 / 4)) < 1e-6,
               target.gguf);
    }
    const auto plan = model::planRecipe(recipe, *open);
    QCOMPARE(std::ranges::count_if(plan.tensors, [](const auto& decision) { return decision.other != nullptr; }), 4);
    const auto& norm = plan.tensors[*open->find(model::TensorNames(*open).in(open->format(), "output_norm.weight"))];
    QVERIFY2(norm.kept == "tuned leaves it as it is" && norm.fate() == model::Fate::Keep, norm.kept.c_str());
  }

  // PEFT keeps factors of a Conv1D as those of any layer, and turns their product to where the matrix is stored.
  void factorsOfConv1dAreAddedAsTheyMultiply() {
    const auto open = io::openCheckpoint(std::filesystem::path(QS_TEST_DATA) / "architectures" / "gpt2-folder");
    const std::vector<Target> all = {{"transformer.h.1.attn.c_attn", "blk.1.attn_qkv.weight", false,
                                      Matrix::random(4, 24, 5), Matrix::random(72, 4, 6)}};
    for (const bool isSaid : {true, false}) {
      Json config = plainConfig();
      config["fan_in_fan_out"] = isSaid;
      config["target_modules"] = {"c_attn"};
      const Recipe recipe = recipeOf(peft(isSaid ? "turned" : "unsaid", config, factorsOf(all)));
      const io::TensorInfo& matrix = open->tensors()[indexOf(*open, all[0])];
      QCOMPARE(matrix.storedShape, (tensor::Shape{24, 72}));
      QVERIFY(apart(made(*open, recipe, indexOf(*open, all[0])), expected(*open, all[0], 6.0 / 4)) < 1e-6);
    }
  }

  void scalesAreTheSettings() {
    const auto open = base("base.gguf");
    const auto all = targets();
    const auto check = [&](const char* name, const Json& config, const std::vector<double>& scales) {
      const auto adapter = peft(name, config, factorsOf(all));
      for (std::size_t i = 0; i < all.size(); ++i)
        QVERIFY2(
            apart(made(*open, recipeOf(adapter), indexOf(*open, all[i])), expected(*open, all[i], scales[i])) < 1e-6,
            (std::string(name) + " " + all[i].gguf).c_str());
    };
    Json byRoot = plainConfig();
    byRoot["use_rslora"] = true;  // alpha / √4
    check("rslora", byRoot, {3, 3, 3, 3});
    Json patterns = plainConfig();
    patterns["alpha_pattern"] = {{"layers.1.mlp.down_proj", 2}, {R"(.*\.(q|k)_proj)", 12}, {"proj", 100}};
    patterns["rank_pattern"] = {{"v_proj", 4}};
    patterns["r"] = 4;
    check("patterns", patterns, {3, 3, 1.5, 0.5});
    const auto ggufScale = [&](const char* name, float alpha, double scale) {
      QVERIFY(apart(made(*open, recipeOf(gguf(name, all, alpha)), indexOf(*open, all[0])),
                    expected(*open, all[0], scale)) < 1e-6);
    };
    ggufScale("alpha.gguf", 10, 2.5);
    ggufScale("no-alpha.gguf", 0, 1);  // as llama.cpp takes it
  }

  void aStrengthIsAShareOfTheChange() {
    const auto open = base("base.gguf");
    const auto all = targets();
    const auto adapter = peft("strength", plainConfig(), factorsOf(all));
    const std::size_t index = indexOf(*open, all[1]);
    QVERIFY(apart(made(*open, recipeOf(adapter, 50), index), expected(*open, all[1], 0.75)) < 1e-6);
    QVERIFY(apart(made(*open, recipeOf(adapter, -100), index), expected(*open, all[1], -1.5)) < 1e-6);
    QCOMPARE(made(*open, recipeOf(adapter, 0), index), quant::dequantize(*quant::loadTensor(*open, index)));
  }

  void itsTextNamesItAndTwoStrengthsAreTwo() {
    const auto adapter = peft("text", plainConfig(), factorsOf(targets()));
    QCOMPARE(recipeOf(adapter).toString(), std::string("adapter:PLACE"));
    QCOMPARE(recipeOf(adapter, 12.5).toString(), std::string("adapter:PLACE:12.5%"));
    QVERIFY(recipeOf(adapter) == recipeOf(io::openCheckpoint(m_folder.path("text"))));
    QVERIFY(!(recipeOf(adapter) == recipeOf(adapter, 50)));
    for (const char* text : {"a/b", "a:b", "C:50", "x:%", "x:nan%", "x:5 %"}) {
      QCOMPARE(model::AdapterText::parse(text).source, std::string(text));
      QCOMPARE(model::AdapterText::parse(text).percent, 100.0);
    }
    QCOMPARE(model::AdapterText::parse("a:b:-7.5%").source, std::string("a:b"));
    QCOMPARE(model::AdapterText::parse("a:b:-7.5%").percent, -7.5);
    // Read from a text it is only remembered.
    const Recipe remembered = model::recipeFromText("adapter:some/place:50%");
    QVERIFY(remembered.otherModel() != nullptr && remembered.otherModel()->checkpoint() == nullptr);
    QCOMPARE(remembered.toString(), std::string("adapter:some/place:50%"));
    QVERIFY(refusal([&] { model::planRecipe(remembered, *base("base.gguf")); }, ErrorCode::NotFound)
                .contains("is not open"));
  }

  void sumsAreStoredAsTheModelStoresItsWeights_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("stored");
    QTest::addColumn<double>("rounding");  // half a step, as a share of the value
    QTest::newRow("F32") << "f32"
                         << "f32" << std::ldexp(1.0, -22);
    QTest::newRow("F16") << "f16"
                         << "f16" << std::ldexp(1.0, -11);
    QTest::newRow("BF16") << "bf16"
                          << "bf16" << std::ldexp(1.0, -8);
    QTest::newRow("Q8_0") << "q8_0"
                          << "f16" << std::ldexp(1.0, -11);
    QTest::newRow("Q4_0") << "q4_0"
                          << "f16" << std::ldexp(1.0, -11);
  }
  void sumsAreStoredAsTheModelStoresItsWeights() {
    QFETCH(QString, type);
    QFETCH(QString, stored);
    QFETCH(double, rounding);
    support::RandomModel shape;
    shape.matrixType = type.toStdString();
    const auto open = base(("typed-" + type + ".gguf").toLatin1().constData(), shape);
    const auto all = targets();
    const Recipe recipe = recipeOf(peft("typed", plainConfig(), factorsOf(all)));
    const auto plan = model::planRecipe(recipe, *open);
    for (const Target& target : all) {
      const std::size_t index = indexOf(*open, target);
      const auto tensor = model::makeTensor(plan.tensors[index], quant::loadTensor(*open, index));
      QCOMPARE(QString::fromLatin1(tensor::name(*tensor->dtype()).data()), stored);
      QCOMPARE(tensor->bytes(), plan.tensors[index].other->bytes);
      QCOMPARE(QString::fromStdString(plan.tensors[index].other->typeName()), stored + ", adapted");
      const std::vector<float> found = quant::dequantize(*tensor);
      const std::vector<double> wanted = expected(*open, target, 1.5);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double allowed = rounding * std::abs(wanted[i]) + 1e-6;
        QVERIFY2(std::abs(static_cast<double>(found[i]) - wanted[i]) <= allowed, target.gguf);
      }
      // One value alone is that of the whole.
      for (const std::size_t i : {std::size_t{0}, found.size() / 3, found.size() - 1})
        QVERIFY(std::abs(model::otherValue(*plan.tensors[index].other, i) - found[i]) <=
                static_cast<float>(2 * rounding) * std::abs(found[i]) + 1e-6F);
    }
    // A plan counts what loading makes.
    model::WeightLibrary library(open);
    const auto config = model::ModelConfig::fromCheckpoint(*open);
    const auto planned = model::planWeights(library, config, recipe), loaded = library.load(config, recipe);
    QCOMPARE(planned.blocks[0][model::WeightKind::Query]->shape, loaded.blocks[0][model::WeightKind::Query]->shape);
    QCOMPARE(*planned.blocks[0][model::WeightKind::Query]->dtype(),
             *loaded.blocks[0][model::WeightKind::Query]->dtype());
    // What it leaves as it is is shared with the open model.
    QCOMPARE(loaded.blocks[0][model::WeightKind::Up], library.load(config, {}).blocks[0][model::WeightKind::Up]);
  }

  void valuesBeyondFp16AreASentence() {
    support::RandomModel shape;
    shape.matrixType = "f16";
    const auto open = base("halves.gguf", shape);
    Json config = plainConfig();
    config["lora_alpha"] = 1e7;
    const auto adapter = peft("large", config, factorsOf(targets()));
    const QString said = refusal([&] { made(*open, recipeOf(adapter), *open->find("blk.0.attn_q.weight")); },
                                 ErrorCode::InvalidArgument);
    QVERIFY2(said.contains("beyond the largest of FP16"), qPrintable(said));
  }

  void settingsThatAreMoreThanFactorsAreRefused_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* change, const char* said) { QTest::newRow(change) << change << said; };
    row(R"({"peft_type":"ADALORA"})", "its peft_type is \"ADALORA\", not \"LORA\"");
    row(R"({"peft_type":null})", "its peft_type is \"\"");
    row(R"({"use_dora":true})", "it is DoRA");
    row(R"({"lora_bias":true})", "it has biases");
    row(R"({"bias":"all"})", "it changes biases, too (bias: \"all\")");
    row(R"({"modules_to_save":["lm_head"]})", "modules_to_save");
    row(R"({"layer_replication":[[0,1],[0,2]]})", "it repeats layers");
    row(R"({"trainable_token_indices":[1,2]})", "trainable_token_indices");
    row(R"({"target_parameters":["experts.gate_up_proj"]})", "target_parameters");
    row(R"({"alora_invocation_tokens":[1]})", "aLoRA");
    row(R"({"init_lora_weights":"pissa_niter_4"})", "its training began by changing the model");
    row(R"({"lora_alpha":null})", "no lora_alpha");
    row(R"({"lora_alpha":1e300})", "is multiplied by");
    row(R"({"r":8})", "have the rank 4, where its settings say 8");
    row(R"({"rank_pattern":{"k_proj":2}})",
        "\"model.layers.0.self_attn.k_proj.weight\" have the rank 4, where its settings say 2");
  }
  void settingsThatAreMoreThanFactorsAreRefused() {
    QFETCH(QString, change);
    QFETCH(QString, said);
    Json config = plainConfig();
    config.update(Json::parse(change.toStdString()));
    const auto adapter = peft("refused", config, factorsOf(targets()));
    const QString sentence = refusal([&] { Adapter::read(adapter); });
    QVERIFY2(sentence.startsWith("\"refused\" cannot be used as an adapter: ") && sentence.contains(said),
             qPrintable(sentence));
  }

  void factorsThatAreNoneAreRefused_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* kind, const char* said) { QTest::newRow(kind) << kind << said; };
    row("dora", "is of DoRA");
    row("embedding", "changes an embedding");
    row("bias", "is a bias");
    row("whole", "\"base_model.model.lm_head.weight\" is no factor of LoRA");
    row("alone", "one is missing");
    row("ranks", "have the ranks 4 and 3");
    row("vector", "where a factor is a matrix");
    row("bytes", "is no weights");
    row("none", "it has no factors");
  }
  void factorsThatAreNoneAreRefused() {
    QFETCH(QString, kind);
    QFETCH(QString, said);
    const std::string query = "base_model.model.model.layers.0.self_attn.q_proj";
    SafetensorsBuilder file;
    if (kind != "none" && kind != "ranks" && kind != "vector" && kind != "bytes") file = factorsOf(targets());
    if (kind == "dora") file.add(query + ".lora_magnitude_vector", "F32", {96});
    if (kind == "embedding") file.add("base_model.model.model.embed_tokens.lora_embedding_A", "F32", {4, 131});
    if (kind == "bias") file.add(query + ".lora_B.bias", "F32", {96});
    if (kind == "whole") file.add("base_model.model.lm_head.weight", "F32", {131, 96});
    if (kind == "alone") file.add("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight", "F32", {4, 96});
    if (kind == "ranks" || kind == "vector" || kind == "bytes") {
      const std::string type = kind == "bytes" ? "C64" : "F32";
      if (kind == "vector")
        file.add(query + ".lora_A.weight", type, {96});
      else
        file.add(query + ".lora_A.weight", type, {4, 96}, kind == "bytes" ? 8 * 4 * 96 : 0);
      file.add(query + ".lora_B.weight", "F32", {96, kind == "ranks" ? 3U : 4U});
    }
    const auto adapter = peft(kind.toStdString(), plainConfig(), file);
    const QString sentence = refusal([&] { Adapter::read(adapter); });
    QVERIFY2(sentence.contains(said), qPrintable(sentence));
  }

  void filesThatAreDamagedOrSayNothingAreRefused() {
    const auto factors = factorsOf(targets());
    m_folder.write("bare/adapter_model.safetensors", factors.file());
    QString sentence = refusal([&] { Adapter::read(io::openCheckpoint(m_folder.path("bare"))); });
    QVERIFY2(sentence.contains("adapter_config.json"), qPrintable(sentence));
    m_folder.write("broken/adapter_model.safetensors", factors.file());
    m_folder.write("broken/adapter_config.json", "{\"r\": 4");
    sentence = refusal([&] { Adapter::read(io::openCheckpoint(m_folder.path("broken"))); });
    QVERIFY2(sentence.contains("adapter_config.json"), qPrintable(sentence));
    m_folder.write("worded/adapter_model.safetensors", factors.file());
    Json config = plainConfig();
    config["lora_alpha"] = "six";
    m_folder.write("worded/adapter_config.json", config.dump());
    sentence = refusal([&] { Adapter::read(io::openCheckpoint(m_folder.path("worded"))); }, ErrorCode::InvalidFile);
    QVERIFY2(sentence.contains("lora_alpha"), qPrintable(sentence));
    // A container that is cut off does not open.
    const auto whole = factors.file().bytes();
    m_folder.write("cut/adapter_model.safetensors",
                   std::string_view(reinterpret_cast<const char*>(whole.data()), whole.size() - 100));
    QVERIFY(m_folder.refusal(m_folder.path("cut"), ErrorCode::InvalidFile).contains("bytes"));
    sentence = refusal([&] { Adapter::read(base("base.gguf")); });
    QVERIFY2(sentence.contains("it is a model"), qPrintable(sentence));
    const std::vector<Target> embedding = {
        {"", "token_embd.weight", false, Matrix::random(131, 4, 1), Matrix::random(96, 4, 2)}};
    sentence = refusal([&] { Adapter::read(gguf("embedding.gguf", embedding, 6)); });
    QVERIFY2(sentence.contains("\"token_embd.weight\" is an embedding"), qPrintable(sentence));
    sentence = refusal([&] { Adapter::read(gguf("ia3.gguf", targets(), 6, "llama", "ia3")); });
    QVERIFY2(sentence.contains("its adapter.type is \"ia3\""), qPrintable(sentence));
  }

  // What is left of an adapter beside the model it was merged into makes no adapter of that.
  void settingsAloneAreNoAdapter() {
    const auto path = m_folder.path("merged");
    support::FolderTwin options;
    options.files = {{"adapter_config.json", plainConfig().dump()}};
    support::FolderTwinWriter(*base("base.gguf"), options).write(path);
    QVERIFY(io::openCheckpoint(path)->kind() == io::ModelKind::Model);
    // Some programs keep the model's config.json beside the adapter.
    const auto adapter = peft("with-config", plainConfig(), factorsOf(targets()));
    std::filesystem::copy_file(path / "config.json", m_folder.path("with-config/config.json"));
    const auto again = io::openCheckpoint(m_folder.path("with-config"));
    QVERIFY(again->kind() == io::ModelKind::Adapter);
    QCOMPARE(Adapter::read(again)->pairs().size(), std::size_t{4});
  }

  void factorsThatAreNoNumbersAreNamed() {
    auto all = targets();
    const auto good = Adapter::read(peft("finite", plainConfig(), factorsOf(all)));
    model::requireFinite(*good);
    all[2].b.values[5] = std::numeric_limits<float>::quiet_NaN();
    const auto bad = Adapter::read(peft("nan", plainConfig(), factorsOf(all)));
    const QString sentence = refusal([&] { model::requireFinite(*bad); }, ErrorCode::InvalidFile);
    QVERIFY2(sentence.contains("v_proj.lora_B.weight\" has values that are no finite numbers"), qPrintable(sentence));
  }

  void anAdapterForAnotherModelDoesNotFit() {
    const auto adapter = Adapter::read(peft("fits", plainConfig(), factorsOf(targets())));
    const auto fits = [&](const Adapter& one, const io::Checkpoint& open) {
      return refusal([&] { model::fitAdapter(one, open); });
    };
    support::RandomModel shape;
    shape.layers = 1;
    const QString shallow = fits(*adapter, *base("shallow.gguf", shape));
    QVERIFY2(shallow.contains("it changes \"model.layers.1.mlp.down_proj.weight\", which"), qPrintable(shallow));
    shape = {};
    shape.feedForward = 192;
    const QString wide = fits(*adapter, *base("wide.gguf", shape));
    QVERIFY2(wide.contains("make [96, 160], where \"random\" has [96, 192]"), qPrintable(wide));
    const QString other = fits(*Adapter::read(gguf("qwen.gguf", targets(), 6, "qwen2")), *base("base.gguf"));
    QVERIFY2(other.contains("it is for the architecture \"qwen2\""), qPrintable(other));
    const QString elsewhere = fits(*Adapter::read(gguf("qwen.gguf", targets(), 6, "qwen2")), *folderBase());
    QVERIFY2(elsewhere.contains("it is for the architecture \"qwen2\""), qPrintable(elsewhere));
    // Where the output is the embedding, an adapter of the output has nothing to change.
    shape = {};
    shape.tiedOutput = true;
    SafetensorsBuilder head;
    head.add("base_model.model.lm_head.lora_A.weight", "F32", {4, 96});
    head.add("base_model.model.lm_head.lora_B.weight", "F32", {131, 4});
    const auto ofOutput = Adapter::read(peft("head", plainConfig(), head));
    const QString tied = fits(*ofOutput, *base("tied.gguf", shape));
    QVERIFY2(tied.contains("it changes \"lm_head.weight\", which"), qPrintable(tied));
    QCOMPARE(model::fitAdapter(*ofOutput, *base("base.gguf")).size(), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(TestAdapter)
#include "tst_adapter.moc"
