// What gradients say that changing a tensor costs, against changing it and measuring the KL.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/base/error.h"
#include "core/model/weights.h"
#include "core/train/divergence_estimate.h"
#include "core/train/reverse_pass.h"
#include "support/random_model.h"

using namespace core;
using model::Graph;
using Tokens = std::vector<model::TokenId>;

namespace {

constexpr std::size_t kLength = 24, kSequences = 8;

Tokens someTokens() {
  Tokens tokens(kLength * kSequences);
  for (std::size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = static_cast<model::TokenId>((i * i * 37 + i * 11 + 5) % 131);
  return tokens;
}

std::vector<double> logitsOf(const Graph& graph) {
  train::ReversePass<double> pass(graph);
  const Tokens tokens = someTokens();
  const auto logits = pass.forward({tokens, kLength}, model::LogitsWanted::AllTokens);
  return {logits.begin(), logits.end()};
}

std::vector<double> softmax(std::span<const double> logits) {
  std::vector<double> p(logits.begin(), logits.end());
  const double most = *std::ranges::max_element(p);
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - most);
  for (double& x : p) x /= sum;
  return p;
}

double divergence(const std::vector<double>& reference, const std::vector<double>& other, std::size_t vocabulary) {
  double sum = 0;
  for (std::size_t at = 0; at < reference.size(); at += vocabulary) {
    const auto p = softmax(std::span(reference).subspan(at, vocabulary));
    const auto q = softmax(std::span(other).subspan(at, vocabulary));
    for (std::size_t i = 0; i < vocabulary; ++i) sum += p[i] * std::log(p[i] / q[i]);
  }
  return sum / static_cast<double>(reference.size() / vocabulary);
}

}  // namespace

class TestDivergenceEstimate : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::unique_ptr<model::WeightLibrary> m_library;
  model::ModelConfig m_config;

  Graph graph(const model::Recipe& recipe = {}) {
    return model::buildGraph(m_config, m_library->load(m_config, recipe));
  }

 private slots:
  void initTestCase() {
    const std::filesystem::path path = (m_folder.path() + "/model.gguf").toStdString();
    support::writeRandomModel({}, path);
    const auto checkpoint = io::openCheckpoint(path);
    m_config = model::ModelConfig::fromCheckpoint(*checkpoint);
    m_library = std::make_unique<model::WeightLibrary>(checkpoint);
  }

  // Small changes (int8) cost what the second order says: with many draws the estimate is the measured KL.
  void smallChangesCostWhatIsEstimated() {
    const Graph reference = graph(), compared = graph(model::Recipe(quant::Scheme::parse("int8")));
    const auto made = train::estimateDivergences(reference, compared, someTokens(), kLength, {.draws = 100});
    QCOMPARE(made.size(), std::size_t{14});  // all matrices of the blocks
    const std::vector<double> exact = logitsOf(reference);
    std::size_t checked = 0;
    for (const model::Op& op : compared.ops) {
      if (op.kind() != model::OpKind::MatMul) continue;
      const quant::QuantizedTensorPtr& tensor = op.as<model::MatMul>().weight;
      const auto found = std::ranges::find(made, tensor->name, &train::DivergenceEstimate::tensor);
      if (found == made.end()) continue;
      model::Recipe swapped;
      swapped.replacements[tensor->name] = tensor;
      const double measured = divergence(exact, logitsOf(graph(swapped)), m_config.vocabulary);
      // 800 samples: √(2 / 800) = 5 % of spread, and more for the tails.
      QVERIFY2(std::abs(found->bySequence / measured - 1) < 0.2, tensor->name.c_str());
      QVERIFY2(std::abs(found->divergence / measured - 1) < 0.2, tensor->name.c_str());
      // Without the terms between positions it is of the same size, not the same.
      QVERIFY2(found->byPosition > measured / 3 && found->byPosition < measured * 3, tensor->name.c_str());
      ++checked;
    }
    QCOMPARE(checked, std::size_t{14});
  }

  void fewDrawsAreTheSameEveryTime() {
    const Graph reference = graph(), compared = graph(model::Recipe(quant::Scheme::parse("int4:group=32")));
    const auto once = train::estimateDivergences(reference, compared, someTokens(), kLength);
    const auto again = train::estimateDivergences(reference, compared, someTokens(), kLength);
    const auto other = train::estimateDivergences(reference, compared, someTokens(), kLength, {.draws = 1, .seed = 2});
    for (std::size_t i = 0; i < once.size(); ++i) {
      QCOMPARE(once[i].divergence, again[i].divergence);
      QVERIFY(once[i].divergence != other[i].divergence && once[i].divergence > 0);
      const double n = 4.0 * kSequences;  // four draws
      QVERIFY(qFuzzyCompare(once[i].divergence, (n * once[i].bySequence + 16 * once[i].byPosition) / (n + 16)));
    }
  }

  void onlyWhatDiffersIsEstimated() {
    model::Recipe one;
    const Graph compared = graph(model::Recipe(quant::Scheme::parse("int4:group=32")));
    for (const model::Op& op : compared.ops)
      if (op.kind() == model::OpKind::MatMul && op.as<model::MatMul>().weight->name == "blk.1.attn_v.weight")
        one.replacements["blk.1.attn_v.weight"] = op.as<model::MatMul>().weight;
    const auto made = train::estimateDivergences(graph(), graph(one), someTokens(), kLength);
    QCOMPARE(made.size(), std::size_t{1});
    QCOMPARE(made[0].tensor, std::string("blk.1.attn_v.weight"));
    QVERIFY_THROWS_EXCEPTION(Error, train::estimateDivergences(graph(), graph(one), someTokens(), 23));
  }
};

QTEST_GUILESS_MAIN(TestDivergenceEstimate)
#include "tst_divergence_estimate.moc"
