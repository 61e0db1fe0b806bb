// Weights that are no numbers: the device makes NaN and infinity where the CPU does, so that both find the same cause.
#include <QTemporaryDir>

#include "gpu_models.h"
#include "support/damaged_weight.h"
#include "support/random_model.h"

using namespace gputest;
using core::ErrorCode;
using core::model::KvType;

namespace {

/// The same graph with one byte pattern of one weight overwritten.
core::model::Graph broken(core::model::Graph graph, const std::string& name, std::size_t offset, std::uint32_t bits,
                          std::size_t size) {
  core::quant::QuantizedTensorPtr replacement;
  for (core::model::Op& op : graph.ops) {
    const auto replace = [&](core::quant::QuantizedTensorPtr& weight) {
      if (weight->name != name) return;
      if (!replacement) {
        const auto bytes = std::make_shared<std::vector<std::byte>>(weight->payload.begin(), weight->payload.end());
        std::memcpy(bytes->data() + offset, &bits, size);
        auto copy = std::make_shared<core::quant::QuantizedTensor>(*weight);
        copy->payload = *bytes;
        copy->owner = bytes;
        replacement = copy;
      }
      weight = replacement;
    };
    std::visit(
        [&](auto& parameters) {
          if constexpr (requires { parameters.weight; }) replace(parameters.weight);
        },
        op.parameters);
  }
  return graph;
}

/// What a sentence says but for which kind of no number it is: ∞ · (a − b) on one device is ∞ · a − ∞ · b on another.
QString causeIn(QString sentence) {
  return sentence.replace("activation with an infinite value", "activation with NaN");
}

struct Outcome {
  QString sentence, where;
  /// Of every activation, in order: its name, and for each value whether it is a number.
  std::vector<std::pair<std::string, std::vector<bool>>> activations;
};

Outcome run(core::model::Executor& executor, const Tokens& tokens, KvType type) {
  Outcome outcome;
  const core::model::Graph& graph = executor.graph();
  const auto watching = executor.subscribe(graph.allValues(), [&](const core::model::Observation& seen) {
    std::vector<bool> numbers;
    for (const float value : seen.data) numbers.push_back(std::isfinite(value));
    outcome.activations.emplace_back(graph.values[seen.value].name, numbers);
  });
  const auto error = errorOf([&] { allLogits(executor, tokens, type); });
  if (error && error->code() == ErrorCode::NotFinite) {
    outcome.sentence = causeIn(error->what());
    outcome.where = QString::fromStdString(error->where());
  }
  return outcome;
}

constexpr std::uint32_t kNan = 0x7FC00000, kInfinity = 0x7F800000, kHalfInfinity = 0x7C00, kHalfNan = 0x7E00;

struct Case {
  const char* name;
  const char* type;  ///< of the matrices
  const char* tensor;
  std::size_t offset;
  std::uint32_t bits;
};
constexpr Case kCases[] = {{"NaN in a feed-forward matrix", "f32", "blk.0.ffn_down.weight", 4 * 777, kNan},
                           {"infinity in a gate", "f32", "blk.1.ffn_gate.weight", 4 * 1001, kInfinity},
                           {"NaN in the keys", "f32", "blk.1.attn_k.weight", 4 * 50, kNan},
                           {"infinity in a norm", "f32", "blk.1.attn_norm.weight", 4 * 5, kInfinity},
                           {"NaN in the output matrix", "f32", "output.weight", 4 * 96 * 130, kNan},
                           {"infinite scale of a block", "q4_0", "blk.0.attn_v.weight", 18 * 7, kHalfInfinity},
                           {"scale of a block is NaN", "q8_0", "blk.1.ffn_up.weight", 34 * 9, kHalfNan}};

}  // namespace

class TestGpuNonFinite : public QObject {
  Q_OBJECT

 private slots:
  void theSameCauseIsFound_data() {
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("family");
    QTest::addColumn<bool>("half");
    for (std::size_t i = 0; i < std::size(kCases); ++i) {
      for (const QString& family : families()) {
        for (const bool half : {false, true}) {
          QTest::addRow("%s, %s, %s", kCases[i].name, qPrintable(family), half ? "F16" : "F32")
              << static_cast<int>(i) << family << half;
        }
      }
    }
  }
  void theSameCauseIsFound() {
    QFETCH(int, index);
    QFETCH(QString, family);
    QFETCH(bool, half);
    const Case& what = kCases[index];
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({.matrixType = what.type}, path);
    Model model(path);
    const bool isBlock = std::string(what.type) != "f32";
    const auto graph = broken(model.graph(), what.tensor, what.offset, what.bits, isBlock ? 2 : 4);
    const KvType type = half ? KvType::F16 : KvType::F32;
    const Tokens tokens = someTokens(30, 131);  // one batch in every family
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const Outcome expected = run(*cpu, tokens, type), found = run(*vulkan, tokens, type);
    QVERIFY(!expected.sentence.isEmpty());
    QCOMPARE(found.sentence, expected.sentence);
    QCOMPARE(found.where, expected.where);
    QVERIFY2(found.where.contains(what.tensor), qPrintable(found.where));
    const std::size_t first = firstBroken(expected);
    for (std::size_t i = 0; i <= first; ++i) {
      QCOMPARE(found.activations[i].first, expected.activations[i].first);
      QVERIFY2(found.activations[i].second == expected.activations[i].second, found.activations[i].first.c_str());
    }
    // Unobserved, with its steps fused, it is found as well.
    const auto unobserved = errorOf([&] { allLogits(*vulkan, tokens, type); });
    QVERIFY(unobserved);
    QCOMPARE(causeIn(unobserved->what()), expected.sentence);
  }

  // One token's embedding, and a key that only the FP16 cache cannot hold: both name position and token.
  void valuesOfOneTokenAreFound_data() { forEachFamily(); }
  void valuesOfOneTokenAreFound() {
    QFETCH(QString, family);
    for (const auto& [tensor, element, value] :
         {std::tuple("token_embd.weight", std::size_t{77 * 96 + 3}, NAN), {"blk.1.attn_k.bias", 3, 70000.0F}}) {
      Model model(damaged(tensor, element, value));
      Tokens tokens = someTokens(70, 60);  // more than one batch of the family for software devices
      tokens[65] = 77;
      const auto cpu = core::model::createCpuExecutor(model.graph());
      const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
      const auto expected = errorOf([&] { allLogits(*cpu, tokens, KvType::F16); });
      const auto found = errorOf([&] { allLogits(*vulkan, tokens, KvType::F16); });
      QVERIFY(expected && found);
      QCOMPARE(causeIn(found->what()), causeIn(expected->what()));
      QCOMPARE(found->where(), expected->where());
    }
  }

  // Keys and values that are no numbers stay in memory behind the cache's end.
  void whatWasRefusedDoesNotLeakIntoTheNextText_data() { forEachFamily(); }
  void whatWasRefusedDoesNotLeakIntoTheNextText() {
    QFETCH(QString, family);
    Model model(damaged("token_embd.weight", 77 * 96, NAN));
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const Tokens healthy = someTokens(20, 60);
    const auto expected = allLogits(*executor, healthy, KvType::F16);
    const auto cache = executor->createKvCache(64, KvType::F16);
    std::vector<float> logits(std::size_t{40} * 131), row(131);
    Tokens poisoned = someTokens(40, 60);
    poisoned[1] = 77;
    QVERIFY(errorOf([&] { executor->forward(poisoned, *cache, core::model::LogitsWanted::AllTokens, logits); }));
    QCOMPARE(cache->length(), 0U);
    logits.resize(std::size_t{20} * 131);
    executor->forward(healthy, *cache, core::model::LogitsWanted::AllTokens, logits);
    QVERIFY(logits == expected);
    for (core::model::TokenId token = 20; token < 24; ++token)  // and token by token over what is left of it
      executor->forward(Tokens{token}, *cache, core::model::LogitsWanted::LastToken, row);
  }

 private:
  static void forEachFamily() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }

  std::filesystem::path damaged(const std::string& tensor, std::size_t element, float value) const {
    const auto path = std::filesystem::path(m_folder.filePath("model.gguf").toStdString());
    support::writeRandomModel({.biases = true}, path);
    support::setWeight(path, tensor, element, value);
    return path;
  }

  QTemporaryDir m_folder;

  static std::size_t firstBroken(const Outcome& outcome) {
    for (std::size_t i = 0; i < outcome.activations.size(); ++i) {
      const auto& numbers = outcome.activations[i].second;
      if (std::find(numbers.begin(), numbers.end(), false) != numbers.end()) return i;
    }
    return 0;
  }
};

QTEST_GUILESS_MAIN(TestGpuNonFinite)
#include "tst_gpu_non_finite.moc"
