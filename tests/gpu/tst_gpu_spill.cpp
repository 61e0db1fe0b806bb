// A model that is larger than its device's memory runs with a part of its weights in the computer's, which made-up
// budgets pretend: the same bits as with all of them in one, what is said of it, and what the planner says before.
#include <QTemporaryDir>

#include "gpu/memory_plan.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/architectures.h"
#include "support/random_model.h"

using namespace gputest;
using core::ErrorCode;
using core::model::KvType;
using core::model::LogitsWanted;

namespace {

constexpr std::uint64_t kMiB = 1U << 20U;

/// Bytes of a device's memory for this graph and a cache of so many positions, but for so many of its weights.
std::uint64_t roomFor(const core::model::Graph& graph, gpu::VulkanDevice& device, std::uint32_t positions,
                      double shareOfWeights) {
  const auto planned =
      gpu::plannedMemory(graph, device.device()->caps(), device.choice(), device.weights().maxBlockBytes());
  return planned.reservedBytes(graph, gpu::plannedKvBytes(graph, positions, KvType::F16)) +
         static_cast<std::uint64_t>(static_cast<double>(planned.weights) * shareOfWeights);
}

/// A device that is pretended to have so little memory of its own, as long as this lives.
class Small {
 public:
  Small(const std::shared_ptr<gpu::VulkanDevice>& device, std::uint64_t bytes, std::uint64_t hostBytes = 64 * kMiB)
      : m_memory(device->memory()) {
    m_memory->overrideBudget(bytes);
    m_memory->overrideHostBudget(hostBytes);
  }
  ~Small() {
    m_memory->overrideBudget(std::nullopt);
    m_memory->overrideHostBudget(std::nullopt);
  }
  Small(const Small&) = delete;
  Small& operator=(const Small&) = delete;

 private:
  std::shared_ptr<gpu::vk::Memory> m_memory;
};

struct Run {
  std::vector<float> prompt, token;
  core::model::MemoryUse use;
  bool operator==(const Run& other) const { return prompt == other.prompt && token == other.token; }
};

Run runOn(const std::shared_ptr<gpu::VulkanDevice>& device, const core::model::Graph& graph) {
  const std::uint64_t cacheBytes = gpu::plannedKvBytes(graph, 64, KvType::F16);
  const auto executor = gpu::createVulkanExecutor(device, graph, cacheBytes);
  const auto cache = executor->createKvCache(64, KvType::F16);
  const Tokens tokens = someTokens(40, graph.vocabulary());
  Run run;
  run.prompt.resize(tokens.size() * graph.vocabulary());
  executor->forward(tokens, *cache, LogitsWanted::AllTokens, run.prompt);
  run.token.resize(graph.vocabulary());
  executor->forward(std::span(tokens).first(1), *cache, LogitsWanted::LastToken, run.token);
  run.use = executor->memory();
  return run;
}

}  // namespace

class TestGpuSpill : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    m_path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({.vocabulary = 600, .layers = 4, .matrixType = "q4_0", .embeddingType = "f16"}, m_path);
  }

  void aPartInTheOtherMemoryGivesTheSameBits_data() {
    QTest::addColumn<QString>("family");
    QTest::addColumn<double>("share");
    QTest::addColumn<QString>("parts");
    for (const QString& family : families()) {
      const auto row = [&](double share, const char* parts) {
        QTest::addRow("%s, %g", qPrintable(family), share) << family << share << QString::fromUtf8(parts);
      };
      row(0.99, "the embedding");
      row(0.7, "the embedding, layer 3");
      row(0.6, "the embedding, layers 2–3");
      row(0.0, "the embedding, layers 0–3, the output");
    }
  }
  void aPartInTheOtherMemoryGivesTheSameBits() {
    QFETCH(QString, family);
    QFETCH(double, share);
    QFETCH(QString, parts);
    Model model(m_path);
    const core::model::Graph graph = model.graph();
    const Run whole = runOn(sharedFamily(family), graph);
    QCOMPARE(whole.use.hostBytes, 0U);
    QVERIFY(whole.use.hostParts.empty());
    const auto device = sharedFamily(family);
    const std::uint64_t room = roomFor(graph, *device, 64, share);
    const Small small(device, room);
    const Run spilled = runOn(device, graph);
    QVERIFY(spilled == whole);
    QCOMPARE(QString::fromStdString(spilled.use.hostParts), parts);
    QCOMPARE(spilled.use.hostBytes + spilled.use.residentBytes, whole.use.residentBytes);

    // What the planner says of such a device is what then was.
    const auto planned =
        gpu::plannedMemory(graph, device->device()->caps(), device->choice(), device->weights().maxBlockBytes());
    const auto reserved = planned.reservedBytes(graph, gpu::plannedKvBytes(graph, 64, KvType::F16));
    const auto placement = core::model::placeWeights(planned.loads, {room - reserved, 64 * kMiB});
    QVERIFY(placement);
    QCOMPARE(placement->hostBytes, spilled.use.hostBytes);
    QCOMPARE(placement->hostParts, spilled.use.hostParts);
    QCOMPARE(planned.weights - placement->hostBytes + planned.compute, spilled.use.residentBytes);
    QCOMPARE(device->memory()->usedBytes(), 0U);  // the executor is gone
    QCOMPARE(device->memory()->hostUsedBytes(), 0U);
  }

  /// Experts that a token mostly does not go through leave the device before any matrix that all go through.
  void rarelyUsedExpertsGoFirst_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void rarelyUsedExpertsGoFirst() {
    QFETCH(QString, family);
    Model model(support::kArchitectures / "qwen3moe.gguf");
    const core::model::Graph graph = model.graph();
    const Run whole = runOn(sharedFamily(family), graph);
    const auto device = sharedFamily(family);
    const Small small(device, roomFor(graph, *device, 64, 0.5));
    const Run spilled = runOn(device, graph);
    QVERIFY(spilled == whole);
    QVERIFY2(spilled.use.hostParts.find("experts of layer") != std::string::npos, spilled.use.hostParts.c_str());
    QVERIFY(spilled.use.hostBytes > 0);
  }

  /// Weights that are there already stay where they are, whoever uses them next.
  void executorsShareWhatLiesInEitherMemory() {
    Model model(m_path);
    const core::model::Graph graph = model.graph();
    const auto device = sharedFamily(families().front());
    std::optional<Small> small(std::in_place, device, roomFor(graph, *device, 64, 0.6));
    const auto first = gpu::createVulkanExecutor(device, graph);
    const std::uint64_t uploads = device->weights().uploadCount(), onHost = device->memory()->hostUsedBytes();
    QVERIFY(onHost > 0);
    small.reset();
    const auto second = gpu::createVulkanExecutor(device, graph);
    QCOMPARE(device->weights().uploadCount(), uploads);
    QCOMPARE(device->memory()->hostUsedBytes(), onHost);
    QCOMPARE(second->memory().hostBytes, first->memory().hostBytes);
    QCOMPARE(second->memory().hostParts, first->memory().hostParts);
  }

  void whatNeitherHoldsIsSaid() {
    Model model(m_path);
    const core::model::Graph graph = model.graph();
    const auto device = sharedFamily(families().front());
    for (const std::uint64_t host : {0, 1000}) {
      const Small small(device, 100'000, host);
      const auto error = errorOf([&] { gpu::createVulkanExecutor(device, graph); });
      QVERIFY(error);
      QCOMPARE(error->code(), ErrorCode::OutOfMemory);
      QVERIFY2(QString(error->what()).startsWith("Holding the weights needs "), error->what());
      QVERIFY2(QString(error->what()).contains("but only 0.1 MiB are available"), error->what());
      QCOMPARE(device->memory()->usedBytes(), 0U);
      QCOMPARE(device->memory()->hostUsedBytes(), 0U);
    }
  }

 private:
  QTemporaryDir m_folder;
  std::filesystem::path m_path;
};

QTEST_GUILESS_MAIN(TestGpuSpill)
#include "tst_gpu_spill.moc"
