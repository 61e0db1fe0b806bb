// An adapter beside its base on Vulkan: the CPU's logits, whatever the base is packed to.
#include <QTemporaryDir>

#include "core/model/recipe/adapter.h"
#include "core/model/recipe/other_model.h"
#include "gpu_models.h"
#include "support/adapter_folder.h"
#include "support/random_model.h"

using namespace gputest;

class TestGpuAdapter : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

 private slots:
  void agreesWithTheCpu_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<double>("percent");
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) {
      QTest::newRow(qPrintable("as stored, " + family)) << QString() << 100.0 << family;
      QTest::newRow(qPrintable("nf4, " + family)) << QString("nf4:double=on") << 100.0 << family;
      QTest::newRow(qPrintable("nf4, doubled, " + family)) << QString("nf4:double=on") << 200.0 << family;
      QTest::newRow(qPrintable("integers, " + family)) << QString("int8:activations=int8_dynamic") << 100.0 << family;
    }
  }

  void agreesWithTheCpu() {
    QFETCH(QString, scheme);
    QFETCH(double, percent);
    QFETCH(QString, family);
    const std::filesystem::path folder = m_folder.path().toStdString();
    if (!std::filesystem::exists(folder / "tuned")) {
      support::writeRandomModel({}, folder / "model.gguf");
      support::writeAdapterFolder(folder / "tuned",
                                  {{"model.layers.0.self_attn.q_proj", 96, 96},
                                   {"model.layers.0.self_attn.v_proj", 32, 96},
                                   {"model.layers.1.mlp.gate_proj", 160, 96},
                                   {"model.layers.1.mlp.up_proj", 160, 96},
                                   {"model.layers.1.mlp.down_proj", 96, 160},
                                   {"lm_head", 131, 96}},
                                  0.2F);
    }
    const auto checkpoint = core::io::openCheckpoint(folder / "model.gguf");
    const auto config = core::model::ModelConfig::fromCheckpoint(*checkpoint);
    core::model::WeightLibrary library(checkpoint);
    core::model::Recipe recipe;
    if (!scheme.isEmpty()) recipe = core::model::Recipe(core::quant::Scheme::parse(scheme.toStdString()));
    const auto logitsOf = [&](const core::model::Graph& graph, bool onCpu) {
      const auto executor =
          onCpu ? core::model::createCpuExecutor(graph) : gpu::createVulkanExecutor(sharedFamily(family), graph);
      return allLogits(*executor, someTokens(40, graph.vocabulary()));
    };
    const auto base = logitsOf(core::model::buildGraph(config, library.load(config, recipe)), true);
    recipe.adapter = std::make_shared<core::model::OtherModel>(
        core::model::Adapter::read(core::io::openCheckpoint(folder / "tuned"), percent), "tuned", "tuned");
    const auto graph = core::model::buildGraph(config, library.load(config, recipe));
    const auto expected = logitsOf(graph, true);
    QVERIFY(relativeError(base, expected) > 0.05);
    // Integers: an input whose last bit differs may round to another code.
    QVERIFY(relativeError(logitsOf(graph, false), expected) < (scheme.startsWith("int8") ? 1e-2 : 1e-5));
  }
};

QTEST_GUILESS_MAIN(TestGpuAdapter)
#include "tst_gpu_adapter.moc"
