// Every operation's result on the device against the CPU's, on models in which nothing is round.
#include <QTemporaryDir>

#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using core::model::KvType;

namespace {

struct Observed {
  std::string name;
  std::vector<float> data;
};

std::vector<Observed> observe(core::model::Executor& executor, const Tokens& tokens, KvType type) {
  std::vector<Observed> all;
  executor.setHook([&](const std::string& name, std::span<const float> data, std::uint32_t) {
    all.push_back({name, std::vector<float>(data.begin(), data.end())});
  });
  allLogits(executor, tokens, type);
  executor.setHook({});
  return all;
}

struct Variant {
  const char* name;
  support::RandomModel shape;
  std::uint32_t slidingWindow = 0;
  core::model::RopePairing pairing = core::model::RopePairing::Adjacent;
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  all.push_back({"defaults", {}});
  all.push_back({"one layer, large vocabulary",
                 {.vocabulary = 32000, .width = 64, .layers = 1, .heads = 4, .headSize = 64, .valueHeadSize = 64}});
  all.push_back({"head size 80", {.width = 160, .heads = 4, .kvHeads = 2, .headSize = 80, .valueHeadSize = 80}});
  all.push_back({"head size 128", {.width = 256, .heads = 4, .kvHeads = 1, .headSize = 128, .valueHeadSize = 128}});
  all.push_back({"head size 18, values 10", {.heads = 3, .kvHeads = 3, .headSize = 18, .valueHeadSize = 10}});
  all.push_back({"values wider than 128", {.heads = 2, .kvHeads = 1, .headSize = 24, .valueHeadSize = 144}});
  all.push_back({"eight heads share keys", {.heads = 8, .kvHeads = 1, .headSize = 64, .valueHeadSize = 64}});
  all.push_back({"partial rotation", {.headSize = 32, .valueHeadSize = 32, .ropeDimensions = 12}});
  all.push_back({"biases, factors, tied", {.tiedOutput = true, .biases = true, .frequencyFactors = true}});
  all.push_back({"sliding window", {}, 7});
  all.push_back({"pairs of halves", {.headSize = 20, .valueHeadSize = 20}, 0, core::model::RopePairing::Halves});
  all.push_back({"odd widths",
                 {.vocabulary = 33,
                  .width = 35,
                  .feedForward = 51,
                  .heads = 5,
                  .kvHeads = 5,
                  .headSize = 6,
                  .valueHeadSize = 7}});
  return all;
}

}  // namespace

class TestGpuOps : public QObject {
  Q_OBJECT

 private slots:
  void everyActivationAgrees_data() {
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("family");
    QTest::addColumn<bool>("half");
    const auto all = variants();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const QString& family : families()) {
        for (const bool half : {false, true}) {
          QTest::newRow(qPrintable(QString("%1, %2, %3").arg(all[i].name, family, half ? "F16" : "F32")))
              << static_cast<int>(i) << family << half;
        }
      }
    }
  }
  void everyActivationAgrees() {
    QFETCH(int, index);
    QFETCH(QString, family);
    QFETCH(bool, half);
    const Variant variant = variants()[static_cast<std::size_t>(index)];
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "model.gguf";
    support::writeRandomModel(variant.shape, path);
    Model model(path);
    core::model::Graph graph = model.graph();
    graph.config.slidingWindow = variant.slidingWindow;
    graph.config.ropePairing = variant.pairing;
    const KvType type = half ? KvType::F16 : KvType::F32;
    const Tokens tokens = someTokens(21, graph.config.vocabulary);
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto vulkan = gpu::createVulkanExecutor(sharedFamily(family), graph);
    const auto expected = observe(*cpu, tokens, type), found = observe(*vulkan, tokens, type);
    QCOMPARE(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      QCOMPARE(found[i].name, expected[i].name);
      const double error = relativeError(found[i].data, expected[i].data);
      // A key or value that rounds to the other FP16 neighbour is off by 2^-11.
      QVERIFY2(error <= (half ? 5e-4 : 2e-5),
               qPrintable(QString("%1 is off by %2").arg(found[i].name.c_str()).arg(error)));
    }
    // The fused steps give the same logits as the observed ones.
    QVERIFY(relativeError(allLogits(*vulkan, tokens, type), found.back().data) <= (half ? 5e-4 : 2e-5));
  }

 private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestGpuOps)
#include "tst_gpu_ops.moc"
