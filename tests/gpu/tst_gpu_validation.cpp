// The Khronos validation layer has nothing to say about what we do.
#include <QTemporaryDir>

#include "gpu/vk/instance.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;

class TestGpuValidation : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    qputenv("QS_VULKAN_VALIDATION", "1");
    m_instance = gpu::vk::Instance::get();
    QVERIFY2(m_instance, "no Vulkan device: install mesa-vulkan-drivers");
    if (!m_instance->isValidating()) QSKIP("The package vulkan-validationlayers is not installed.");
  }
  void runsWithoutMessages_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void runsWithoutMessages() {
    QFETCH(QString, family);
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({.matrixType = "q8_0", .embeddingType = "q4_1", .biases = true}, path);
    {
      Model model(path);
      const auto executor = gpu::createVulkanExecutor(openFamily(family, {.maxBlockBytes = 8192}), model.graph());
      allLogits(*executor, someTokens(50, 131), core::model::KvType::F16);
      auto watching = executor->subscribe(executor->graph().allValues(), [](const core::model::Observation&) {});
      const auto sums = executor->sumColumns(executor->graph().allValues());
      allLogits(*executor, someTokens(5, 131));
      watching.reset();
      allLogits(*executor, someTokens(40, 131));
      allLogits(*executor, {1});
      const auto cache = executor->createKvCache(700, core::model::KvType::F16);  // attention in parts, and joined
      std::vector<float> row(131);
      for (const std::size_t count : {std::size_t{600}, std::size_t{1}})
        executor->forward(someTokens(count, 131), *cache, core::model::LogitsWanted::LastToken, row);
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

  // Every kernel that reads weights: one token and many.
  void readsEveryBlockTypeWithoutMessages() {
    for (const QString& family : families()) {
      for (const auto type : support::blockTypes()) {
        const auto executor = gpu::createVulkanExecutor(openFamily(family), tiedGraph(moderateBlocks(type, 70, 256)));
        allLogits(*executor, {3});
        allLogits(*executor, someTokens(20, 70));
      }
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

  // Work in single workgroups, through a staging buffer, and a device that is lost in the middle of it.
  void runsInPiecesAndLosesTheDeviceWithoutMessages() {
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({}, path);
    for (const QString& family : families()) {
      Model model(path);
      const auto device = openFamily(family, {.mostWork = 1.0, .memoryAccess = gpu::vk::DeviceMemoryAccess::Staged});
      const auto executor = gpu::createVulkanExecutor(device, model.graph());
      allLogits(*executor, someTokens(7, 131));
      gpu::injectDeviceLoss(*device, 5);
      QVERIFY(errorOf([&] { allLogits(*executor, someTokens(7, 131)); }));
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

  // 65,535 workgroups is all that a dimension of a grid may have: no grid grows with width × tokens.
  void runsAWideModelWithoutMessages() {
    QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({.width = 32, .layers = 1, .feedForward = 65600, .heads = 2, .matrixType = "q4_0"}, path);
    {
      Model model(path);
      const auto executor = gpu::createVulkanExecutor(openFamily("workgroups"), model.graph());
      const auto cache = executor->createKvCache(256, core::model::KvType::F16);
      std::vector<float> logits(131);
      executor->forward(someTokens(256, 131), *cache, core::model::LogitsWanted::LastToken, logits);
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

 private:
  std::shared_ptr<gpu::vk::Instance> m_instance;
};

QTEST_GUILESS_MAIN(TestGpuValidation)
#include "tst_gpu_validation.moc"
