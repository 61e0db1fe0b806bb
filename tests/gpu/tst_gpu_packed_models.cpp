// Whole models as other programs packed them: on the CPU and on the device they compute what their decoded weights do.
#include "core/model/input_changes.h"
#include "core/quant/load_tensor.h"
#include "gpu_models.h"

using namespace gputest;
namespace model = core::model;
namespace quant = core::quant;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "packed";

/// The same weights as floats, for inputs that stay as they are.
quant::QuantizedTensorPtr decoded(const quant::QuantizedTensor& weight) {
  const auto values = std::make_shared<const std::vector<float>>(quant::dequantize(weight));
  auto result = std::make_shared<quant::QuantizedTensor>();
  result->name = weight.name;
  result->shape = weight.shape;
  result->payload = std::as_bytes(std::span(*values));
  result->owner = values;
  return result;
}

}  // namespace

class TestGpuPackedModels : public QObject {
  Q_OBJECT
 private slots:
  void computeWhatTheirWeightsDo_data() {
    QTest::addColumn<QString>("folder");
    for (const char* folder : {"gptq_llama", "awq_llama", "ct_pack_llama", "bnb_nf4_llama", "ct_nvfp4_llama",
                               "modelopt_nvfp4_llama", "fp8_llama", "hqq_llama"})
      QTest::newRow(folder) << QString(folder);
  }
  void computeWhatTheirWeightsDo() {
    QFETCH(QString, folder);
    const auto checkpoint = core::io::openCheckpoint(kData / folder.toStdString());
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    model::ModelWeights weights = library.load(config, std::optional<quant::Scheme>());
    model::ModelWeights floats = weights;
    std::size_t packed = 0;
    for (model::WeightSet& block : floats.blocks) {
      for (quant::QuantizedTensorPtr& weight : block) {
        if (!weight || weight->shape.rank() != 2) continue;
        if (!weight->dtype()) ++packed;
        weight = decoded(*weight);
      }
    }
    QCOMPARE(packed, std::size_t{7});
    const Tokens tokens = someTokens(9, config.vocabulary);
    const auto plain = model::createCpuExecutor(model::buildGraph(config, floats));
    const auto cpu = model::createCpuExecutor(model::buildGraph(config, weights));
    const std::vector<float> expected = allLogits(*plain, tokens), found = allLogits(*cpu, tokens);
    QVERIFY2(relativeError(found, expected) < 1e-5, qPrintable(QString::number(relativeError(found, expected))));
    for (const QString& family : families()) {
      const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), model::buildGraph(config, weights));
      const double error = relativeError(allLogits(*vulkan, tokens), found);
      QVERIFY2(error < 1e-5, qPrintable(family + ": " + QString::number(error)));
    }
  }

  /// Columns in another order, and inputs quantized as the config says: packed on both devices.
  void changedInputs_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<double>("most");  // relative to products with floats
    const auto row = [](const char* folder, double most) { QTest::newRow(folder) << QString(folder) << most; };
    row("gptq_act_order", 1e-6);
    row("gptq_act_order_short", 1e-6);
    row("ct_pack_g_idx_asym", 1e-6);
    row("ct_int8", 0.02);
    row("ct_fp8_channel", 0.05);
    row("fp8_tensor", 0.2);  // a scale that nobody measured
    row("bnb_int8", 0.02);
  }
  void changedInputs() {
    QFETCH(QString, folder);
    QFETCH(double, most);
    const auto checkpoint = core::io::openCheckpoint(kData / folder.toStdString());
    const auto weight = quant::loadTensor(*checkpoint, "model.layers.0.mlp.down_proj.weight");
    QVERIFY(weight->input || (weight->changes != nullptr && !weight->changes->order.empty()));
    const auto rows = static_cast<std::uint32_t>(weight->rows()),
               width = static_cast<std::uint32_t>(weight->rowValues());
    const auto graphOf = [&](const quant::QuantizedTensorPtr& tensor) {
      model::Graph graph;
      graph.values = {{"row", width}, {"out", rows}};
      graph.ops = {{.parameters = model::Embed{quantized("fp32", 16, width)}, .out = 0},
                   {.parameters = model::MatMul{tensor}, .inputs = {0}, .out = 1}};
      return model::applyInputChanges(std::move(graph));
    };
    const Tokens tokens = someTokens(5, 16);
    const auto expected = allLogits(*model::createCpuExecutor(graphOf(decoded(*weight))), tokens);
    const auto found = allLogits(*model::createCpuExecutor(graphOf(weight)), tokens);
    QVERIFY2(relativeError(found, expected) < most, qPrintable(QString::number(relativeError(found, expected))));
    for (const QString& family : families()) {
      const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graphOf(weight));
      const double error = relativeError(allLogits(*vulkan, tokens), found);
      QVERIFY2(error < 1e-5, qPrintable(family + ": " + QString::number(error)));
    }
  }
};

QTEST_GUILESS_MAIN(TestGpuPackedModels)
#include "tst_gpu_packed_models.moc"
