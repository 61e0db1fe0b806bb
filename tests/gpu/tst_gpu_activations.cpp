// Inputs as bytes and FP8, products of integers and a cache of bytes on the device against the CPU: bit for bit where
// integers are multiplied.
#include <algorithm>
#include <bit>
#include <cstring>

#include "core/model/graph_builder.h"
#include "core/model/input_changes.h"
#include "gpu_models.h"
#include "support/odd_inputs.h"

using namespace gputest;
using core::model::KvType;
using core::model::ValueId;
using core::quant::ActivationName;
using core::quant::InputQuantizer;
using core::quant::QuantizedTensor;
using core::quant::QuantizedTensorPtr;

namespace {

const std::filesystem::path kDemo = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";

/// Families of kernels, and of workgroups both ways to multiply bytes.
QStringList ways() {
  QStringList list = families();
  if (sharedFamily("workgroups")->choice().hasIntegerDot) list << "workgroups without dot";
  return list;
}

std::shared_ptr<gpu::VulkanDevice> deviceOf(const QString& way) {
  if (!way.contains("without")) return sharedFamily(way);
  static std::shared_ptr<gpu::VulkanDevice> device;
  if (!device) {
    gpu::DeviceOptions options;
    options.integerDot = false;
    device = openFamily("workgroups", options);
    qAddPostRoutine([] { device.reset(); });
  }
  return device;
}

std::vector<InputQuantizer> quantizers() {
  return {{.name = ActivationName::Int8Dynamic},
          {.name = ActivationName::Int8Static, .scale = 0.03F, .zeroPoint = -9},
          {.name = ActivationName::Int8Static, .scale = 0.0F, .zeroPoint = 5},
          {.name = ActivationName::LlmInt8, .threshold = 6.0F},
          {.name = ActivationName::LlmInt8, .threshold = 0.0F},
          {.name = ActivationName::Fp8Dynamic},
          {.name = ActivationName::Fp8Static, .scale = 0.01F}};
}

QuantizedTensorPtr withInput(const QuantizedTensor& tensor, const InputQuantizer& quantizer) {
  auto result = std::make_shared<QuantizedTensor>(tensor);
  result->input = quantizer;
  return result;
}

/// Rows that are looked up exactly, then times a weight.
core::model::Graph graphOf(const std::vector<float>& rows, std::size_t count, const QuantizedTensorPtr& weight,
                           const QuantizedTensorPtr& bias = nullptr) {
  core::model::GraphBuilder builder(0);
  builder.matMul("logits", builder.embed("x", quantized("fp32", count, rows.size() / count, rows)), weight, bias);
  return core::model::applyInputChanges(builder.take());
}

/// What the first matrix makes of its inputs.
std::vector<float> firstProduct(core::model::Executor& executor, const Tokens& tokens) {
  const auto& ops = executor.graph().ops;
  const auto product =
      std::ranges::find_if(ops, [](const core::model::Op& op) { return op.kind() == core::model::OpKind::MatMul; });
  std::vector<float> values;
  const auto watching = executor.subscribe({product->out}, [&](const core::model::Observation& seen) {
    values.insert(values.end(), seen.data.begin(), seen.data.end());
  });
  allLogits(executor, tokens);
  return values;
}

/// What is made of each value, as bits; values that are not finite are let through.
std::vector<std::vector<std::uint32_t>> bitsOf(core::model::Executor& executor, const Tokens& tokens) {
  std::vector<ValueId> values;
  for (ValueId v = 0; v < executor.graph().values.size(); ++v) values.push_back(v);
  std::vector<std::vector<std::uint32_t>> all(values.size());
  const auto watching = executor.subscribe(values, [&](const core::model::Observation& seen) {
    for (const float value : seen.data) all[seen.value].push_back(std::bit_cast<std::uint32_t>(value));
  });
  errorOf([&] { allLogits(executor, tokens); });  // of infinite outliers products are none
  return all;
}

Tokens counting(std::size_t count) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<core::model::TokenId>(i);
  return tokens;
}

/// Compares all values of a graph. Zeros may differ in sign.
QString difference(const core::model::Graph& graph, const QString& way, const Tokens& tokens) {
  const auto cpu = core::model::createCpuExecutor(graph);
  const auto vulkan = gpu::createVulkanExecutor(deviceOf(way), graph);
  const auto expected = bitsOf(*cpu, tokens), found = bitsOf(*vulkan, tokens);
  for (std::size_t v = 0; v < expected.size(); ++v) {
    if (expected[v].size() != found[v].size()) return QString("%1 has another size").arg(graph.values[v].name.c_str());
    for (std::size_t i = 0; i < expected[v].size(); ++i) {
      if (expected[v][i] == found[v][i] || ((expected[v][i] | found[v][i]) & 0x7FFFFFFFU) == 0) continue;
      return QString("%1 differs at %2 of rows of %3: %4, not %5")
          .arg(graph.values[v].name.c_str())
          .arg(i)
          .arg(graph.values[v].words())
          .arg(found[v][i], 8, 16)
          .arg(expected[v][i], 8, 16);
    }
  }
  return {};
}

}  // namespace

class TestGpuActivations : public QObject {
  Q_OBJECT

 private slots:
  void rowsAreQuantizedAlike_data() {
    QTest::addColumn<QString>("way");
    QTest::addColumn<int>("quantizer");
    QTest::addColumn<int>("width");
    for (const QString& way : families()) {
      for (int q = 0; q < static_cast<int>(quantizers().size()); ++q)
        for (const int width : {31, 64, 300})
          QTest::addRow("%s, %d, %d", qPrintable(way), q, width) << way << q << width;
    }
  }
  /// Zeros, subnormal numbers, the largest there are, ties, outliers: every word of the rows.
  void rowsAreQuantizedAlike() {
    QFETCH(QString, way);
    QFETCH(int, quantizer);
    QFETCH(int, width);
    std::size_t count = 0;
    std::vector<float> rows = support::oddInputs(static_cast<std::size_t>(width), count);
    // Products with small weights stay finite, as a model's logits have to.
    const InputQuantizer input = quantizers()[static_cast<std::size_t>(quantizer)];
    const auto weight = withInput(*quantized("int8", 5, static_cast<std::size_t>(width),
                                             std::vector<float>(5 * static_cast<std::size_t>(width), 1e-3F)),
                                  input);
    const core::model::Graph graph = graphOf(rows, count, weight);
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(deviceOf(way), graph);
    QCOMPARE(bitsOf(*vulkan, counting(count))[2], bitsOf(*cpu, counting(count))[2]);  // x, logits, x_rounded
  }

  void integersAreMultipliedAlike_data() {
    QTest::addColumn<QString>("way");
    QTest::addColumn<QString>("scheme");
    for (const QString& way : ways()) {
      const auto add = [&](int bits, const char* rest) {
        QTest::addRow("%s, int%d%s", qPrintable(way), bits, rest) << way << QString("int%1%2").arg(bits).arg(rest);
      };
      for (int bits = 2; bits <= 8; ++bits) add(bits, bits % 2 == 0 ? ":group=row,range=absmax" : ":group=32");
      for (const char* rest : {":group=tensor", ":group=64,range=minmax", ":group=row,range=minmax"}) add(8, rest);
      for (const char* rest : {":group=32", ":group=16", ":group=8,range=minmax"}) add(4, rest);
    }
  }
  void integersAreMultipliedAlike() {
    QFETCH(QString, way);
    QFETCH(QString, scheme);
    constexpr std::size_t kWidth = 840, kTokens = 40, kRows = 70;  // neither whole units nor whole tiles
    support::RandomNumbers random(8);
    std::vector<float> rows(kTokens * kWidth);
    for (float& value : rows) value = static_cast<float>(random.bell());
    rows[7] = 30.0F;
    rows[kWidth * 3 + 11] = -6.5F;
    QuantizedTensor tensor = *quantized(scheme.toStdString(), kRows, kWidth);
    tensor.factor = 0.3F;
    const auto bias = quantized("fp32", 1, kRows, std::vector<float>(kRows, 0.37F));
    for (const InputQuantizer& input : {quantizers()[1], quantizers()[3]}) {  // with zero-points, with outliers
      const core::model::Graph graph = graphOf(rows, kTokens, withInput(tensor, input), bias);
      for (const std::size_t tokens : {std::size_t{1}, kTokens}) {
        // Zero-points and the number of tokens have nothing to do with a weight's bits: one width has all of it.
        const bool isOne = tokens == 1, hasZeros = input.name == ActivationName::Int8Static;
        if (!scheme.startsWith("int8") && isOne == hasZeros) continue;
        const QString found = difference(graph, way, counting(tokens));
        QVERIFY2(found.isEmpty(), qPrintable(found));
      }
    }
  }

  /// Weights as GGUF has them, whose codes and scales are taken over.
  void blocksAreMultipliedAlike() {
    constexpr std::size_t kWidth = 224, kTokens = 40, kRows = 70;
    support::RandomNumbers random(8);
    std::vector<float> rows(kTokens * kWidth);
    for (float& value : rows) value = static_cast<float>(random.bell());
    for (const char* scheme : {"q4_0", "q8_0"}) {
      const auto weight = withInput(*quantized(scheme, kRows, kWidth), {.name = ActivationName::Int8Dynamic});
      const core::model::Graph graph = graphOf(rows, kTokens, weight);
      QVERIFY(graph.ops.back().as<core::model::MatMul>().weight->as<core::quant::Uniform>() != nullptr);
      for (const QString& way : ways()) {
        for (const std::size_t tokens : {std::size_t{1}, kTokens}) {
          const QString found = difference(graph, way, counting(tokens));
          QVERIFY2(found.isEmpty(), qPrintable(QString("%1, %2: %3").arg(way, scheme, found)));
        }
      }
    }
  }

  /// Blocks that are no integers under one scale: the CPU alone.
  void otherBlocksAreRefused() {
    const auto weight = withInput(*quantized("q4_k", 4, 256), {.name = ActivationName::Int8Dynamic});
    const core::model::Graph graph = graphOf(std::vector<float>(2 * 256, 0.5F), 2, weight);
    QCOMPARE(allLogits(*core::model::createCpuExecutor(graph), counting(2)).size(), std::size_t{8});
    try {
      static_cast<void>(gpu::createVulkanExecutor(deviceOf(ways().front()), graph));
      QFAIL("It was taken.");
    } catch (const core::Error& error) {
      QCOMPARE(error.code(), core::ErrorCode::Unsupported);
      QVERIFY(QString(error.what()).contains("q4_k, which only the CPU multiplies with 8-bit inputs"));
    }
  }

  /// Long rows are summed in pieces.
  void longRowsAreMultipliedAlike() {
    constexpr std::size_t kWidth = 70000;
    QuantizedTensor tensor = *quantized("int8:range=minmax", 3, kWidth, std::vector<float>(3 * kWidth, 1.0F));
    const std::vector<float> rows(2 * kWidth, 3.9F);
    const auto weight =
        withInput(tensor, {.name = ActivationName::Int8Static, .scale = 4.0F / 255.0F, .zeroPoint = -128});
    for (const QString& way : ways()) {
      const core::model::Graph graph = graphOf(rows, 2, weight);
      const QString found = difference(graph, way, counting(2));
      QVERIFY2(found.isEmpty(), qPrintable(way + ": " + found));
      const auto vulkan = gpu::createVulkanExecutor(deviceOf(way), graph);
      QVERIFY(std::abs(allLogits(*vulkan, counting(1))[0] / (3.9F * kWidth) - 1.0F) < 0.01F);
    }
  }

  void changedColumnsStayPacked() {
    const QuantizedTensorPtr stored = quantized("int4:group=32", 70, 96);
    QuantizedTensor tensor = *stored;
    core::quant::ColumnChanges changes;
    for (std::uint32_t c = 0; c < 96; ++c) {
      changes.order.push_back((c * 35 + 4) % 96);
      changes.inputScales.push_back(0.5F + static_cast<float>(c) / 50.0F);
    }
    tensor.changes = std::make_shared<const core::quant::ColumnChanges>(changes);
    support::RandomNumbers random(6);
    std::vector<float> rows(40 * 96);
    for (float& value : rows) value = static_cast<float>(random.bell());
    const core::model::Graph graph = graphOf(rows, 40, std::make_shared<const QuantizedTensor>(tensor));
    const auto coded = withInput(tensor, {.name = ActivationName::Int8Dynamic});
    for (const QString& way : ways()) {
      const auto cpu = core::model::createCpuExecutor(graph);
      const auto vulkan = gpu::createVulkanExecutor(deviceOf(way), graph);
      QVERIFY(relativeError(allLogits(*vulkan, counting(40)), allLogits(*cpu, counting(40))) < 1e-6);
      const QString found = difference(graphOf(rows, 40, coded), way, counting(40));
      QVERIFY2(found.isEmpty(), qPrintable(found));
    }
    const auto format = gpu::packedFormatOf(tensor, gpu::vk::KernelFamily::Workgroups, core::quant::Columns::AsStored);
    QVERIFY(!format.isDecoded);
    QVERIFY(gpu::packedFormatOf(tensor).isDecoded);
  }

  void modelsAgree_data() {
    QTest::addColumn<QString>("way");
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("floats");
    for (const QString& way : ways()) {
      const auto add = [&](const char* scheme, const char* floats) {
        QTest::addRow("%s, %s", qPrintable(way), scheme) << way << QString(scheme) << QString(floats);
      };
      add("int8:activations=int8_dynamic", "int8");
      add("int4:range=minmax,activations=int8_dynamic", "int4:range=minmax");
      add("fp8_e4m3:scale=row,activations=fp8_dynamic", "fp8_e4m3:scale=row");
      add("nf4:activations=fp8_dynamic", "nf4");
      add("llm_int8", "int8");
      add("llm_int8:threshold=2", "int8");
    }
  }
  /// Norms and softmax round otherwise on the device, and so do products of floats: by e of a value, and so the share
  /// 127 · e of the inputs falls into the next code, which is 1/127 of the largest away. After the product the devices
  /// differ by √(e / 127): by 3e-5 after the first, by what rounding itself costs some layers later, and not by more.
  /// What is computed in integers is compared bit for bit above.
  void modelsAgree() {
    QFETCH(QString, way);
    QFETCH(QString, scheme);
    QFETCH(QString, floats);
    Model model(kDemo);
    const auto graphUnder = [&](const QString& text) {
      return model.graph(core::quant::Scheme::parse(text.toStdString()));
    };
    const core::model::Graph graph = graphUnder(scheme);
    const auto cpu = core::model::createCpuExecutor(graph),
               unrounded = core::model::createCpuExecutor(graphUnder(floats));
    const auto vulkan = gpu::createVulkanExecutor(deviceOf(way), graph);
    const Tokens tokens = someTokens(70, graph.vocabulary());  // more than a batch of lanes
    const auto expected = allLogits(*cpu, tokens);
    const double error = relativeError(allLogits(*vulkan, tokens), expected),
                 rounding = relativeError(expected, allLogits(*unrounded, tokens));
    qInfo("%s, %s: %.3g, rounding %.3g", qPrintable(way), qPrintable(scheme), error, rounding);
    QVERIFY(rounding > 1e-3);
    QVERIFY(error < rounding);
    const auto first = firstProduct(*cpu, tokens);
    const double firstRounding = relativeError(first, firstProduct(*unrounded, tokens));
    QVERIFY2(relativeError(firstProduct(*vulkan, tokens), first) < 0.1 * firstRounding, qPrintable(scheme));
  }

  void keysAndValuesInBytesAgree_data() {
    QTest::addColumn<QString>("way");
    for (const QString& way : families()) QTest::newRow(qPrintable(way)) << way;
  }
  void keysAndValuesInBytesAgree() {
    QFETCH(QString, way);
    Model model(kDemo);
    const core::model::Graph graph = model.graph();
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(deviceOf(way), graph);
    const Tokens tokens = someTokens(70, graph.vocabulary());
    const auto expected = allLogits(*cpu, tokens, KvType::Int8), found = allLogits(*vulkan, tokens, KvType::Int8);
    const double error = relativeError(found, expected),
                 rounding = relativeError(expected, allLogits(*cpu, tokens, KvType::F32));
    qInfo("%s: %.3g of %.3g", qPrintable(way), error, rounding);
    QVERIFY(error < rounding / 5 && error < 2e-3);
    const auto bytes = vulkan->createKvCache(64, KvType::Int8), halves = vulkan->createKvCache(64, KvType::F16);
    QVERIFY(bytes->bytes() < halves->bytes());
  }
};

QTEST_GUILESS_MAIN(TestGpuActivations)
#include "tst_gpu_activations.moc"
