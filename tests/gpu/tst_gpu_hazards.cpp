// No barrier is missing between the steps of models of several families, as far as the Khronos validation layer can
// tell: of Lanes, which read activations through texels, it finds every barrier that is taken away; of Workgroups,
// version 1.3.239 finds only what copies read.
#include "core/model/together.h"
#include "core/model/weights.h"
#include "gpu/vk/instance.h"
#include "gpu_models.h"

using namespace gputest;
using core::model::LogitsWanted;

class TestGpuHazards : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    qputenv("QS_VULKAN_VALIDATION", "hazards");
    m_instance = gpu::vk::Instance::get();
    QVERIFY2(m_instance, "no Vulkan device: install mesa-vulkan-drivers");
    if (!m_instance->isValidating()) QSKIP("The package vulkan-validationlayers is not installed.");
  }

  void noBarrierIsMissing_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<QString>("name");
    for (const QString& family : families())
      for (const char* name : {"llama", "gemma2", "gemma4", "gptoss", "qwen35moe", "lfm2", "mamba2", "deepseek3"})
        QTest::addRow("%s, %s", name, qPrintable(family)) << family << name;
  }
  void noBarrierIsMissing() {
    QFETCH(QString, family);
    QFETCH(QString, name);
    Model model(std::filesystem::path(QS_TEST_DATA) / "architectures" / (name.toStdString() + ".gguf"));
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const std::uint32_t vocabulary = executor->graph().vocabulary();
    const auto cache = executor->createKvCache(700, core::model::KvType::F16);
    std::vector<float> row(vocabulary);
    const auto append = [&](std::size_t count) {
      executor->forward(someTokens(count, vocabulary), *cache, LogitsWanted::LastToken, row);
    };
    append(600);
    append(1);  // attention in parts
    auto watching = executor->subscribe(executor->graph().allValues(), [](const core::model::Observation&) {});
    append(3);
    watching.reset();
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

  // Executors in the same commands. (Rows of sequences are disjoint parts of a buffer, which the layer cannot tell.)
  void noBarrierIsMissingBetweenExecutors() {
    Model model(std::filesystem::path(QS_TEST_DATA) / "architectures" / "llama.gguf");
    for (const QString& family : families()) {
      const auto a = gpu::createVulkanExecutor(sharedFamily(family), model.graph()),
                 b = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
      const auto cacheA = a->createKvCache(9, core::model::KvType::F16),
                 cacheB = b->createKvCache(9, core::model::KvType::F16);
      const core::model::CandidatesWanted wanted{.count = 3, .known = a->graph().vocabulary()};
      for (const core::model::TokenId token : {3, 4})
        for (const auto& found : core::model::computeTogether(std::vector<core::model::StepAsked>{
                 {a.get(), {token, cacheA.get(), wanted}}, {b.get(), {token, cacheB.get(), wanted}}}))
          QVERIFY(!found.failure);
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

  // Logits are made, looked through and read.
  void noBarrierIsMissingBehindLogits() {
    for (const QString& family : families()) {
      const auto executor = gpu::createVulkanExecutor(openFamily(family, {.findsCandidates = true}),
                                                      tiedGraph(quantized("fp32", 5000, 32)));
      const auto cache = executor->createKvCache(8, core::model::KvType::F16);
      for (const core::model::TokenId token : {3, 4}) {
        executor->candidates(Tokens{token}, *cache, {.count = 40, .known = 5000});
        executor->lastLogits();
        executor->prepare(4, *cache, {.count = 40, .known = 5000});
      }
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

 private:
  std::shared_ptr<gpu::vk::Instance> m_instance;
};

QTEST_GUILESS_MAIN(TestGpuHazards)
#include "tst_gpu_hazards.moc"
