// The Vulkan executor's promises: caches, batches, sharing, memory, cancelling, errors, schemes.
#include <QTemporaryDir>
#include <thread>

#include "core/base/error.h"
#include "core/model/graph_builder.h"
#include "core/quant/registry.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::ErrorCode;
using core::model::KvType;
using core::model::LogitsWanted;

namespace {

const std::filesystem::path kDemo = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";

}  // namespace

class TestGpuExecutor : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    m_path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel({}, m_path);
    m_small = m_path.parent_path() / "small.gguf";  // rows of whole super-blocks
    support::writeRandomModel({.vocabulary = 160, .width = 256, .feedForward = 512, .heads = 16, .kvHeads = 4},
                              m_small);
  }
  void families_data() {
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) QTest::newRow(qPrintable(family)) << family;
  }

  // Whatever device the tests run on, the kernels that the program would choose there must be among the tested ones.
  void thePreferredFamilyIsTested() {
    const auto& caps = sharedFamily("workgroups")->device()->caps();
    const bool lanes = caps.preferredFamily() == gpu::vk::KernelFamily::Lanes;
    QVERIFY(families().contains(lanes ? "lanes" : "workgroups"));
    QVERIFY(families().contains("workgroups"));
    if (caps.name.starts_with("llvmpipe")) QVERIFY(lanes);
    qInfo("%s: %s, subgroups of %u", caps.name.c_str(), qPrintable(families().join(" and ")), caps.subgroupSize);
  }

  void prefillEqualsTokenByToken_data() { families_data(); }
  void prefillEqualsTokenByToken() {
    QFETCH(QString, family);
    Model model(m_path);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const Tokens tokens = someTokens(75, 131);  // several batches of the lanes family
    const std::vector<float> together = allLogits(*executor, tokens);
    const auto cache = executor->createKvCache(75, KvType::F32);
    std::vector<float> row(131), one;
    for (const auto token : tokens) {
      executor->forward(std::span(&token, 1), *cache, LogitsWanted::LastToken, row);
      one.insert(one.end(), row.begin(), row.end());
    }
    QCOMPARE(cache->length(), 75U);
    QVERIFY(relativeError(one, together) < 1e-5);
    // The last token's logits of a whole prompt are the last row of all.
    cache->truncate(0);
    executor->forward(tokens, *cache, LogitsWanted::LastToken, row);
    QVERIFY(relativeError(row, std::vector<float>(together.end() - 131, together.end())) < 1e-5);
  }

  void truncatedCacheIsReused_data() { families_data(); }
  void truncatedCacheIsReused() {
    QFETCH(QString, family);
    Model model(m_path);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const Tokens a = someTokens(20, 131), b = {5, 6, 7};
    Tokens both(a.begin(), a.begin() + 9);
    both.insert(both.end(), b.begin(), b.end());
    const auto cache = executor->createKvCache(32, KvType::F16);
    std::vector<float> row(131);
    executor->forward(a, *cache, LogitsWanted::LastToken, row);
    cache->truncate(9);
    executor->forward(b, *cache, LogitsWanted::LastToken, row);
    QCOMPARE(cache->length(), 12U);
    const std::vector<float> fresh = allLogits(*executor, both, KvType::F16);
    QVERIFY(relativeError(row, std::vector<float>(fresh.end() - 131, fresh.end())) < 1e-3);
  }

  void twoCachesInTurn() {
    Model model(m_path);
    const auto executor = gpu::createVulkanExecutor(openFamily(families().front()), model.graph());
    const Tokens a = someTokens(6, 131), b = {9, 8, 7, 6, 5, 4};
    const auto cacheA = executor->createKvCache(6, KvType::F32), cacheB = executor->createKvCache(6, KvType::F32);
    std::vector<float> rowA(131), rowB(131);
    for (std::size_t i = 0; i < 6; ++i) {
      executor->forward(std::span(&a[i], 1), *cacheA, LogitsWanted::LastToken, rowA);
      executor->forward(std::span(&b[i], 1), *cacheB, LogitsWanted::LastToken, rowB);
    }
    const auto allA = allLogits(*executor, a), allB = allLogits(*executor, b);
    QVERIFY(relativeError(rowA, std::vector<float>(allA.end() - 131, allA.end())) < 1e-5);
    QVERIFY(relativeError(rowB, std::vector<float>(allB.end() - 131, allB.end())) < 1e-5);
  }

  void executorsShareTensors() {
    Model model(kDemo);
    const auto device = openFamily(families().front());
    const auto first = gpu::createVulkanExecutor(device, model.graph());
    const std::uint64_t uploads = device->weights().uploadCount(), used = device->memory()->usedBytes();
    QVERIFY(uploads > 0);
    const auto second = gpu::createVulkanExecutor(device, model.graph());
    QCOMPARE(device->weights().uploadCount(), uploads);  // the very same tensors
    const std::uint64_t scratch = device->memory()->usedBytes() - used;
    QVERIFY(scratch < first->memory().weightBytes);
    const auto third = gpu::createVulkanExecutor(device, model.graph(core::quant::Scheme::parse("nf4")));
    // Embedding and output stay as stored: only the blocks' matrices are new.
    QCOMPARE(device->weights().uploadCount(), uploads + 7 * model.config().layers);
  }

  void memoryIsGivenBack() {
    Model model(kDemo);
    const auto device = openFamily(families().front());
    const std::uint64_t before = device->memory()->usedBytes();
    {
      const auto executor = gpu::createVulkanExecutor(device, model.graph());
      const auto cache = executor->createKvCache(64, KvType::F16);
      QVERIFY(device->memory()->usedBytes() >= before + executor->memory().weightBytes + cache->bytes());
      const auto use = executor->memory();
      QVERIFY(use.residentBytes >= use.weightBytes);
      QVERIFY(use.residentBytes < use.weightBytes * 3 / 2);  // packed, not decoded
    }
    QCOMPARE(device->memory()->usedBytes(), before);
  }

  void tooLittleMemoryIsSaid() {
    Model model(kDemo);
    const auto device = openFamily(families().front());
    device->memory()->overrideBudget(1 << 20);
    const auto error = errorOf([&] { gpu::createVulkanExecutor(device, model.graph()); });
    QVERIFY(error);
    QCOMPARE(error->code(), ErrorCode::OutOfMemory);
    QVERIFY2(QString(error->what()).contains("1.0 MiB are available"), error->what());
    QCOMPARE(device->memory()->usedBytes(), 0U);
    device->memory()->overrideBudget(std::nullopt);
    const auto executor = gpu::createVulkanExecutor(device, model.graph());
    device->memory()->overrideBudget(device->memory()->usedBytes() + 4096);
    const auto cacheError = errorOf([&] { executor->createKvCache(512, KvType::F16); });
    QVERIFY(cacheError);
    QCOMPARE(cacheError->code(), ErrorCode::OutOfMemory);
  }

  void wrongArgumentsAreRefused() {
    Model model(m_path);
    const auto executor = gpu::createVulkanExecutor(openFamily(families().front()), model.graph());
    const auto other = gpu::createVulkanExecutor(openFamily(families().front()), model.graph());
    const auto cache = executor->createKvCache(4, KvType::F32), foreign = other->createKvCache(4, KvType::F32);
    std::vector<float> row(131);
    const auto refuses = [&](const Tokens& tokens, core::model::KvCache& which, std::span<float> logits) {
      const auto error = errorOf([&] { executor->forward(tokens, which, LogitsWanted::LastToken, logits); });
      return error && error->code() == ErrorCode::InvalidArgument && cache->length() == 0;
    };
    QVERIFY(refuses({131}, *cache, row));
    QVERIFY(refuses({-1}, *cache, row));
    QVERIFY(refuses({}, *cache, row));
    QVERIFY(refuses({1, 2, 3, 4, 5}, *cache, row));
    QVERIFY(refuses({1}, *foreign, row));
    const auto cpu = core::model::createCpuExecutor(model.graph());
    const auto ofTheCpu = cpu->createKvCache(4, KvType::F32);
    QVERIFY(refuses({1}, *ofTheCpu, row));
    QVERIFY(errorOf([&] { cpu->forward(Tokens{1}, *cache, LogitsWanted::LastToken, row); }));
    QCOMPARE(cache->length(), 0U);
    QVERIFY(refuses({1}, *cache, std::span(row).first(130)));
    QVERIFY(errorOf([&] { gpu::openDevice(99); })->code() == ErrorCode::NotFound);
  }

  void cancelKeepsTheCache() {
    Model model(m_path);
    const auto executor = gpu::createVulkanExecutor(openFamily(families().front()), model.graph());
    const auto cache = executor->createKvCache(100, KvType::F32);
    std::vector<float> row(131);
    const Tokens start = someTokens(3, 131), more = someTokens(80, 131);
    executor->forward(start, *cache, LogitsWanted::LastToken, row);
    std::stop_source stop;
    stop.request_stop();
    const core::JobContext job(stop.get_token());
    QVERIFY_EXCEPTION_THROWN(executor->forward(more, *cache, LogitsWanted::LastToken, row, job), core::Cancelled);
    QCOMPARE(cache->length(), 3U);
    executor->forward(more, *cache, LogitsWanted::LastToken, row);  // and it goes on
    QCOMPARE(cache->length(), 83U);
  }

  /// As on a device whose buffers span little: tensors in parts give the same logits.
  void splitTensorsAgree_data() { families_data(); }
  void splitTensorsAgree() {
    QFETCH(QString, family);
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "wide.gguf";
    support::writeRandomModel({.vocabulary = 4100, .matrixType = "q4_0", .embeddingType = "f16"}, path);
    Model model(path);
    const core::model::Graph graph = model.graph();
    const auto whole = gpu::createVulkanExecutor(openFamily(family), graph);
    const auto split = gpu::createVulkanExecutor(openFamily(family, {.maxBlockBytes = 64 * 1024}), graph);
    const Tokens tokens = {0, 31, 32, 2047, 2048, 4099, 1000};
    QVERIFY(relativeError(allLogits(*split, tokens), allLogits(*whole, tokens)) < 1e-6);
  }

  void stepsAreFused() {
    Model model(kDemo);
    for (const QString& family : families()) {
      const gpu::VulkanExecutor executor(sharedFamily(family), model.graph(), core::JobContext());
      // norm, qkv, rope and store, attention, output + residual, norm, gate · up, down + residual; embed, rows, norm,
      // logits. Workgroups norm the inputs of their products themselves.
      const bool norms = family == "lanes";
      QCOMPARE(executor.stepCount(), std::size_t{norms ? 8U : 6U} * model.config().layers + (norms ? 4 : 3));
    }
  }

  /// What somebody else reads, too, is normed in a step of its own.
  void normsWithOtherReadersAreSteps() {
    const auto square = quantized("fp32", 32, 32), gain = quantized("fp32", 1, 32);
    const auto stepsOf = [&](bool isReadTwice) {
      core::model::GraphBuilder builder(0);
      const auto x = builder.embed("x", square);
      const auto normed = builder.rmsNorm("normed", x, gain, 1e-5F);
      const auto product = builder.matMul("product", normed, square);
      builder.add("logits", product, isReadTwice ? normed : x);
      const core::model::Graph graph = builder.take();
      gpu::Fusion fusion;
      fusion.canShare = [](const auto&, const auto&) { return true; };
      fusion.canNorm = [](const auto&, const auto&) { return true; };
      return gpu::planSteps(graph, fusion).size();
    };
    QCOMPARE(stepsOf(false), std::size_t{2});
    QCOMPARE(stepsOf(true), std::size_t{3});
  }

  /// Widths that are no whole units, biases, products of one to three weights: token by token, as prompts are not.
  void normedInputsAgreeWithTheCpu_data() {
    QTest::addColumn<QString>("matrixType");
    QTest::addColumn<int>("width");
    for (const char* type : {"f32", "q4_0", "iq4_xs"})
      for (const int width : {35, 96, 256})
        if (width % (QByteArray(type) == "f32" ? 1 : QByteArray(type) == "q4_0" ? 32 : 256) == 0)
          QTest::addRow("%s, %d", type, width) << QString(type) << width;
  }
  void normedInputsAgreeWithTheCpu() {
    QFETCH(QString, matrixType);
    QFETCH(int, width);
    const auto path = m_path.parent_path() / "normed.gguf";
    const bool isWhole = width == 256;
    support::writeRandomModel({.width = static_cast<std::uint32_t>(width),
                               .layers = 1,
                               .feedForward = isWhole ? 256U : 160U,
                               .heads = isWhole ? 16U : 6U,
                               .kvHeads = 2,
                               .matrixType = matrixType.toStdString(),
                               .biases = true},
                              path);
    Model model(path);
    const core::model::Graph graph = model.graph();
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily("workgroups"), graph);
    const auto cache = vulkan->createKvCache(8, KvType::F32), known = cpu->createKvCache(8, KvType::F32);
    std::vector<float> found(graph.vocabulary()), expected(graph.vocabulary());
    for (const core::model::TokenId token : {3, 77, 20}) {
      vulkan->forward(std::span(&token, 1), *cache, LogitsWanted::LastToken, found);
      cpu->forward(std::span(&token, 1), *known, LogitsWanted::LastToken, expected);
      QVERIFY(relativeError(found, expected) < 1e-5);
    }
  }

  void everySchemeAgreesWithTheCpu_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("family");
    for (const auto& preset : core::quant::presets()) {
      // Rounded inputs fall into other codes: tst_gpu_activations.
      if (preset.scheme.activations.name != core::quant::ActivationName::None) continue;
      if (preset.needsCalibration || !core::quant::accepts(preset.scheme, core::tensor::Shape{256, 256})) continue;
      for (const QString& family : families()) {
        const auto text = QString::fromStdString(preset.scheme.toString());
        QTest::newRow(qPrintable(text + " " + family)) << text << family;
      }
    }
  }
  void everySchemeAgreesWithTheCpu() {
    QFETCH(QString, scheme);
    QFETCH(QString, family);
    Model model(m_small);
    const core::model::Graph graph = model.graph(core::quant::Scheme::parse(scheme.toStdString()));
    const Tokens tokens = someTokens(40, graph.vocabulary());
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const double error = relativeError(allLogits(*vulkan, tokens), allLogits(*cpu, tokens));
    QVERIFY2(error < 1e-4, qPrintable(QString("logits are off by %1").arg(error)));
  }

 private:
  QTemporaryDir m_folder;
  std::filesystem::path m_path, m_small;
};

QTEST_GUILESS_MAIN(TestGpuExecutor)
#include "tst_gpu_executor.moc"
