// A device that stops responding or runs out of memory in the middle of the work, by faults injected into it: what is
// said, that everything on it can be destroyed in any order, and that opening it anew works.
#include <QTemporaryDir>

#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::ErrorCode;
using core::model::KvType;
using core::model::LogitsWanted;

class TestGpuLost : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    m_path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({}, m_path);
    Model model(m_path);
    for (const QString& family : families()) {
      const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
      m_expected[family] = allLogits(*executor, m_tokens);
    }
  }

  // The prompt is several batches of the lanes family, each a submission and a wait; every family has at least two.
  void everyCallOfAForwardMayLoseTheDevice_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<unsigned>("after");
    for (const QString& family : families()) {
      for (const unsigned after : {0U, 1U}) QTest::addRow("%s, call %u", qPrintable(family), after) << family << after;
    }
    if (families().contains("lanes")) QTest::newRow("lanes, call 2") << "lanes" << 2U;
    if (families().contains("lanes")) QTest::newRow("lanes, call 3") << "lanes" << 3U;
  }
  void everyCallOfAForwardMayLoseTheDevice() {
    QFETCH(QString, family);
    QFETCH(unsigned, after);
    Model model(m_path);
    const auto device = openFamily(family);
    const auto executor = gpu::createVulkanExecutor(device, model.graph());
    const auto cache = executor->createKvCache(100, KvType::F32);
    std::vector<float> row(131);
    executor->forward(std::span(m_tokens).first(2), *cache, LogitsWanted::LastToken, row);
    const auto forward = [&] { executor->forward(m_tokens, *cache, LogitsWanted::LastToken, row); };
    gpu::injectDeviceLoss(*device, after);
    const auto error = errorOf(forward);
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::DeviceLost);
    const QString name = QString::fromStdString(gpu::info(*device).name);
    QCOMPARE(QString(error->what()), name + " stopped responding while computing; the CPU can go on.");
    QVERIFY(error->where().find("VK_ERROR_DEVICE_LOST") != std::string::npos);
    QVERIFY(gpu::isLost(*device));
    QCOMPARE(cache->length(), 2U);

    // From now on everything says so at once.
    const QString again = name + " stopped responding earlier and has to be opened anew; the CPU can go on.";
    const std::function<void()> attempts[] = {forward, [&] { executor->createKvCache(8, KvType::F16); },
                                              [&] { gpu::createVulkanExecutor(device, model.graph()); }};
    for (const auto& attempt : attempts) {
      const auto later = errorOf(attempt);
      QVERIFY(later);
      QCOMPARE(later->code(), ErrorCode::DeviceLost);
      QCOMPARE(QString(later->what()), again);
    }
    // The lost device is still held while the new one works.
    const auto anew = gpu::createVulkanExecutor(openFamily(family), model.graph());
    QCOMPARE(allLogits(*anew, m_tokens), m_expected[family]);
  }

  void whatHoldsALostDeviceGoesInAnyOrder_data() {
    QTest::addColumn<QString>("order");
    for (const char* order : {"dec", "dce", "edc", "ecd", "cde", "ced"}) QTest::newRow(order) << order;
  }
  void whatHoldsALostDeviceGoesInAnyOrder() {
    QFETCH(QString, order);
    Model model(m_path);
    auto device = openFamily(families().front());
    auto executor = gpu::createVulkanExecutor(device, model.graph());
    auto cache = executor->createKvCache(100, KvType::F32);
    std::vector<float> row(131);
    gpu::injectDeviceLoss(*device, 1);  // the work is under way and not waited for
    QVERIFY(errorOf([&] { executor->forward(m_tokens, *cache, LogitsWanted::LastToken, row); }));
    for (const QChar part : order) {
      if (part == 'd') device.reset();
      if (part == 'e') executor.reset();
      if (part == 'c') cache.reset();
    }
  }

  /// A driver without a watchdog waits for ever; we do not.
  void aDeviceThatNeverAnswersIsLost() {
    Model model(m_path);
    const auto device = openFamily(families().front());
    const auto executor = gpu::createVulkanExecutor(device, model.graph());
    device->device()->injectFault(VK_TIMEOUT, 1);
    const auto error = errorOf([&] { allLogits(*executor, m_tokens); });
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::DeviceLost);
    QVERIFY(gpu::isLost(*device));
  }

  void observedWorkMayLoseTheDevice() {
    Model model(m_path);
    const auto device = openFamily(families().front());
    const auto executor = gpu::createVulkanExecutor(device, model.graph());
    int values = 0;
    const auto watching = executor->subscribe({0}, [&](const core::model::Observation&) { ++values; });
    gpu::injectDeviceLoss(*device, 3);  // the second text: each is at least a submission and a wait
    const auto error = errorOf([&] {
      allLogits(*executor, Tokens{1, 2});
      allLogits(*executor, m_tokens);
    });
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::DeviceLost);
    QVERIFY(values > 0);
  }

  // Memory that the host cannot map is written through a staging buffer, as on most discrete GPUs.
  void uploadsMayLoseTheDevice_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void uploadsMayLoseTheDevice() {
    QFETCH(QString, family);
    Model model(m_path);
    const gpu::DeviceOptions staged{.memoryAccess = gpu::vk::DeviceMemoryAccess::Staged};
    const auto lost = openFamily(family, staged);
    gpu::injectDeviceLoss(*lost, 5);
    const auto error = errorOf([&] { gpu::createVulkanExecutor(lost, model.graph()); });
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::DeviceLost);
    QVERIFY2(QString(error->what()).contains("while copying data to its memory"), error->what());
    QCOMPARE(lost->memory()->usedBytes(), 0U);
    const auto anew = gpu::createVulkanExecutor(openFamily(family, staged), model.graph());
    QCOMPARE(allLogits(*anew, m_tokens), m_expected[family]);
  }

  void outOfMemoryIsSaidAndPasses_data() {
    QTest::addColumn<int>("result");
    QTest::addColumn<QString>("says");
    QTest::newRow("of the device") << static_cast<int>(VK_ERROR_OUT_OF_DEVICE_MEMORY)
                                   << "%1 ran out of memory while computing; a shorter context, a smaller scheme or "
                                      "the CPU need less of it.";
    QTest::newRow("of the host") << static_cast<int>(VK_ERROR_OUT_OF_HOST_MEMORY)
                                 << "The main memory ran out while computing on %1.";
  }
  void outOfMemoryIsSaidAndPasses() {
    QFETCH(int, result);
    QFETCH(QString, says);
    Model model(m_path);
    const QString family = families().front();
    const auto device = openFamily(family);
    const auto executor = gpu::createVulkanExecutor(device, model.graph());
    device->device()->injectFault(static_cast<VkResult>(result), 2);
    const auto error = errorOf([&] { allLogits(*executor, m_tokens); });
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::OutOfMemory);
    QCOMPARE(QString(error->what()), says.arg(QString::fromStdString(gpu::info(*device).name)));
    QVERIFY(!gpu::isLost(*device));
    QCOMPARE(allLogits(*executor, m_tokens), m_expected[family]);
  }

 private:
  QTemporaryDir m_folder;
  std::filesystem::path m_path;
  Tokens m_tokens = someTokens(75, 131);
  std::map<QString, std::vector<float>> m_expected;
};

QTEST_GUILESS_MAIN(TestGpuLost)
#include "tst_gpu_lost.moc"
