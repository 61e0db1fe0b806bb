#include <QtTest>

#include <set>

#include "core/base/error.h"
#include "core/model/graph.h"
#include "core/model/recipe/recipe_text.h"
#include "core/model/value_slots.h"
#include "core/model/weight_requests.h"
#include "core/model/weights.h"
#include "support/random_model.h"

using namespace core;
using model::ModelConfig;
using model::WeightLibrary;
using Kind = model::WeightKind;

class TestModelWeights : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  std::shared_ptr<const io::Checkpoint> write(const support::RandomModel& model) {
    static int count = 0;
    const std::filesystem::path path = (m_folder.path() + QString("/%1.gguf").arg(++count)).toStdString();
    support::writeRandomModel(model, path);
    return io::openCheckpoint(path);
  }

 private slots:
  void identicalTensorsAreOneObject() {
    const auto checkpoint = write({});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    WeightLibrary library(checkpoint);
    const auto stored = library.load(config, {});
    const auto nf4 = library.load(config, quant::Scheme::parse("nf4"));
    const auto again = library.load(config, quant::Scheme::parse("nf4"));
    QCOMPARE(stored.shared[Kind::Embedding], nf4.shared[Kind::Embedding]);
    QCOMPARE(stored.blocks[1][Kind::AttentionNorm], nf4.blocks[1][Kind::AttentionNorm]);
    QCOMPARE(nf4.blocks[0][Kind::Gate], again.blocks[0][Kind::Gate]);
    QVERIFY(stored.blocks[0][Kind::Gate] != nf4.blocks[0][Kind::Gate]);
    QVERIFY(nf4.bytes() < stored.bytes());
  }

  /// Swapping one tensor makes that tensor anew and no other.
  void recipesThatDifferInOneTensorShareTheRest() {
    const auto checkpoint = write({});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    WeightLibrary library(checkpoint);
    model::Recipe recipe(quant::Scheme::parse("nf4"));
    const auto nf4 = library.load(config, recipe);
    recipe.rules.push_back(model::parseRecipeRule("^blk.1.attn_v=int8"));
    const auto swapped = library.load(config, recipe);
    QCOMPARE(swapped.blocks[1][Kind::Value]->scheme->toString(), std::string("int8"));
    QCOMPARE(swapped.blocks[0][Kind::Value], nf4.blocks[0][Kind::Value]);
    QCOMPARE(swapped.blocks[1][Kind::Key], nf4.blocks[1][Kind::Key]);
    recipe.replacements["blk.0.attn_norm.weight"] = nf4.shared[Kind::OutputNorm];
    const auto replaced = library.load(config, recipe);
    QCOMPARE(replaced.blocks[0][Kind::AttentionNorm], nf4.shared[Kind::OutputNorm]);
    QCOMPARE(replaced.blocks[1][Kind::Value], swapped.blocks[1][Kind::Value]);
    recipe.replacements["blk.0.attn_norm.weight"] = nf4.shared[Kind::Embedding];
    QVERIFY_EXCEPTION_THROWN(library.load(config, recipe), Error);
  }

  /// A mixture quantizes embedding and output, too; what is stored so already is not made again.
  void mixturesReachTheEmbedding() {
    const auto checkpoint = write({.matrixType = "q8_0", .tiedOutput = true});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    const auto weights = WeightLibrary(checkpoint).load(config, model::FileType::Q8_0);
    QCOMPARE(weights.shared[Kind::Embedding]->scheme->toString(), std::string("q8_0"));
    QCOMPARE(weights.shared[Kind::Output], weights.shared[Kind::Embedding]);
    QVERIFY(!weights.blocks[0][Kind::Query]->scheme);
    QVERIFY(weights.blocks[0][Kind::Query]->dtype() == tensor::DType::Q8_0);
  }

  void tiedOutputCountsOnce() {
    const auto tied = write({.tiedOutput = true});
    const auto config = ModelConfig::fromCheckpoint(*tied);
    const auto weights = WeightLibrary(tied).load(config, {});
    QCOMPARE(weights.shared[Kind::Output], weights.shared[Kind::Embedding]);
    const auto untied = write({.tiedOutput = false});
    const auto more = WeightLibrary(untied).load(config, {});
    QCOMPARE(more.bytes() - weights.bytes(), std::uint64_t{131} * 96 * 4);
  }

  void wrongShapesAreNamed() {
    const auto checkpoint = write({});
    ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    config.feedForward += 32;
    try {
      WeightLibrary(checkpoint).load(config, {});
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::InvalidFile);
      QCOMPARE(error.where(), std::string("blk.0.ffn_gate.weight"));
      QCOMPARE(std::string(error.what()),
               std::string("blk.0.ffn_gate.weight should have the shape [192, 96], but has [160, 96]."));
    }
  }

  void missingTensorsAreNamed() {
    const auto checkpoint = write({});
    ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    config.layers = 3;
    try {
      WeightLibrary(checkpoint).load(config, {});
      QFAIL("accepted");
    } catch (const Error& error) {
      QVERIFY(std::string(error.what()).find("blk.2.") != std::string::npos);
    }
  }

  // Whatever the graph would leave out changes the function, wherever it is.
  void tensorsNobodyAskedForAreRefused_data() {
    QTest::addColumn<QString>("tensor");
    for (const char* name :
         {"blk.0.ffn_up.bias", "blk.1.ffn_up.bias", "blk.1.attn_q_norm.weight", "blk.1.attn_sub_norm.weight",
          "blk.0.ffn_act.scales", "blk.1.ffn_gate_inp.weight", "blk.2.attn_norm.weight", "output.bias",
          "output_norm.bias", "token_embd_norm.weight", "position_embd.weight", "rope_factors_long.weight", "odd"}) {
      QTest::newRow(name) << name;
    }
  }

  void tensorsNobodyAskedForAreRefused() {
    QFETCH(QString, tensor);
    const auto checkpoint = write({.extraTensors = {tensor.toStdString()}});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    try {
      WeightLibrary(checkpoint).load(config, {});
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::Unsupported);
      QCOMPARE(error.where(), tensor.toStdString());
      QCOMPARE(QString(error.what()), QString("random has the tensor \"%1\", which models that can chat here do not "
                                              "have: it opens for inspection, but cannot chat yet.")
                                          .arg(tensor));
    }
  }

  void towersOfOtherInputsAreLeftAlone() {
    const auto checkpoint = write({.extraTensors = {"v.patch_embd.weight", "mm.0.weight"}});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    QVERIFY(WeightLibrary(checkpoint).load(config, {}).blocks[1][Kind::Down]);
  }

  void namesOfAnotherFamilyAreExplained() {
    const auto fused = write({.extraTensors = {"blk.0.attn_qkv.weight", "blk.1.attn_qkv.weight"},
                              .absentTensors = {"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight"}});
    const auto sentence = [](const io::Checkpoint& checkpoint) {
      try {
        model::checkTensors(checkpoint, ModelConfig::fromCheckpoint(checkpoint));
        return std::string();
      } catch (const Error& error) {
        return std::string(error.what());
      }
    };
    QVERIFY2(sentence(*fused).starts_with("random has the tensor \"blk.0.attn_qkv.weight\" and 1 more, which models"),
             sentence(*fused).c_str());
    const auto missing = write({.absentTensors = {"blk.1.ffn_gate.weight"}});
    QCOMPARE(sentence(*missing), std::string("random has no tensor blk.1.ffn_gate.weight, which every model that can "
                                             "chat here has: it opens for inspection, but cannot chat yet."));
    QCOMPARE(sentence(*write({})), std::string());
  }

  void loadingCanBeCancelledAndReportsProgress() {
    const auto checkpoint = write({});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    std::stop_source stop;
    double reported = -1;
    const JobContext job(stop.get_token(), [&](double fraction, std::string_view) {
      reported = fraction;
      stop.request_stop();
    });
    QVERIFY_EXCEPTION_THROWN(WeightLibrary(checkpoint).load(config, quant::Scheme::parse("int4"), job), Cancelled);
    QVERIFY(reported >= 0 && reported <= 1);
  }

  void graphNamesItsValuesAndCountsItsWeights() {
    const auto checkpoint = write({.biases = true, .frequencyFactors = true});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    const auto weights = WeightLibrary(checkpoint).load(config, {});
    const model::Graph graph = model::buildGraph(config, weights);
    QCOMPARE(graph.weightBytes, weights.bytes());
    QCOMPARE(graph.values.front().name, std::string("token_embd"));
    QCOMPARE(graph.values.back().name, std::string("logits"));
    QCOMPARE(graph.values.back().width, config.vocabulary);
    QVERIFY(graph.ops.back().as<model::MatMul>().weight == weights.shared[Kind::Output]);
    QCOMPARE(graph.ropeTables.size(), std::size_t{1});
    QCOMPARE(graph.ropeTables[0].frequencies,
             config.ropeFrequencies(quant::dequantize(*weights.shared[Kind::RopeFactors])));
    QVERIFY(graph.ropeTables[0].frequencies != config.ropeFrequencies());
    QCOMPARE(graph.vocabulary(), config.vocabulary);
    std::set<std::string> names;
    for (const model::Value& value : graph.values) names.insert(value.name);
    QCOMPARE(names.size(), graph.values.size());
    QVERIFY(names.contains("blk.1.attn_q") && names.contains("blk.0.ffn_hidden"));
    // Every result is a value of its own, made before it is read.
    std::vector<bool> isMade(graph.values.size(), false);
    for (const model::Op& op : graph.ops) {
      for (const model::ValueId input : op.inputs) QVERIFY(isMade[input]);
      if (op.out == model::kNoValue) continue;
      QVERIFY(!isMade[op.out]);
      isMade[op.out] = true;
      QVERIFY(&graph.maker(op.out) == &op);
      QCOMPARE(graph.find(graph.values[op.out].name), std::optional(op.out));
    }
    QVERIFY(std::ranges::find(isMade, false) == isMade.end());
    QCOMPARE(graph.find("blk.7.attn_q"), std::optional<model::ValueId>());
    ModelConfig other = config;
    other.architecture = nullptr;
    QVERIFY_EXCEPTION_THROWN(model::buildGraph(other, weights), Error);
  }

  // Runs the list of operations over slots that remember whose value they hold.
  void slotsAreNotOverwrittenBeforeTheirLastUse() {
    const auto checkpoint = write({.layers = 4});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    const model::Graph graph = model::buildGraph(config, WeightLibrary(checkpoint).load(config, {}));
    const model::ValueSlots assigned = model::assignSlots(graph);
    int inPlace = 0;
    std::vector<model::ValueId> holder(assigned.slotWidth.size(), model::kNoValue);
    for (const model::Op& op : graph.ops) {
      for (const model::ValueId input : op.inputs) QCOMPARE(holder[assigned.slotOfValue[input]], input);
      if (op.out == model::kNoValue || assigned.slotOfValue[op.out] == model::kNoSlot) continue;
      const std::uint32_t slot = assigned.slotOfValue[op.out];
      const bool mayShare =
          op.kind() == model::OpKind::Rope || op.kind() == model::OpKind::Glu || op.kind() == model::OpKind::Add;
      for (const model::ValueId input : op.inputs) {
        const bool shares = assigned.slotOfValue[input] == slot;
        QVERIFY(mayShare || !shares);
        inPlace += shares ? 1 : 0;
      }
      QVERIFY(assigned.slotWidth[slot] >= graph.values[op.out].width);
      holder[slot] = op.out;
    }
    QCOMPARE(assigned.slotOfValue[graph.ops.back().out], model::kNoSlot);
    QCOMPARE(inPlace, 4 * 5);  // of each layer: two rotations, two residuals, one gate
    QVERIFY2(assigned.slotWidth.size() <= 6, "scratch memory must not grow with the layers");
  }
};

QTEST_GUILESS_MAIN(TestModelWeights)
#include "tst_model_weights.moc"
