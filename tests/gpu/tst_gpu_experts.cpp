// Products of experts in every kind of layout, and what stands around them, on the device against the CPU's.
#include <QtTest>

#include "core/model/graph_builder.h"
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
                                builder.embedPositions("position_embd", weights("p", {40, kWidth})));
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

}  // namespace

class TestGpuExperts : public QObject {
  Q_OBJECT

 private slots:
  void everyLayoutAgrees_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<int>("inner");
    QTest::addColumn<bool>("hasBiases");
    // 64 rows are whole tiles; of 40, every expert's last tile is padded, and its params are the next one's rows.
    for (const char* scheme : {"fp32", "bf16", "q4_0", "q8_0", "mxfp4", "int4", "int8", "int3:group=16", "nf4",
                               "kmeans3", "log4:group=32", "int4:compute=fp16"})
      QTest::addRow("%s", scheme) << scheme << 64 << true;
    for (const char* scheme : {"fp32", "fp16", "int4:group=8", "int8:group=row"})
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

  // Learned positions end, and the context with them.
  void positionsEnd() {
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(families().front()), graphOf("fp32", 64, false, true));
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(vulkan->createKvCache(41, KvType::F32)), core::Error);
  }
};

QTEST_GUILESS_MAIN(TestGpuExperts)
#include "tst_gpu_experts.moc"
