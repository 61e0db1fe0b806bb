// Every architecture on Vulkan, in both families of kernels, against llama.cpp's logits (tests/data/architectures).
#include <QtTest>

#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/architectures.h"
#include "support/encoders.h"

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

  void rowsOfEncodersAreThoseOfFloat64_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("bert") << "bert";
    QTest::newRow("roberta") << "roberta";
  }

  void rowsOfEncodersAreThoseOfFloat64() {
    QFETCH(QString, name);
    Model model(support::kEncoders / (name.toStdString() + "-folder"));
    const auto tokens = support::encoderTokens();
    const std::size_t width = model.config().width;
    const auto cpu = model::createCpuExecutor(model.graph());
    for (const QString& family : families()) {
      const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
      const auto compute = [&](model::Executor& on, std::span<const model::TokenId> ids) {
        const auto cache = on.createKvCache(static_cast<std::uint32_t>(ids.size()), model::KvType::F32);
        std::vector<float> rows(ids.size() * width);
        on.forward(ids, *cache, model::LogitsWanted::AllTokens, rows);
        return rows;
      };
      const double worst = support::worstTurn(support::encoderRows(name, "rows"), compute(*executor, tokens), width);
      QVERIFY2(worst <= support::kRowLimit, qPrintable(family + ": " + QString::number(worst)));
      // One token, and as many as there are positions.
      for (const std::size_t count : {std::size_t{1}, std::size_t{model.config().contextLength}}) {
        std::vector<model::TokenId> ids(count);
        for (std::size_t i = 0; i < count; ++i) ids[i] = tokens[i % tokens.size()];
        QVERIFY(support::worstTurn(compute(*cpu, ids), compute(*executor, ids), width) <= support::kRowLimit);
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestGpuArchitectures)
#include "tst_gpu_architectures.moc"
