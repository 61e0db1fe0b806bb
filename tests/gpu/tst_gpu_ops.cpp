// Every operation's result on the device against the CPU's, on models in which nothing is round.
#include <QTemporaryDir>

#include "core/model/graph_builder.h"
#include "gpu_models.h"
#include "support/random_blocks.h"
#include "support/random_model.h"
#include "support/recurrent_graph.h"

using namespace gputest;
using core::model::KvType;

namespace {

struct Observed {
  std::string name;
  std::vector<float> data;
};

std::vector<Observed> observe(core::model::Executor& executor, const Tokens& tokens, KvType type) {
  std::vector<Observed> all;
  const core::model::Graph& graph = executor.graph();
  const auto watching = executor.subscribe(graph.allValues(), [&](const core::model::Observation& seen) {
    all.push_back({graph.values[seen.value].name, std::vector<float>(seen.data.begin(), seen.data.end())});
  });
  allLogits(executor, tokens, type);
  return all;
}

struct Variant {
  const char* name;
  support::RandomModel shape;
  std::uint32_t slidingWindow = 0;
  core::model::RopePairing pairing = core::model::RopePairing::Adjacent;
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  all.push_back({"defaults", {}});
  all.push_back({"one layer, large vocabulary",
                 {.vocabulary = 32000, .width = 64, .layers = 1, .heads = 4, .headSize = 64, .valueHeadSize = 64}});
  all.push_back({"head size 80", {.width = 160, .heads = 4, .kvHeads = 2, .headSize = 80, .valueHeadSize = 80}});
  all.push_back({"head size 128", {.width = 256, .heads = 4, .kvHeads = 1, .headSize = 128, .valueHeadSize = 128}});
  all.push_back({"head size 18, values 10", {.heads = 3, .kvHeads = 3, .headSize = 18, .valueHeadSize = 10}});
  all.push_back({"values wider than 128", {.heads = 2, .kvHeads = 1, .headSize = 24, .valueHeadSize = 144}});
  all.push_back({"eight heads share keys", {.heads = 8, .kvHeads = 1, .headSize = 64, .valueHeadSize = 64}});
  all.push_back({"partial rotation", {.headSize = 32, .valueHeadSize = 32, .ropeDimensions = 12}});
  all.push_back({"biases, factors, tied", {.tiedOutput = true, .biases = true, .frequencyFactors = true}});
  all.push_back({"sliding window", {}, 7});
  all.push_back({"pairs of halves", {.headSize = 20, .valueHeadSize = 20}, 0, core::model::RopePairing::Halves});
  all.push_back({"odd widths",
                 {.vocabulary = 33,
                  .width = 35,
                  .feedForward = 51,
                  .heads = 5,
                  .kvHeads = 5,
                  .headSize = 6,
                  .valueHeadSize = 7}});
  return all;
}

/// A graph that no config could say: layers of different shapes, kinds of rotation, scales and windows, and a value
/// that is read both rotated and as it was.
core::model::Graph irregularGraph() {
  support::RandomNumbers random(5);
  const auto matrix = [&](std::uint64_t rows, std::uint64_t width) {
    std::vector<float> values(rows * width);
    for (float& value : values) value = static_cast<float>(random.bell() / std::sqrt(static_cast<double>(width)));
    std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return stored(core::tensor::DType::F32, rows, width, std::move(bytes));
  };
  using core::model::RopePairing;
  using core::model::ValueId;
  core::model::GraphBuilder builder(0);
  const std::uint32_t fast = builder.addRopeTable({{1.0F, 0.5F, 0.25F, 0.1F, 0.05F, 0.02F}}),
                      slow = builder.addRopeTable({{0.3F, 0.03F, 0.003F, 0.0003F}});
  ValueId x = builder.embed("token_embd", matrix(70, 48));
  {
    const std::uint32_t layer = builder.addLayer({.heads = 2, .headSize = 12, .valueHeadSize = 8});
    const ValueId query = builder.matMul("q0", x, matrix(4 * 12, 48)),
                  key = builder.matMul("k0", x, matrix(2 * 12, 48));
    const ValueId value = builder.matMul("v0", x, matrix(2 * 8, 48));
    const ValueId turned = builder.rope("q0_rope", query, {12, fast, RopePairing::Adjacent});
    builder.storeKv(builder.rope("k0_rope", key, {12, slow, RopePairing::Adjacent}), value, layer);
    const ValueId both = builder.add("q0_both", turned, query);
    const ValueId heads = builder.attention("heads0", both, {.layer = layer, .heads = 4, .scale = 0.4F, .window = 0});
    x = builder.add("x0", x, builder.matMul("out0", heads, matrix(48, 4 * 8)));
  }
  x = builder.rmsNorm("norm", x, matrix(1, 48), 0.5F);
  {
    const std::uint32_t layer = builder.addLayer({.heads = 1, .headSize = 20, .valueHeadSize = 24});
    const core::model::Rope rope{20, slow, RopePairing::Halves};
    const ValueId query = builder.matMul("q1", x, matrix(2 * 20, 48)), key = builder.matMul("k1", x, matrix(20, 48));
    const ValueId value = builder.matMul("v1", x, matrix(24, 48));
    const ValueId turned = builder.rope("q1_rope", query, rope);
    builder.storeKv(builder.rope("k1_rope", key, rope), value, layer);
    const ValueId heads = builder.attention("heads1", turned, {.layer = layer, .heads = 2, .scale = 0.1F, .window = 5});
    x = builder.glu("gated", heads, builder.matMul("up", x, matrix(48, 48)), core::model::Activation::Silu);
  }
  builder.matMul("logits", builder.takeRows("rows", x), matrix(70, 48));
  return builder.take();
}

/// Rows of one NaN among numbers, and every function of them.
core::model::Graph functionsOfNan() {
  constexpr std::uint64_t kWidth = 8, kVocabulary = 64;
  const auto matrix = [&](float first) {
    std::vector<float> values(kVocabulary * kWidth, 0.5F);
    for (std::size_t at = 0; at < values.size(); at += kWidth) values[at] = first;
    std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return stored(core::tensor::DType::F32, kVocabulary, kWidth, std::move(bytes));
  };
  using core::model::Activation;
  using Function = core::model::Map::Function;
  core::model::GraphBuilder builder(0);
  const core::model::ValueId x = builder.embed("token_embd", matrix(std::numeric_limits<float>::quiet_NaN())),
                             numbers = builder.embed("numbers", matrix(0.25F));
  for (const Activation activation :
       {Activation::None, Activation::Sigmoid, Activation::Silu, Activation::GeluTanh, Activation::ClampedSwish}) {
    const std::string name = std::to_string(static_cast<int>(activation));
    builder.glu("gate " + name, x, numbers, activation);
    builder.glu("up " + name, numbers, x, activation);
  }
  for (const Function function : {Function::Scale, Function::SoftCap, Function::GeluTanh, Function::GeluErf,
                                  Function::Silu, Function::Sigmoid, Function::Softplus, Function::Exp}) {
    const std::string name = std::to_string(static_cast<int>(function));
    builder.map("map " + name, x, {function, 30.0F});
    builder.mapColumns("columns " + name, x, {.map = {function, 30.0F}});
  }
  builder.matMul("logits", builder.takeRows("rows", numbers), matrix(0.5F));
  return builder.take();
}

}  // namespace

class TestGpuOps : public QObject {
  Q_OBJECT

 private slots:
  void everyActivationAgrees_data() {
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("family");
    QTest::addColumn<bool>("half");
    const auto all = variants();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const QString& family : families()) {
        for (const bool half : {false, true}) {
          QTest::newRow(qPrintable(QString("%1, %2, %3").arg(all[i].name, family, half ? "F16" : "F32")))
              << static_cast<int>(i) << family << half;
        }
      }
    }
  }
  void everyActivationAgrees() {
    QFETCH(int, index);
    QFETCH(QString, family);
    QFETCH(bool, half);
    const Variant variant = variants()[static_cast<std::size_t>(index)];
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel(variant.shape, path);
    Model model(path);
    core::model::Graph graph = model.graph();
    for (core::model::Op& op : graph.ops) {
      if (auto* attention = std::get_if<core::model::Attention>(&op.parameters))
        attention->window = variant.slidingWindow;
      if (auto* rope = std::get_if<core::model::Rope>(&op.parameters)) rope->pairing = variant.pairing;
    }
    compare(graph, family, half ? KvType::F16 : KvType::F32);
  }

  void everyParameterIsTheOperationsOwn_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<bool>("half");
    for (const QString& family : families()) {
      for (const bool half : {false, true})
        QTest::addRow("%s, %s", qPrintable(family), half ? "F16" : "F32") << family << half;
    }
  }
  void everyParameterIsTheOperationsOwn() {
    QFETCH(QString, family);
    QFETCH(bool, half);
    compare(irregularGraph(), family, half ? KvType::F16 : KvType::F32);
  }

  // What keeps a state: the same values, and after tokens were taken back the same logits as from the start.
  void statesAgree_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void statesAgree() {
    QFETCH(QString, family);
    const core::model::Graph graph = support::recurrentGraph();
    compare(graph, family, KvType::F32);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const Tokens tokens = someTokens(40, graph.vocabulary());
    const auto cache = vulkan->createKvCache(64, KvType::F32);
    std::vector<float> row(graph.vocabulary());
    const auto append = [&](std::size_t first, std::size_t count) {
      vulkan->forward(std::span(tokens).subspan(first, count), *cache, core::model::LogitsWanted::LastToken, row);
    };
    append(0, 30);
    const std::vector<float> expected = row;
    cache->truncate(0);
    append(0, 17);
    for (std::size_t at = 17; at < 24; ++at) append(at, 1);
    append(30, 10);  // another text behind the first 24
    cache->truncate(20);
    QCOMPARE(cache->length(), 17U);
    append(17, 13);
    QVERIFY2(relativeError(row, expected) <= 2e-5, qPrintable(QString::number(relativeError(row, expected))));
  }

  // Limits of functions, on devices whose clamp takes NaN for one of them.
  void nanGoesThroughEveryFunction_data() { statesAgree_data(); }
  void nanGoesThroughEveryFunction() {
    QFETCH(QString, family);
    const core::model::Graph graph = functionsOfNan();
    const Tokens tokens = someTokens(5, graph.vocabulary());
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const auto expected = observe(*cpu, tokens, KvType::F32), found = observe(*vulkan, tokens, KvType::F32);
    QCOMPARE(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      QCOMPARE(found[i].data.size(), expected[i].data.size());
      for (std::size_t at = 0; at < found[i].data.size(); ++at) {
        const bool isSame = std::isnan(found[i].data[at]) == std::isnan(expected[i].data[at]);
        QVERIFY2(isSame, qPrintable(QString("%1, element %2").arg(found[i].name.c_str()).arg(at)));
      }
    }
    QVERIFY(std::isnan(found.front().data[0]) && !std::isnan(found.front().data[1]));
  }

  /// Attention takes as many positions at a time as its workgroup is large: one token a large one, many a small one.
  void longContextsAgree_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<int>("window");
    for (const QString& family : families()) {
      for (const int window : {0, 1040}) QTest::addRow("%s, window %d", qPrintable(family), window) << family << window;
    }
  }
  void longContextsAgree() {
    QFETCH(QString, family);
    QFETCH(int, window);
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "long.gguf";
    support::writeRandomModel({.layers = 1, .heads = 4, .headSize = 64, .valueHeadSize = 64}, path);
    core::model::Graph graph = Model(path).graph();
    for (core::model::Op& op : graph.ops) {
      if (auto* attention = std::get_if<core::model::Attention>(&op.parameters))
        attention->window = static_cast<std::uint32_t>(window);
    }
    const Tokens tokens = someTokens(1103, graph.vocabulary());
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const auto expected = lastLogits(*cpu, tokens), found = lastLogits(*vulkan, tokens);
    QVERIFY2(relativeError(found, expected) <= 2e-5, qPrintable(QString::number(relativeError(found, expected))));
  }

 private:
  /// Of all tokens but three at once, then of one after the other.
  static std::vector<float> lastLogits(core::model::Executor& executor, const Tokens& tokens) {
    const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), KvType::F32);
    std::vector<float> row(executor.graph().vocabulary()), all;
    for (std::size_t first = 0, count = tokens.size() - 3; first < tokens.size(); first += count, count = 1) {
      executor.forward(std::span(tokens).subspan(first, count), *cache, core::model::LogitsWanted::LastToken, row);
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  }

  static void compare(const core::model::Graph& graph, const QString& family, KvType type) {
    const double allowed = type == KvType::F16 ? 5e-4 : 2e-5;  // a key may round to the other FP16 neighbour: 2^-11
    const Tokens tokens = someTokens(21, graph.vocabulary());
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const auto expected = observe(*cpu, tokens, type), found = observe(*vulkan, tokens, type);
    QCOMPARE(found.size(), graph.values.size());
    QCOMPARE(expected.size(), graph.values.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      QCOMPARE(found[i].name, expected[i].name);
      const double error = relativeError(found[i].data, expected[i].data);
      QVERIFY2(error <= allowed, qPrintable(QString("%1 is off by %2").arg(found[i].name.c_str()).arg(error)));
    }
    // The fused steps give the same logits as the observed ones.
    QVERIFY(relativeError(allLogits(*vulkan, tokens, type), found.back().data) <= allowed);
  }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestGpuOps)
#include "tst_gpu_ops.moc"
