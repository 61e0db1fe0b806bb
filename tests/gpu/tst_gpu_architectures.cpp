// Every architecture on Vulkan, in both families of kernels, against llama.cpp's logits (tests/data/architectures).
#include <QtTest>

#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/architectures.h"

using namespace core;
using namespace gputest;

class TestGpuArchitectures : public QObject {
  Q_OBJECT

 private slots:
  void logitsAreThoseOfLlamaCpp_data() { support::addArchitectureRows(); }

  void logitsAreThoseOfLlamaCpp() {
    QFETCH(QString, path);
    QFETCH(QString, name);
    Model model(support::kArchitectures / path.toStdString());
    const auto tokens = support::architectureTokens();
    const std::uint32_t vocabulary = model.config().vocabulary;
    for (const QString& family : families()) {
      const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
      const auto cache = executor->createKvCache(64, model::KvType::F32);
      std::vector<float> logits(tokens.size() * vocabulary);
      // A prompt in one piece, then tokens one by one: products of many rows, and of one.
      const std::size_t prompt = 20;
      executor->forward(std::span(tokens).first(prompt), *cache, model::LogitsWanted::AllTokens,
                        std::span(logits).first(prompt * vocabulary));
      for (std::size_t at = prompt; at < tokens.size(); ++at)
        executor->forward(std::span(tokens).subspan(at, 1), *cache, model::LogitsWanted::AllTokens,
                          std::span(logits).subspan(at * vocabulary, vocabulary));
      const double worst = support::worstDivergence(support::architectureLogits(name), logits, vocabulary);
      QVERIFY2(worst <= support::kDivergenceLimit, qPrintable(family + ": " + QString::number(worst)));
    }
  }
};

QTEST_GUILESS_MAIN(TestGpuArchitectures)
#include "tst_gpu_architectures.moc"
