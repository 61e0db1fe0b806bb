// What computing a token asks of a device, counted by hand; and which part of a model a step belongs to.
#include <QtTest>

#include "core/base/arithmetic_rate.h"
#include "core/model/executor.h"
#include "core/model/planned_weights.h"
#include "core/model/step_work.h"
#include "core/quant/scheme.h"
#include "support/architectures.h"
#include "support/random_model.h"

using namespace core;
using model::KvType;
using model::ModelPart;
using model::OpKind;
using model::Work;

class TestStepWork : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  static model::Graph graphOf(const std::filesystem::path& path,
                              const std::optional<quant::Scheme>& scheme = std::nullopt) {
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, scheme));
  }
  model::Graph random(const support::RandomModel& shape, const std::optional<quant::Scheme>& scheme = std::nullopt) {
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel(shape, path);
    return graphOf(path, scheme);
  }
  // Of the random model's two layers: queries and output 96 × 96, keys and values 32 × 96, three matrices 96 × 160; and
  // the logits 131 × 96.
  static constexpr std::uint64_t kLayers = 2 * (2 * 96 * 96 + 2 * 32 * 96 + 3 * 96 * 160), kLogits = 131 * 96;
  static constexpr std::uint64_t kPosition = 2 * 6 * (16 + 16);  // six heads of 16 in both layers

 private Q_SLOTS:
  void aTokenIsCountedByHand() {
    const model::Graph graph = random({});
    const Work work = model::tokenWork(graph, KvType::F16, 9);
    QCOMPARE(work.operations, 2 * (kLayers + kLogits + 10 * kPosition));
    QCOMPARE(work.weightBytes, 4 * (kLayers + kLogits + 96 + 5 * 96));  // one row of the embedding, five norms
    QCOMPARE(work.kvBytes, std::uint64_t{10} * 2 * 2 * 2 * (16 + 16));  // two layers, two heads, two bytes
    QCOMPARE(work.bytes(), work.weightBytes + work.kvBytes);
    QCOMPARE(model::tokenWork(graph, KvType::F32, 9).kvBytes, 2 * work.kvBytes);
    // Each position more costs its keys and values, and nothing else.
    const Work next = model::tokenWork(graph, KvType::F16, 10);
    QCOMPARE(next.operations - work.operations, 2 * kPosition);
    QCOMPARE(next.weightBytes, work.weightBytes);
  }

  void aPromptIsCountedByHand() {
    const model::Graph graph = random({});
    QCOMPARE(model::promptOperations(graph, 1), model::tokenWork(graph, KvType::F16, 0).operations);
    // Only the last token's logits; the tokens see 1 + 2 + 3 + 4 positions.
    QCOMPARE(model::promptOperations(graph, 4), 2 * (4 * kLayers + kLogits + 10 * kPosition));
  }

  void aWindowEndsWhatIsSeen() {
    model::Graph graph = random({});
    for (model::Op& op : graph.ops)
      if (op.kind() == OpKind::Attention) std::get<model::Attention>(op.parameters).window = 3;
    QCOMPARE(model::tokenWork(graph, KvType::F16, 9).operations, 2 * (kLayers + kLogits + 3 * kPosition));
    QCOMPARE(model::promptOperations(graph, 5), 2 * (5 * kLayers + kLogits + (1 + 2 + 3 + 3 + 3) * kPosition));
  }

  void fewerBitsAreFewerBytesAndAsManyOperations() {
    const Work plain = model::tokenWork(random({}), KvType::F16, 9);
    const Work narrow = model::tokenWork(random({}, quant::Scheme::parse("int4:group=32")), KvType::F16, 9);
    QCOMPARE(narrow.operations, plain.operations);
    // Half a byte and a sixteenth for the scales in FP16, where they were four.
    QCOMPARE(plain.weightBytes - narrow.weightBytes, kLayers * 4 - kLayers / 2 - kLayers / 32 * 2);
  }

  // Of 8 experts 2 are read (gpt-oss: of 6, and their biases), and one row of the embedding.
  void aTokenReadsTheExpertsItUses() {
    for (const char* name : {"qwen3moe", "gptoss"}) {
      const std::filesystem::path path = support::kArchitectures / (std::string(name) + ".gguf");
      const auto checkpoint = io::openCheckpoint(path);
      const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
      const model::Graph graph = graphOf(path);
      std::uint64_t stacks = 0, embedding = 0;
      bool isTied = true;
      for (const io::TensorInfo& tensor : checkpoint->tensors()) {
        if (tensor.name.find("_exps.") != std::string::npos) stacks += tensor.bytes;
        if (tensor.name == "token_embd.weight") embedding = tensor.bytes;
        if (tensor.name == "output.weight") isTied = false;
      }
      QVERIFY(stacks != 0 && config.usedExperts < config.experts && embedding != 0);
      const std::uint64_t row = embedding / config.vocabulary;
      QCOMPARE(model::tokenWork(graph, KvType::F16, 3).weightBytes,
               model::plannedWeightBytes(graph) - stacks / config.experts * (config.experts - config.usedExperts) +
                   row - (isTied ? 0 : embedding));
    }
  }

  void stepsHaveTheWorkOfTheirOperations() {
    const model::Graph graph = random({});
    const auto executor = model::createCpuExecutor(graph);
    const auto cache = executor->createKvCache(16, KvType::F16);
    const std::vector<model::TokenId> tokens{1, 5, 9};
    static_cast<void>(executor->timeForward(tokens, *cache));
    const model::StepTimes times = executor->timeForward(std::span(tokens).first(1), *cache);
    Work sum;
    for (const model::StepTime& step : times.steps()) sum += workOf(graph, step, KvType::F16, 3);
    QVERIFY(sum == model::tokenWork(graph, KvType::F16, 3));
    // Made together, as on Vulkan.
    const model::StepTime both{OpKind::MatMul, "attn_k + attn_v", 0.0, 2};
    QCOMPARE(workOf(graph, both, KvType::F16, 3).operations, std::uint64_t{2 * 2 * 2 * 32 * 96});
  }

  void everyStepOfEveryArchitectureBelongsSomewhere_data() { support::addArchitectureRows(); }
  void everyStepOfEveryArchitectureBelongsSomewhere() {
    QFETCH(QString, path);
    const model::Graph graph = graphOf(support::kArchitectures / path.toStdString());
    std::set<ModelPart> found;
    std::uint64_t operations = 0;
    for (const model::Op& op : graph.ops) {
      model::StepTimes times;
      const std::string name = op.out == model::kNoValue ? std::string() : graph.values[op.out].name;
      times.add(op.kind(), name, 1.0);
      const ModelPart part = model::partOf(op.kind(), times.steps().front().part);
      QVERIFY2(part != ModelPart::Other, name.c_str());
      found.insert(part);
      operations += workOf(graph, op, KvType::F16, 20).operations;
    }
    QVERIFY(found.contains(ModelPart::Embedding) && found.contains(ModelPart::Output));
    QVERIFY(found.contains(ModelPart::Attention) || found.contains(ModelPart::State));
    QCOMPARE(operations, model::tokenWork(graph, KvType::F16, 20).operations);
  }

  void arithmeticIsMeasured() {
    const double rate = measureHostArithmetic();
    QVERIFY2(rate > 1e8 && rate < 1e16, QByteArray::number(rate));
  }
};

QTEST_GUILESS_MAIN(TestStepWork)
#include "tst_step_work.moc"
