// Adapters that were trained here, written in both formats over files and folders, read again and added to the model:
// the same logits; names, order of rows and settings as others write them.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/planned_weights.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/recipe/recipe_text.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "core/train/lora/adapter_writer.h"
#include "support/folder_twin.h"
#include "support/random_blocks.h"
#include "support/random_model.h"

using namespace core;
using model::Recipe;
using train::LoraModel;

namespace {

namespace fs = std::filesystem;

std::shared_ptr<const model::OtherModel> opened(const fs::path& path, double percent = 100) {
  return std::make_shared<model::OtherModel>(model::Adapter::read(io::openCheckpoint(path), percent), path.string(),
                                             "tuned");
}

Recipe beside(const char* scheme, std::shared_ptr<const model::OtherModel> adapter) {
  Recipe recipe;
  if (*scheme != '\0') recipe = Recipe(quant::Scheme::parse(scheme));
  recipe.adapter = std::move(adapter);
  return recipe;
}

std::vector<float> logitsOf(const model::Graph& graph) {
  const auto executor = model::createCpuExecutor(graph);
  const std::vector<model::TokenId> tokens = {3, 90, 17, 4, 55, 120, 8};
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), model::KvType::F32);
  std::vector<float> logits(tokens.size() * graph.vocabulary());
  executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
  return logits;
}

/// The largest distance as a share of the largest value.
double apart(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0, largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    largest = std::max(largest, std::abs(static_cast<double>(b[i])));
  }
  return most / largest;
}

}  // namespace

class TestAdapterWriter : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  fs::path path(const char* name) const { return m_folder.filePath(QLatin1String(name)).toStdString(); }
  std::shared_ptr<const io::Checkpoint> m_file, m_twin;

  static model::Graph graph(const std::shared_ptr<const io::Checkpoint>& open, const Recipe& recipe) {
    const auto config = model::ModelConfig::fromCheckpoint(*open);
    return model::buildGraph(config, model::WeightLibrary(open).load(config, recipe));
  }
  /// One whose factors are not 0.
  static std::unique_ptr<LoraModel> trained(const std::shared_ptr<const io::Checkpoint>& open, const char* scheme,
                                            const train::LoraSettings& settings) {
    auto lora = std::make_unique<LoraModel>(graph(open, beside(scheme, nullptr)), settings);
    support::RandomNumbers random(4);
    for (const train::LoraPair& pair : lora->pairs())
      for (float& value : lora->parameters()[pair.b].values) value = static_cast<float>(0.1 * random.bell());
    lora->prepare(JobContext());
    return lora;
  }

 private Q_SLOTS:
  void initTestCase() {
    support::writeRandomModel({.biases = true}, path("model.gguf"));
    m_file = io::openCheckpoint(path("model.gguf"));
    support::FolderTwinWriter(*m_file, {}).write(path("twin"));
    m_twin = io::openCheckpoint(path("twin"));
  }

  void whatIsReadIsWhatWasTrained_data() {
    QTest::addColumn<bool>("overFolder");
    QTest::addColumn<bool>("isGguf");
    QTest::addColumn<bool>("isBf16");
    QTest::addColumn<QByteArray>("scheme");
    QTest::newRow("PEFT over a GGUF file") << false << false << false << QByteArray("nf4:double=on");
    QTest::newRow("GGUF over a GGUF file") << false << true << false << QByteArray("");
    QTest::newRow("PEFT over a folder") << true << false << false << QByteArray("");
    QTest::newRow("GGUF over a folder") << true << true << false << QByteArray("nf4");
    QTest::newRow("PEFT in BF16") << false << false << true << QByteArray("");
    QTest::newRow("GGUF in BF16") << true << true << true << QByteArray("");
  }
  void whatIsReadIsWhatWasTrained() {
    QFETCH(bool, overFolder);
    QFETCH(bool, isGguf);
    QFETCH(bool, isBf16);
    QFETCH(QByteArray, scheme);
    const auto& open = overFolder ? m_twin : m_file;
    const auto lora = trained(open, scheme.constData(), {.rank = 5, .alpha = 12.0, .isBf16 = isBf16});
    const fs::path place = path(QTest::currentDataTag());
    (isGguf ? train::writeGgufAdapter : train::writePeftAdapter)(train::newAdapter(*lora, "facts"), *open, place, {});
    const auto base = logitsOf(graph(open, beside(scheme.constData(), nullptr)));
    const auto expected = logitsOf(lora->graph());
    QVERIFY(apart(base, expected) > 0.05);
    const auto adapter = opened(place);
    QCOMPARE(adapter->adapter()->pairs().size(), lora->pairs().size());
    // The same numbers in the same sums; products with BF16 are summed in another order.
    const auto found = logitsOf(graph(open, beside(scheme.constData(), adapter)));
    if (isBf16)
      QVERIFY(apart(found, expected) < 1e-5);
    else
      QCOMPARE(found, expected);
    // The other twin has its rows in the other order, and the same adapter.
    const auto& other = overFolder ? m_file : m_twin;
    if (scheme.isEmpty()) QVERIFY(apart(logitsOf(graph(other, beside("", adapter))), expected) < 1e-5);
    QCOMPARE(logitsOf(graph(open, beside(scheme.constData(), opened(place, 0)))), base);
  }

  void bothFormatsMergeToTheSameMatrices() {
    const auto lora = trained(m_file, "", {.rank = 4, .alpha = 8.0});
    const auto adapter = train::newAdapter(*lora, "facts");
    train::writePeftAdapter(adapter, *m_file, path("merged"));
    train::writeGgufAdapter(adapter, *m_file, path("merged.gguf"));
    const auto one = model::fitAdapter(*opened(path("merged"))->adapter(), *m_file),
               two = model::fitAdapter(*opened(path("merged.gguf"))->adapter(), *m_file);
    QCOMPARE(one.size(), std::size_t{14});
    QCOMPARE(two.size(), one.size());
    for (const auto& matrix : one) {
      const auto same = std::ranges::find(two, matrix->tensor, &model::AdaptedMatrix::tensor);
      QVERIFY(same != two.end());
      const auto sum = quant::dequantize(*model::mergeAdapter(*matrix));
      QCOMPARE(quant::dequantize(*model::mergeAdapter(**same)), sum);
      const auto pair = std::ranges::find(lora->pairs(), matrix->info().name, &train::LoraPair::target);
      const auto &a = lora->parameters()[pair->a].values, &b = lora->parameters()[pair->b].values;
      const auto stored = quant::dequantize(*quant::loadTensor(*m_file, matrix->tensor));
      for (std::size_t i = 0; i < sum.size(); ++i) {
        double expected = static_cast<double>(stored[i]);
        for (std::size_t k = 0; k < 4; ++k)
          expected +=
              2.0 * static_cast<double>(b[i / pair->in * 4 + k]) * static_cast<double>(a[k * pair->in + i % pair->in]);
        QVERIFY(std::abs(static_cast<double>(sum[i]) - expected) < 1e-5);
      }
    }
  }

  void namesAndSettingsAreTheOthers() {
    const auto lora = trained(m_file, "", {.rank = 4, .alpha = 6.5, .dropout = 0.05, .targets = {"attn_q", "ffn_up"}});
    const auto adapter = train::newAdapter(*lora, "ten facts");
    train::writePeftAdapter(adapter, *m_file, path("names"));
    train::writeGgufAdapter(adapter, *m_file, path("names.gguf"));
    const auto namesOf = [](const io::Checkpoint& file) {
      std::vector<std::string> names;
      for (const auto& tensor : file.tensors()) names.push_back(tensor.name + ' ' + tensor.shape.toString());
      std::ranges::sort(names);
      return names;
    };
    const auto peft = namesOf(*io::openCheckpoint(path("names")));
    QCOMPARE(peft.size(), std::size_t{8});
    QCOMPARE(peft.front(),
             "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight " + tensor::Shape({4, 96}).toString());
    QCOMPARE(peft.back(),
             "base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight " + tensor::Shape({96, 4}).toString());
    const auto gguf = io::openCheckpoint(path("names.gguf"));
    QCOMPARE(namesOf(*gguf).front(), "blk.0.attn_q.weight.lora_a " + tensor::Shape({4, 96}).toString());
    QCOMPARE(gguf->metadata().string("general.type").value_or(""), std::string("adapter"));
    QCOMPARE(gguf->metadata().string("general.architecture").value_or(""), std::string("llama"));
    QCOMPARE(gguf->metadata().string("adapter.type").value_or(""), std::string("lora"));
    QCOMPARE(gguf->metadata().number("adapter.lora.alpha").value_or(0), 6.5);
    std::ifstream file(path("names") / "adapter_config.json");
    const auto settings = nlohmann::json::parse(file);
    QCOMPARE(settings["peft_type"], nlohmann::json("LORA"));
    QCOMPARE(settings["r"], nlohmann::json(4));
    QCOMPARE(settings["lora_alpha"], nlohmann::json(6.5));
    QCOMPARE(settings["lora_dropout"], nlohmann::json(0.05));
    QCOMPARE(settings["target_modules"], (nlohmann::json{"q_proj", "up_proj"}));
  }

  // Half a rotation of rows would be invisible in the tests above only if reader and writer had the same mistake.
  void rowsOfHeadsGoToHalves() {
    const auto lora = trained(m_file, "", {.rank = 2, .targets = {"attn_q"}});
    train::writePeftAdapter(train::newAdapter(*lora, "rows"), *m_file, path("rows"));
    const auto file = io::openCheckpoint(path("rows"));
    const auto written =
        quant::dequantize(*quant::loadTensor(*file, "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"));
    const auto& b = lora->parameters()[lora->pairs()[0].b].values;
    constexpr std::size_t kHead = 16;  // rows: GGUF's pairs 2i, 2i + 1 are Hugging Face's i, i + 8
    for (std::size_t row = 0; row < 96; ++row) {
      const std::size_t in = row % kHead, there = row - in + (in % 2 == 0 ? in / 2 : in / 2 + kHead / 2);
      QCOMPARE(written[2 * there], b[2 * row]);
      QCOMPARE(written[2 * there + 1], b[2 * row + 1]);
    }
  }

  void whatExistsIsNotWrittenOver() {
    const auto lora = trained(m_file, "", {.rank = 2, .targets = {"attn_q"}});
    const auto adapter = train::newAdapter(*lora, "again");
    train::writePeftAdapter(adapter, *m_file, path("once"));
    QVERIFY_EXCEPTION_THROWN(train::writePeftAdapter(adapter, *m_file, path("once")), Error);
    QVERIFY_EXCEPTION_THROWN(train::writeGgufAdapter(adapter, *m_file, path("model.gguf"), io::InputFiles(*m_file)),
                             Error);
    QVERIFY(io::openCheckpoint(path("model.gguf"))->find("token_embd.weight"));
  }
};

QTEST_GUILESS_MAIN(TestAdapterWriter)
#include "tst_adapter_writer.moc"
