// Every architecture against llama.cpp's logits (tests/data/architectures), as a GGUF file and as a folder.
#include <QtTest>
#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "support/architectures.h"

using namespace core;
using support::kArchitectures;

class TestArchitectures : public QObject {
  Q_OBJECT

 private slots:
  void logitsAreThoseOfLlamaCpp_data() { support::addArchitectureRows(); }

  void logitsAreThoseOfLlamaCpp() {
    QFETCH(QString, path);
    QFETCH(QString, name);
    const auto checkpoint = io::openCheckpoint(kArchitectures / path.toStdString());
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto tokens = support::architectureTokens();
    const auto executor = model::createCpuExecutor(
        model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>())));
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(tokens.size() * config.vocabulary);
    // In pieces: what windows and positions are must not depend on where a prompt is cut.
    const std::size_t first = 11;
    executor->forward(std::span(tokens).first(first), *cache, model::LogitsWanted::AllTokens,
                      std::span(logits).first(first * config.vocabulary));
    executor->forward(std::span(tokens).subspan(first), *cache, model::LogitsWanted::AllTokens,
                      std::span(logits).subspan(first * config.vocabulary));
    const double worst = support::worstDivergence(support::architectureLogits(name), logits, config.vocabulary);
    QVERIFY2(worst <= support::kDivergenceLimit, qPrintable(QString::number(worst)));
  }

  // A folder's tensor has a name in GGUF, and the other way.
  void namesAreTranslatedBothWays_data() { support::addArchitectureRows(); }
  void namesAreTranslatedBothWays() {
    QFETCH(QString, path);
    const auto checkpoint = io::openCheckpoint(kArchitectures / path.toStdString());
    const model::TensorNames names(*checkpoint);
    for (const auto& tensor : checkpoint->tensors()) {
      const auto other = names.other(tensor.name);
      QVERIFY2(other, tensor.name.c_str());
      QCOMPARE(names.other(*other), std::optional(tensor.name));
    }
  }
};

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
