// Products of experts in every kind of layout, and what stands around them, on the device against the CPU's.
#include <QtTest>
#include <bit>

#include "core/model/graph_builder.h"
#include "core/model/input_changes.h"
#include "gpu_models.h"
#include "support/random_values.h"

using namespace gputest;
using core::model::GraphBuilder;
using core::model::KvType;
using core::model::ValueId;
using core::quant::QuantizedTensorPtr;

namespace {

constexpr std::uint32_t kVocabulary = 70, kWidth = 64, kExperts = 6, kUsed = 3;

/// Random values of a shape, quantized by a scheme.
class Weights {
 public:
  QuantizedTensorPtr operator()(const char* name, const core::tensor::Shape& shape, const char* scheme = "fp32") {
    const auto bytes = std::make_shared<std::vector<std::byte>>(shape.count() * sizeof(float));
    const double spread = 1.0 / std::sqrt(static_cast<double>(shape.rowValues()));
    for (std::size_t i = 0; i < shape.count(); ++i) {
      const auto value = static_cast<float>(m_random.bell() * spread);
      std::memcpy(bytes->data() + i * sizeof(float), &value, sizeof(float));
    }
    const core::tensor::TensorView view{name, core::tensor::DType::F32, shape, *bytes, bytes};
    return core::quant::quantize(core::quant::Scheme::parse(scheme), view);
  }

 private:
  support::RandomNumbers m_random{11};
};

/// A feed-forward part of experts between an embedding with positions and logits.
core::model::Graph graphOf(const char* scheme, std::uint32_t inner, bool hasBiases, bool isNormed) {
  Weights weights;
  const auto bias = [&](const char* name, std::uint32_t width) {
    return hasBiases ? weights(name, {kExperts, width}) : nullptr;
  };
  GraphBuilder builder(0);
  const ValueId x = builder.add("embedded", builder.embed("token_embd", weights("e", {kVocabulary, kWidth})),
                                builder.embedPositions("position_embd", {weights("p", {40, kWidth})}));
  const ValueId normed = builder.layerNorm("norm", x, {weights("n", {kWidth}), weights("b", {kWidth}), 1e-5F});
  const ValueId logits = builder.matMul("router", normed, weights("r", {kExperts, kWidth}));
  const ValueId routes = builder.route("routes", logits, {kUsed, isNormed});
  const auto experts = [&](const char* name, ValueId in, std::uint32_t rows, std::uint32_t width) {
    return builder.expertMatMul(name, in, routes,
                                {weights(name, {kExperts, rows, width}, scheme), bias(name, rows), kUsed});
  };
  const ValueId gate = experts("gate", normed, inner, kWidth), up = experts("up", normed, inner, kWidth);
  const ValueId hidden = builder.glu("hidden", gate, up, core::model::Activation::ClampedSwish);
  const ValueId down = experts("down", hidden, kWidth, inner);
  const ValueId mixed = builder.mixExperts("mixed", down, routes, kUsed, kWidth);
  builder.matMul("logits", builder.takeRows("rows", builder.add("sum", x, mixed)), weights("o", {kVocabulary, kWidth}));
  return builder.take();
}

using core::quant::ActivationName;
using core::quant::InputQuantizer;

QuantizedTensorPtr withInput(const QuantizedTensorPtr& tensor, const InputQuantizer& quantizer) {
  auto result = std::make_shared<core::quant::QuantizedTensor>(*tensor);
  result->input = quantizer;
  return result;
}

/// A stack that reads rows which are looked up, and one that reads its slots.
core::model::Graph quantizedInputs(const char* scheme, std::uint32_t inner, const InputQuantizer& quantizer) {
  Weights weights;
  GraphBuilder builder(0);
  const ValueId x = builder.embed("x", weights("e", {kVocabulary, kWidth}));
  const ValueId routes =
      builder.route("routes", builder.matMul("router", x, weights("r", {kExperts, kWidth})), {kUsed, true});
  const auto experts = [&](const char* name, ValueId in, std::uint32_t rows, std::uint32_t width) {
    const QuantizedTensorPtr stack = withInput(weights(name, {kExperts, rows, width}, scheme), quantizer);
    return builder.expertMatMul(name, in, routes, {stack, weights("bias", {kExperts, rows}), kUsed});
  };
  const ValueId down = experts("down", experts("up", x, inner, kWidth), kWidth, inner);
  const ValueId mixed = builder.mixExperts("mixed", down, routes, kUsed, kWidth);
  builder.matMul("logits", builder.takeRows("rows", mixed), weights("o", {kVocabulary, kWidth}));
  return core::model::applyInputChanges(builder.take());
}

/// What both stacks make, as bits.
std::vector<std::uint32_t> productsOf(core::model::Executor& executor, const Tokens& tokens) {
  const auto& graph = executor.graph();
  std::map<ValueId, std::vector<std::uint32_t>> made;
  const auto watching =
      executor.subscribe({*graph.find("up"), *graph.find("down")}, [&](const core::model::Observation& seen) {
        for (const float value : seen.data) made[seen.value].push_back(std::bit_cast<std::uint32_t>(value));
      });
  allLogits(executor, tokens);
  std::vector<std::uint32_t> all;
  for (const auto& [value, bits] : made) all.insert(all.end(), bits.begin(), bits.end());
  return all;
}

}  // namespace

class TestGpuExperts : public QObject {
  Q_OBJECT

 private slots:
  void everyLayoutAgrees_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("inner");
    QTest::addColumn<bool>("hasBiases");
    // 64 rows are whole tiles; of 40, every expert's last tile is padded.
    for (const char* scheme : {"fp32", "bf16", "q4_0", "q8_0", "mxfp4", "int4", "int8", "int3:group=16", "nf4",
                               "kmeans3", "log4:group=32", "int4:compute=fp16"})
      QTest::addRow("%s", scheme) << scheme << 64 << true;
    for (const char* scheme : {"fp32", "fp16", "int4:group=8", "int8:group=row", "int4:group=32,range=minmax"})
      QTest::addRow("%s, awkward", scheme) << scheme << 40 << (scheme[0] == 'f');
  }
  void everyLayoutAgrees() {
    QFETCH(QString, scheme);
    QFETCH(int, inner);
    QFETCH(bool, hasBiases);
    for (const bool isNormed : {true, false}) {
      const auto graph = graphOf(scheme.toLatin1().constData(), static_cast<std::uint32_t>(inner), hasBiases, isNormed);
      const auto cpu = core::model::createCpuExecutor(graph);
      const Tokens tokens = someTokens(37, kVocabulary);
      const auto expected = allLogits(*cpu, tokens, KvType::F32);
      for (const QString& family : families()) {
        const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
        // Sums in another order; where products run in FP16, a result may round to its other neighbour.
        const double allowed = scheme.contains("fp16") && scheme.contains("compute") ? 1e-3 : 2e-5;
        const double error = relativeError(allLogits(*vulkan, tokens, KvType::F32), expected);
        QVERIFY2(error <= allowed, qPrintable(family + ": " + QString::number(error)));
      }
    }
  }

  // Every rule of choosing experts: numbers are the same, weights nearly.
  void routesAgree_data() {
    QTest::addColumn<int>("experts");
    QTest::addColumn<bool>("isSigmoid");
    QTest::addColumn<int>("groups");
    QTest::addColumn<bool>("hasVectors");
    for (const bool isSigmoid : {false, true})
      for (const bool hasVectors : {false, true})
        for (const auto& [experts, groups] : {std::pair(6, 1), std::pair(33, 1), std::pair(66, 33), std::pair(256, 8)})
          QTest::addRow("%d of %d groups%s%s", experts, groups, isSigmoid ? ", sigmoids" : "",
                        hasVectors ? ", vectors" : "")
              << experts << isSigmoid << groups << hasVectors;
  }
  void routesAgree() {
    QFETCH(int, experts);
    QFETCH(bool, isSigmoid);
    QFETCH(int, groups);
    QFETCH(bool, hasVectors);
    const auto count = static_cast<std::uint32_t>(experts);
    for (const bool isNormed : {false, true}) {
      Weights weights;
      core::model::Route route;
      route.used = 5;
      route.isNormed = isNormed;
      route.isSigmoid = route.areGroupsOfTwo = isSigmoid;
      route.groups = static_cast<std::uint32_t>(groups);
      route.usedGroups = (route.groups + 1) / 2;
      route.sumEpsilon = 0.1F;
      route.scale = 2.5F;
      if (hasVectors) {
        route.weight = weights("factors", {count});
        route.bias = weights("addends", {count});
      }
      GraphBuilder builder(0);
      const ValueId logits = builder.map("logits of experts", builder.embed("x", weights("e", {kVocabulary, count})),
                                         {core::model::Map::Function::Scale, 10.0F});
      const ValueId routes = builder.route("routes", logits, route);
      builder.matMul("logits", builder.takeRows("rows", routes), weights("o", {kVocabulary, 2 * route.used}));
      const auto graph = builder.take();
      const Tokens tokens = someTokens(37, kVocabulary);
      const auto routesOf = [&](core::model::Executor& executor) {
        std::vector<float> made;
        const auto watching = executor.subscribe({routes}, [&](const core::model::Observation& seen) {
          made.insert(made.end(), seen.data.begin(), seen.data.end());
        });
        allLogits(executor, tokens);
        return made;
      };
      const std::vector<float> expected = routesOf(*core::model::createCpuExecutor(graph));
      QCOMPARE(expected.size(), tokens.size() * 2 * route.used);
      for (const QString& family : families()) {
        const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
        const std::vector<float> made = routesOf(*vulkan);
        QCOMPARE(made.size(), expected.size());
        for (std::size_t i = 0; i < made.size(); ++i) {
          if (i / route.used % 2 == 0) QCOMPARE(made[i], expected[i]);
          QVERIFY(std::abs(made[i] - expected[i]) <= 1e-5F * std::abs(expected[i]));
        }
      }
    }
  }

  // A stack that no buffer spans lies in several, each of whole matrices.
  void stacksLieInSeveralParts() {
    const auto graph = graphOf("q4_0", 64, true, true);
    const Tokens tokens = someTokens(12, kVocabulary);
    const auto expected = allLogits(*core::model::createCpuExecutor(graph), tokens, KvType::F32);
    for (const QString& family : families()) {
      const auto device = openFamily(family, {.maxBlockBytes = 12000});
      const auto vulkan = gpu::createVulkanExecutor(device, graph);
      const double error = relativeError(allLogits(*vulkan, tokens, KvType::F32), expected);
      QVERIFY2(error <= 2e-5, qPrintable(family + ": " + QString::number(error)));
    }
  }

  // Inputs of experts as codes, each row under its own scale: the same bits as the CPU has. Of 40 columns a unit is
  // padded; 150 tokens are two batches of outlier columns.
  void quantizedInputsAgree_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("way");
    for (const char* scheme : {"int8", "int4:group=32,range=minmax", "int8:group=8"})
      for (int way = 0; way < 4; ++way) QTest::addRow("%s, %d", scheme, way) << scheme << way;
  }
  void quantizedInputsAgree() {
    QFETCH(QString, scheme);
    QFETCH(int, way);
    const InputQuantizer ways[] = {{.name = ActivationName::Int8Dynamic},
                                   {.name = ActivationName::Int8Static, .scale = 0.004F, .zeroPoint = -9},
                                   {.name = ActivationName::LlmInt8, .threshold = 0.4F},
                                   {.name = ActivationName::LlmInt8, .threshold = 0.0F}};
    for (const std::uint32_t inner : {64U, 40U}) {
      const auto graph = quantizedInputs(scheme.toLatin1().constData(), inner, ways[way]);
      for (const std::size_t count : {std::size_t{150}, std::size_t{1}}) {
        const Tokens tokens = someTokens(count, kVocabulary);
        const auto expected = productsOf(*core::model::createCpuExecutor(graph), tokens);
        for (const QString& family : families()) {
          const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
          QVERIFY2(productsOf(*vulkan, tokens) == expected, qPrintable(family + " " + QString::number(inner)));
        }
      }
    }
  }

  // As floats that FP8 has, sums come in another order.
  void roundedInputsAgree() {
    for (const ActivationName name : {ActivationName::Fp8Dynamic, ActivationName::Fp8Static}) {
      const auto graph = quantizedInputs("fp8_e4m3:scale=row", 40, {.name = name, .scale = 0.01F});
      const Tokens tokens = someTokens(37, kVocabulary);
      const auto expected = allLogits(*core::model::createCpuExecutor(graph), tokens, KvType::F32);
      for (const QString& family : families()) {
        const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
        const double error = relativeError(allLogits(*vulkan, tokens, KvType::F32), expected);
        QVERIFY2(error <= 5e-3, qPrintable(family + ": " + QString::number(error)));  // a code may be its neighbour
      }
    }
  }

  // Learned positions end, and the context with them.
  void positionsEnd() {
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(families().front()), graphOf("fp32", 64, false, true));
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(vulkan->createKvCache(41, KvType::F32)), core::Error);
  }
};

QTEST_GUILESS_MAIN(TestGpuExperts)
#include "tst_gpu_experts.moc"
