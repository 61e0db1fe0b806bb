// The CPU executor against llama.cpp on whole models: see tests/data/logits/README.md.
#include <QtTest>

#include <cmath>

#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "support/golden.h"

using namespace core;
using model::KvType;
using model::LogitsWanted;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(QS_TEST_DATA) / "logits";

/// Ours may be as far from llama.cpp as this many times what an exact forward pass is (the mean over tokens).
constexpr double kTolerance = 3.0;

struct Case {
  std::filesystem::path modelPath;
  std::vector<text::TokenId> tokens;
  std::size_t vocabulary = 0;
  std::vector<float> probabilities;
  double allowedKl = 0;
};

Case readCase(const nlohmann::json& entry) {
  return {.modelPath = kFolder / entry["model"].get<std::string>(),
          .tokens = entry["tokens"].get<std::vector<text::TokenId>>(),
          .vocabulary = entry["vocab"].get<std::size_t>(),
          .probabilities = support::readArray<float>(kFolder / entry["probs"].get<std::string>()),
          .allowedKl = kTolerance * entry["kl_to_float64"]["mean"].get<double>()};
}

/// Mean over tokens of KL(reference ‖ softmax(logits)) in nats.
double meanKl(const Case& golden, const std::vector<float>& logits) {
  double total = 0;
  for (std::size_t t = 0; t < golden.tokens.size(); ++t) {
    const float* row = logits.data() + t * golden.vocabulary;
    double sum = 0;
    const double largest = *std::max_element(row, row + golden.vocabulary);
    for (std::size_t i = 0; i < golden.vocabulary; ++i) sum += std::exp(row[i] - largest);
    const double logSum = largest + std::log(sum);
    for (std::size_t i = 0; i < golden.vocabulary; ++i) {
      const double p = golden.probabilities[t * golden.vocabulary + i];
      if (p > 0) total += p * (std::log(p) - (row[i] - logSum));
    }
  }
  return total / static_cast<double>(golden.tokens.size());
}

std::unique_ptr<model::Executor> openExecutor(const std::filesystem::path& path, float ropeBaseFactor = 1.0F) {
  const auto checkpoint = io::openCheckpoint(path);
  auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
  config.ropeBase *= ropeBaseFactor;
  model::WeightLibrary library(checkpoint);
  return model::createCpuExecutor(model::buildGraph(config, library.load(config, {})));
}

std::vector<float> allLogits(model::Executor& executor, const Case& golden, KvType kvType) {
  const auto cache = executor.createKvCache(static_cast<std::uint32_t>(golden.tokens.size()), kvType);
  std::vector<float> logits(golden.tokens.size() * golden.vocabulary);
  executor.forward(golden.tokens, *cache, LogitsWanted::AllTokens, logits);
  return logits;
}

}  // namespace

class TestLogits : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { m_manifest = support::readJson(kFolder / "manifest.json"); }

  void agreesWithLlamaCpp_data() {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < m_manifest["cases"].size(); ++i) {
      QTest::newRow(m_manifest["cases"][i]["name"].get<std::string>().c_str()) << static_cast<int>(i);
    }
  }

  void agreesWithLlamaCpp() {
    QFETCH(int, index);
    const Case golden = readCase(m_manifest["cases"][static_cast<std::size_t>(index)]);
    QCOMPARE(golden.probabilities.size(), golden.tokens.size() * golden.vocabulary);
    const auto executor = openExecutor(golden.modelPath);
    QCOMPARE(std::size_t{executor->graph().vocabulary()}, golden.vocabulary);
    for (const KvType type : {KvType::F32, KvType::F16}) {
      const double kl = meanKl(golden, allLogits(*executor, golden, type));
      qInfo("%s KV: mean KL %.3g, allowed %.3g", type == KvType::F32 ? "F32" : "F16", kl, golden.allowedKl);
      QVERIFY2(kl <= golden.allowedKl, qPrintable(QString("mean KL %1 > %2").arg(kl).arg(golden.allowedKl)));
    }
  }

  // The tolerance is tight enough to notice a rotary base that is off by a hundredth.
  void toleranceNoticesASmallMistake() {
    const Case golden = readCase(m_manifest["cases"][0]);
    const auto executor = openExecutor(golden.modelPath, 1.01F);
    QVERIFY(meanKl(golden, allLogits(*executor, golden, KvType::F32)) > golden.allowedKl);
  }

 private:
  nlohmann::json m_manifest;
};

QTEST_GUILESS_MAIN(TestLogits)
#include "tst_logits.moc"
