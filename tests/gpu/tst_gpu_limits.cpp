// Devices that can do less than the one at hand, pretended by lowering what it says of itself: a prompt of several
// batches and a token behind it come out as on the CPU, or one sentence says what does not go.
#include <QTemporaryDir>
#include <array>
#include <thread>

#include "gpu/memory_plan.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::ErrorCode;
using core::model::KvType;
using core::model::LogitsWanted;
using gpu::vk::Caps;

namespace {

constexpr std::uint64_t kSmall = 96 * 1024;
constexpr std::uint32_t kVocabulary = 1500;  // 47 tiles of the output matrix
constexpr std::size_t kPrompt = 300;         // more than a batch of either family

struct Limits {
  const char* name;
  gpu::DeviceOptions options;
};

const std::vector<Limits>& limits() {
  static const std::vector<Limits> all{
      {"64 workgroups", {.limited = [](Caps& caps) { caps.maxWorkgroupCount = 64; }}},
      {"small storage buffers", {.limited = [](Caps& caps) { caps.maxStorageBufferRange = kSmall; }}},
      {"small allocations", {.limited = [](Caps& caps) { caps.maxMemoryAllocationSize = kSmall; }}},
      {"unmapped memory", {.memoryAccess = gpu::vk::DeviceMemoryAccess::Staged, .stagingBytes = 4096}},
      {"short submissions", {.mostWork = 2e5}},
      {"little of all",
       {.mostWork = 1e6,
        .memoryAccess = gpu::vk::DeviceMemoryAccess::Staged,
        .stagingBytes = 1024,
        .limited = [](Caps& caps) {
          caps.maxWorkgroupCount = 64;
          caps.maxWorkgroupInvocations = 128;
          caps.maxSharedMemoryBytes = 16384;
          caps.maxStorageBufferRange = caps.maxMemoryAllocationSize = kSmall;
        }}}};
  return all;
}

/// Logits of every token of a prompt and of one behind it.
std::vector<float> logitsOf(core::model::Executor& executor) {
  const Tokens tokens = someTokens(kPrompt + 1, kVocabulary);
  const auto cache = executor.createKvCache(kPrompt + 1, KvType::F32);
  std::vector<float> logits((kPrompt + 1) * kVocabulary);
  const auto prompt = std::span(logits).first(kPrompt * kVocabulary);
  executor.forward(std::span(tokens).first(kPrompt), *cache, LogitsWanted::AllTokens, prompt);
  executor.forward(std::span(tokens).last(1), *cache, LogitsWanted::LastToken, std::span(logits).last(kVocabulary));
  return logits;
}

}  // namespace

class TestGpuLimits : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    m_path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel(
        {.vocabulary = kVocabulary, .contextLength = 512, .matrixType = "q4_0", .embeddingType = "f16"}, m_path);
    Model model(m_path);
    m_expected = logitsOf(*core::model::createCpuExecutor(model.graph()));
  }

  void lessGivesTheSame_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<int>("limit");
    for (const QString& family : families())
      for (std::size_t i = 0; i < limits().size(); ++i)
        QTest::addRow("%s, %s", qPrintable(family), limits()[i].name) << family << static_cast<int>(i);
  }
  void lessGivesTheSame() {
    QFETCH(QString, family);
    QFETCH(int, limit);
    const gpu::DeviceOptions& options = limits()[static_cast<std::size_t>(limit)].options;
    Model model(m_path);
    gpu::VulkanExecutor executor(openFamily(family, options), model.graph(), core::JobContext());
    const double error = relativeError(logitsOf(executor), m_expected);
    QVERIFY2(error < 1e-5, qPrintable(QString::number(error)));
    // The prompt took several batches, of which each is a submission at least.
    QVERIFY(executor.batchTokens() < kPrompt);
    QVERIFY(executor.traffic().submissions > kPrompt / executor.batchTokens() + 1);
    if (options.limited) QVERIFY(executor.batchTokens() <= 64);
  }

  /// What devices with matrices take, where the memory is there; the plan knows how much that is.
  void batchesOfMoreTokens() {
    const std::uint64_t plenty = std::uint64_t{1} << 32;
    for (const auto& [memory, tokens] : {std::pair(plenty, 512U), {std::uint64_t{4} << 20, 256U}}) {
      const auto device = openFamily(
          "workgroups", {.batchTokens = 512, .limited = [&](Caps& caps) { caps.deviceMemoryBytes = memory; }});
      Model model(m_path);
      gpu::VulkanExecutor executor(device, model.graph(), core::JobContext());
      QCOMPARE(executor.batchTokens(), tokens);
      const auto planned = gpu::plannedMemory(executor.graph(), device->device()->caps(), device->choice(),
                                              device->weights().maxBlockBytes());
      QCOMPARE(planned.batchTokens, tokens);
      QCOMPARE(planned.weights + planned.compute, executor.memory().residentBytes);
      if (tokens < kPrompt) continue;
      const double error = relativeError(logitsOf(executor), m_expected);
      QVERIFY2(error < 1e-5, qPrintable(QString::number(error)));
    }
  }

  /// Few rows are divided among many cores, which changes no bit.
  void coresShareTilesOfRows() {
    gpu::KernelChoice choice;
    QCOMPARE(choice.rowsEach(1, 32), 32U);  // of a device with one core
    choice.cores = 100;
    for (const auto& [tiles, splits, rows] :
         {std::array{8U, 32U, 8U}, {25U, 32U, 8U}, {50U, 32U, 16U}, {100U, 32U, 32U}, {8U, 4U, 16U}, {8U, 1U, 32U}})
      QCOMPARE(choice.rowsEach(tiles, splits), rows);
    Model model(m_path);
    const auto rowOf = [&](std::uint32_t cores) {
      const auto device = openFamily("workgroups", {.findsCandidates = false, .limited = [&](Caps& caps) {
                                                      caps.isCpu = false;
                                                      caps.cores = cores;
                                                    }});
      const auto executor = gpu::createVulkanExecutor(device, model.graph());
      return allLogits(*executor, someTokens(3, kVocabulary));
    };
    QVERIFY(rowOf(1) == rowOf(1000));
  }

  void whatDoesNotGoIsSaid() {
    Model model(m_path);
    const auto open = [&](const char* family, std::function<void(Caps&)> limited) {
      return openFamily(family, {.limited = std::move(limited)});
    };
    const auto sentenceOf = [](auto&& work) {
      const auto error = errorOf(work);
      return error ? QString(error->what()) : QString();
    };
    // Rows of 96 values in Q4_0 are 2304 bytes in a tile of 32.
    const auto narrow = open("workgroups", [](Caps& caps) { caps.maxStorageBufferRange = 1024; });
    QVERIFY(sentenceOf([&] { gpu::createVulkanExecutor(narrow, model.graph()); }).contains("values are too long for"));
    for (const QString& family : families()) {
      // 300 positions of 2 heads of 16 floats are 38,400 bytes of keys and as many of values.
      const auto keys = open(qPrintable(family), [](Caps& caps) { caps.maxStorageBufferRange = 32768; });
      QVERIFY(sentenceOf([&] {
                gpu::createVulkanExecutor(keys, model.graph())->createKvCache(300, KvType::F32);
              }).contains("needs 38400 bytes per layer, but buffers of"));
      const auto both = open(qPrintable(family), [](Caps& caps) { caps.maxMemoryAllocationSize = 65536; });
      QVERIFY(sentenceOf([&] {
                gpu::createVulkanExecutor(both, model.graph())->createKvCache(300, KvType::F32);
              }).contains("needs 76800 bytes per layer, but"));
    }
    if (!families().contains("lanes")) return;
    const auto texels = [](Caps& caps) { caps.maxTexelBufferElements = 1U << 16U; };
    const auto error = errorOf([&] { open("lanes", texels); });
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::Unsupported);
    QVERIFY(gpu::openDevice(0, gpu::DeviceOptions{.limited = texels})->choice().family ==
            gpu::vk::KernelFamily::Workgroups);
  }

  /// Stopped while pieces of it are under way: the cache is as it was, and all goes on from there.
  void aCancelInFlightLeavesAllUsable_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void aCancelInFlightLeavesAllUsable() {
    QFETCH(QString, family);
    Model model(m_path);
    gpu::VulkanExecutor executor(openFamily(family, {.mostWork = 1.0}), model.graph(), core::JobContext());
    const auto cpu = core::model::createCpuExecutor(model.graph());
    const Tokens tokens = someTokens(40, kVocabulary);
    const auto cache = executor.createKvCache(60, KvType::F32), expected = cpu->createKvCache(60, KvType::F32);
    std::vector<float> row(kVocabulary), wanted(kVocabulary);
    const auto forward = [&](std::size_t first, std::size_t count, const core::JobContext& job) {
      executor.forward(std::span(tokens).subspan(first, count), *cache, LogitsWanted::LastToken, row, job);
    };
    forward(0, 3, core::JobContext());
    forward(3, 30, core::JobContext());  // what the kernels are compiled in
    cache->truncate(3);
    const std::uint64_t whole = executor.traffic().submissions;
    std::stop_source stop;
    const core::JobContext job(stop.get_token());
    {
      const std::jthread stopper([&stop] {
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        stop.request_stop();
      });
      QVERIFY_EXCEPTION_THROWN(forward(3, 30, job), core::Cancelled);
    }
    QCOMPARE(cache->length(), 3U);
    QVERIFY(executor.traffic().submissions > whole);
    forward(3, 30, core::JobContext());
    cpu->forward(std::span(tokens).first(33), *expected, LogitsWanted::LastToken, wanted);
    QVERIFY(relativeError(row, wanted) < 1e-5);
    QCOMPARE(cache->length(), 33U);
  }

 private:
  QTemporaryDir m_folder;
  std::filesystem::path m_path;
  std::vector<float> m_expected;
};

QTEST_GUILESS_MAIN(TestGpuLimits)
#include "tst_gpu_limits.moc"
