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
      executor->setHook([](const std::string&, std::span<const float>, std::uint32_t) {});
      allLogits(*executor, someTokens(5, 131));
      executor->setHook({});
      allLogits(*executor, {1});
    }
    QCOMPARE(gpu::vk::Instance::validationMessages(), 0U);
  }

 private:
  std::shared_ptr<gpu::vk::Instance> m_instance;
};

QTEST_GUILESS_MAIN(TestGpuValidation)
#include "tst_gpu_validation.moc"
