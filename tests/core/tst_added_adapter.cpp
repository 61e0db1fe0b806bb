// A recipe with an adapter that is added while it runs: its text, its plan, what is loaded, shown and planned.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/model/planned_weights.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/recipe/recipe_text.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "support/adapter_folder.h"
#include "support/random_model.h"

using namespace core;
using model::Recipe;

class TestAddedAdapter : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  std::shared_ptr<const io::Checkpoint> m_open;
  std::size_t m_query = 0;  ///< "blk.0.attn_q.weight", which is adapted

  std::filesystem::path path(const char* name) const { return m_folder.filePath(QLatin1String(name)).toStdString(); }
  std::shared_ptr<const model::OtherModel> adapter(double percent = 100) const {
    return std::make_shared<model::OtherModel>(model::Adapter::read(io::openCheckpoint(path("tuned")), percent),
                                               "PLACE", "tuned");
  }
  Recipe recipe(const char* text, double percent = 100) const {
    Recipe result = *model::recipeByName(text);
    result.adapter = adapter(percent);
    return result;
  }
  quant::QuantizedTensorPtr made(const Recipe& recipe) const {
    return model::makeTensor(model::planRecipe(recipe, *m_open).tensors[m_query], quant::loadTensor(*m_open, m_query));
  }

 private Q_SLOTS:
  void initTestCase() {
    support::writeRandomModel({.matrixType = "bf16"}, path("model.gguf"));
    m_open = io::openCheckpoint(path("model.gguf"));
    m_query = *m_open->find("blk.0.attn_q.weight");
    support::writeAdapterFolder(
        path("tuned"), {{"model.layers.0.self_attn.q_proj", 96, 96}, {"model.layers.1.mlp.up_proj", 160, 96}}, 0.2F);
  }

  void itsTextIsTheBaseAndTheAdapter_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"nf4+adapter:a/b", "nf4:block=128,double=on+adapter:a b:50%", "Q4_K_M+adapter:x.gguf",
                             "model:m.gguf+adapter:x:150%", "adapter:y:25%+adapter:x"})
      QTest::newRow(text) << text;
  }
  void itsTextIsTheBaseAndTheAdapter() {
    QFETCH(QString, text);
    const auto named = model::recipeByName(text.toStdString());
    QVERIFY(named && named->adapter != nullptr && named->adapter->checkpoint() == nullptr);
    QCOMPARE(QString::fromStdString(named->toString()), text);
    QVERIFY(named->namesFiles() && named->asScheme() == nullptr && !named->keepsEverything());
    QCOMPARE(model::recipeFromText(model::textOf(*named)), *named);
    Recipe file = *named;
    file.rules.push_back(model::parseRecipeRule("attn_v=q6_k"));
    QCOMPARE(QString::fromStdString(file.toString()), text + ", attn_v=q6_k");
    QCOMPARE(model::parseRecipe(model::formatRecipe(file), "kept").toString(), file.toString());
  }

  void storedIsABase() {
    const Recipe stored = *model::recipeByName("stored+adapter:x");
    QCOMPARE(stored.base.index(), std::size_t{0});
    QCOMPARE(stored.toString(), std::string("stored+adapter:x"));
    QCOMPARE(model::recipeFromText(model::textOf(stored)), stored);
    QVERIFY(!model::recipeByName("nothing+adapter:x"));
    QVERIFY(!(stored == Recipe()));
    QVERIFY(recipe("nf4") == recipe("nf4"));
    QVERIFY(!(recipe("nf4") == recipe("nf4", 50)) && !(recipe("nf4") == Recipe(quant::Scheme::parse("nf4"))));
    QCOMPARE(QString::fromStdString(recipe("nf4").displayName()), QString("NF4 · 64 + tuned"));
    QCOMPARE(QString::fromStdString(recipe("stored+adapter:x").displayName()), QString("stored + tuned"));
  }

  void thePlanSaysBoth() {
    const auto plan = model::planRecipe(recipe("nf4"), *m_open);
    const model::TensorDecision& query = plan.tensors[m_query];
    QVERIFY(query.other && query.other->adapted && !query.scheme && query.fate() == model::Fate::Quantize);
    QCOMPARE(query.rule, std::string("tuned is added"));
    QCOMPARE(query.other->typeName(), std::string("nf4 + adapter"));
    QVERIFY(query.running().scheme == quant::Scheme::parse("nf4"));
    // 96 × 96 codes of 4 bits with a float for every 64; factors of rank 4 in FP32.
    QCOMPARE(query.other->bytes, std::uint64_t{96 * 96 / 2 + 96 * 96 / 64 * 4 + 2 * 96 * 4 * 4});
    const std::size_t key = *m_open->find("blk.0.attn_k.weight");
    QVERIFY(plan.tensors[key].scheme && !plan.tensors[key].other);
    QCOMPARE(&plan.tensors[key].running(), &plan.tensors[key]);
    QCOMPARE(model::calibrationNeed(model::planRecipe(recipe("int4:method=awq"), *m_open)),
             quant::calibrationNeed(quant::Scheme::parse("int4:method=awq")));
    const auto stored = model::planRecipe(recipe("stored+adapter:x"), *m_open);
    QCOMPARE(stored.tensors[m_query].other->typeName(), std::string("bf16 + adapter"));
    QVERIFY(stored.tensors[m_query].other->identity() != query.other->identity());
  }

  // What is looked at is the sum of what runs.
  void whatIsShownIsTheSum() {
    for (const double percent : {100.0, 37.5, 200.0, -100.0}) {
      const auto base =
          quant::dequantize(*quant::quantize(quant::Scheme::parse("nf4"), *quant::loadTensor(*m_open, m_query)));
      const auto merged = made(recipe("nf4", percent));
      QCOMPARE(*merged->dtype(), tensor::DType::F32);
      const auto sum = quant::dequantize(*merged);
      const auto loaded =
          model::WeightLibrary(m_open).load(model::ModelConfig::fromCheckpoint(*m_open), recipe("nf4", percent));
      QCOMPARE(loaded.adapters.size(), std::size_t{2});
      const auto& pair = loaded.adapters.front();
      QCOMPARE(pair.target, std::string("blk.0.attn_q.weight"));
      const auto a = quant::dequantize(*pair.a), b = quant::dequantize(*pair.b);  // with its factor
      QVERIFY(std::abs(static_cast<double>(pair.b->factor) - 2.0 * percent / 100) < 1e-6);
      for (std::size_t i = 0; i < sum.size(); ++i) {
        double expected = static_cast<double>(base[i]);
        for (std::size_t k = 0; k < 4; ++k)
          expected += static_cast<double>(b[i / 96 * 4 + k]) * static_cast<double>(a[k * 96 + i % 96]);
        QVERIFY(std::abs(static_cast<double>(sum[i]) - expected) < 1e-5);
      }
      const auto plan = model::planRecipe(recipe("nf4", percent), *m_open);
      for (const std::size_t i : {std::size_t{0}, sum.size() / 3})
        QCOMPARE(model::otherValue(*plan.tensors[m_query].other, i), sum[i]);
      QCOMPARE(quant::dequantize(*model::loadOther(*plan.tensors[m_query].other)), sum);
    }
  }

  // What takes a matrix's place is all of it: the sum, or a cause that was restored.
  void whatIsReplacedHasNoAdapterBesideIt() {
    Recipe replaced = recipe("nf4");
    const auto sum = made(replaced);
    replaced.replacements["blk.0.attn_q.weight"] = sum;
    QCOMPARE(made(replaced), sum);
    const auto loaded = model::WeightLibrary(m_open).load(model::ModelConfig::fromCheckpoint(*m_open), replaced);
    QCOMPARE(loaded.adapters.size(), std::size_t{1});
    QCOMPARE(loaded.adapters.front().target, std::string("blk.1.ffn_up.weight"));
    QCOMPARE(loaded.blocks[0][model::WeightKind::Query], sum);
  }

  void theBaseIsSharedAndPlanned() {
    model::WeightLibrary library(m_open);
    const auto config = model::ModelConfig::fromCheckpoint(*m_open);
    const auto nf4 = library.load(config, Recipe(quant::Scheme::parse("nf4"))),
               half = library.load(config, recipe("nf4", 50)), whole = library.load(config, recipe("nf4"));
    QCOMPARE(half.blocks[0][model::WeightKind::Query], nf4.blocks[0][model::WeightKind::Query]);
    QCOMPARE(whole.blocks[0][model::WeightKind::Query], nf4.blocks[0][model::WeightKind::Query]);
    QCOMPARE(half.bytes(), nf4.bytes() + std::uint64_t{2 * 96 * 4 + (160 + 96) * 4} * 4);
    const auto planned = model::planWeights(library, config, recipe("nf4"));
    QCOMPARE(model::plannedWeightBytes(model::buildGraph(config, planned)),
             model::plannedWeightBytes(model::buildGraph(config, whole)));
    const model::Graph graph = model::buildGraph(config, whole);
    QVERIFY(graph.find("blk.0.attn_q") && graph.find("blk.0.attn_q_base") && graph.find("blk.0.attn_q_lora_b"));
    QCOMPARE(graph.weightBytes, whole.bytes());
  }

  void aRememberedOneIsNotOpen() {
    const Recipe remembered = *model::recipeByName("nf4+adapter:some/place");
    try {
      model::planRecipe(remembered, *m_open);
      QFAIL("It was planned.");
    } catch (const Error& error) {
      QVERIFY(error.code() == ErrorCode::NotFound);
      QVERIFY2(QString(error.what()).contains("is not open"), error.what());
    }
  }
};

QTEST_GUILESS_MAIN(TestAddedAdapter)
#include "tst_added_adapter.moc"
