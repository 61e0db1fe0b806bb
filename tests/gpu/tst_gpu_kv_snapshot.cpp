// Prompt caches of the Vulkan executor: what a device's cache held comes back from a file, bit by bit, through mapped
// memory and through staging buffers.
#include <QTemporaryDir>

#include "core/model/executor.h"
#include "core/model/kv_snapshot.h"
#include "core/model/weights.h"
#include "gpu_models.h"
#include "support/random_model.h"
#include "support/recurrent_graph.h"

using namespace core;
using namespace gputest;
using model::KvSnapshot;
using model::KvType;
using model::LogitsWanted;

class TestGpuKvSnapshot : public QObject {
  Q_OBJECT

 private:
  const std::vector<model::KvTrait> kTraits{{"model", "one"}};
  static std::vector<float> append(model::Executor& executor, model::KvCache& cache,
                                   std::span<const model::TokenId> tokens) {
    std::vector<float> row(executor.graph().vocabulary());
    executor.forward(tokens, cache, LogitsWanted::LastToken, row);
    return row;
  }
  std::filesystem::path file(const char* name = "a.prompt") const { return m_folder.filePath(name).toStdString(); }
  void write(const model::KvCache& cache) const {
    io::OutputFile output(file());
    KvSnapshot::write(cache, kTraits, output);
    output.commit();
  }
  static std::shared_ptr<gpu::VulkanDevice> openUnmapped() {
    gpu::DeviceOptions options;
    options.memoryAccess = gpu::vk::DeviceMemoryAccess::Staged;
    return openFamily(families().front(), options);
  }

  QTemporaryDir m_folder;

 private slots:
  void initTestCase() { support::writeRandomModel({}, file("model.gguf")); }

  void comesBackBitByBit_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
    QTest::newRow("staged") << QString();
  }
  void comesBackBitByBit() {
    QFETCH(QString, family);
    Model model(file("model.gguf"));
    const auto executor =
        gpu::createVulkanExecutor(family.isEmpty() ? openUnmapped() : sharedFamily(family), model.graph());
    const KvType kv(model::KvFormat::Q8_0, model::KvFormat::F32);
    const Tokens tokens = someTokens(40, 131), others = {9, 8, 7, 6};
    const auto cache = executor->createKvCache(64, kv);
    append(*executor, *cache, std::span(tokens).first(37));
    write(*cache);
    const auto expected = append(*executor, *cache, std::span(tokens).subspan(37));
    const auto other = executor->createKvCache(50, kv);  // of which other commands are recorded
    append(*executor, *other, others);
    const KvSnapshot snapshot(file());
    QVERIFY(!snapshot.whyNot(kTraits, *other));
    QCOMPARE(snapshot.restore(*other, tokens), 37U);
    QCOMPARE(append(*executor, *other, std::span(tokens).subspan(37)), expected);
    // A CPU's rows are laid out in another way, or its traits are others: at worst the layout decides.
    const auto cpu = model::createCpuExecutor(model.graph());
    const auto there = cpu->createKvCache(50, KvType::F16);
    QVERIFY(snapshot.whyNot(kTraits, *there));
  }

  void statesComeBack_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }
  void statesComeBack() {
    QFETCH(QString, family);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), support::recurrentGraph(70));
    const Tokens tokens = someTokens(30, 70), others = {9, 8, 7, 6};
    const auto cache = executor->createKvCache(64, KvType::F32);
    append(*executor, *cache, std::span(tokens).first(12));
    append(*executor, *cache, std::span(tokens).subspan(12, 8));
    write(*cache);
    const auto expected = append(*executor, *cache, std::span(tokens).subspan(20));
    const auto other = executor->createKvCache(40, KvType::F32);
    append(*executor, *other, others);
    const KvSnapshot snapshot(file());
    QCOMPARE(snapshot.restore(*other, tokens), 20U);
    QCOMPARE(append(*executor, *other, std::span(tokens).subspan(20)), expected);
  }
};

QTEST_GUILESS_MAIN(TestGpuKvSnapshot)
#include "tst_gpu_kv_snapshot.moc"
