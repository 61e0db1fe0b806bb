// The Vulkan executor against llama.cpp on whole models: see tests/data/logits/README.md.
#include "gpu_models.h"
#include "support/golden.h"

using namespace gputest;
using core::model::KvType;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(QS_TEST_DATA) / "logits";
/// Ours may be as far from llama.cpp as this many times what an exact forward pass is (the mean over tokens).
constexpr double kTolerance = 3.0;

/// Mean over tokens of KL(reference ‖ softmax(logits)) in nats.
double meanKl(const std::vector<float>& reference, const std::vector<float>& logits, std::size_t vocabulary) {
  double total = 0;
  const std::size_t rows = logits.size() / vocabulary;
  for (std::size_t t = 0; t < rows; ++t) {
    const float* row = logits.data() + t * vocabulary;
    double sum = 0;
    const double largest = static_cast<double>(*std::max_element(row, row + vocabulary));
    for (std::size_t i = 0; i < vocabulary; ++i) sum += std::exp(static_cast<double>(row[i]) - largest);
    const double logSum = largest + std::log(sum);
    for (std::size_t i = 0; i < vocabulary; ++i) {
      const auto p = static_cast<double>(reference[t * vocabulary + i]);
      if (p > 0) total += p * (std::log(p) - (static_cast<double>(row[i]) - logSum));
    }
  }
  return total / static_cast<double>(rows);
}

}  // namespace

class TestGpuLogits : public QObject {
  Q_OBJECT

 private slots:
  void agreesWithLlamaCpp_data() {
    m_manifest = support::readJson(kFolder / "manifest.json");
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) {
      for (std::size_t i = 0; i < m_manifest["cases"].size(); ++i) {
        const auto name = QString::fromStdString(m_manifest["cases"][i]["name"].get<std::string>());
        QTest::newRow(qPrintable(family + " " + name)) << static_cast<int>(i) << family;
      }
    }
  }
  void agreesWithLlamaCpp() {
    QFETCH(int, index);
    QFETCH(QString, family);
    const auto& entry = m_manifest["cases"][static_cast<std::size_t>(index)];
    const auto tokens = entry["tokens"].get<Tokens>();
    const auto probabilities = support::readArray<float>(kFolder / entry["probs"].get<std::string>());
    Model model(kFolder / entry["model"].get<std::string>());
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), model.graph());
    const std::vector<float> logits = allLogits(*executor, tokens);
    QCOMPARE(logits.size(), probabilities.size());
    const double kl = meanKl(probabilities, logits, model.config().vocabulary);
    const double allowed = kTolerance * entry["kl_to_float64"]["mean"].get<double>();
    QVERIFY2(kl <= allowed, qPrintable(QString("KL %1 nats, allowed %2").arg(kl).arg(allowed)));
  }

 private:
  nlohmann::json m_manifest;
};

QTEST_GUILESS_MAIN(TestGpuLogits)
#include "tst_gpu_logits.moc"
