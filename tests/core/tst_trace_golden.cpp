// Gradients and contributions against what PyTorch says of the same models (tests/data/trace).
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/model/weights.h"
#include "core/trace/attribution.h"
#include "core/train/reverse_pass.h"
#include "support/golden.h"

using namespace core;
using model::Graph;
using nlohmann::json;
using Pass = train::ReversePass<float>;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "trace";

Graph graphOf(const std::string& file, const json& how = {}) {
  const auto checkpoint = io::openCheckpoint(kData / file);
  auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
  if (!how.is_null()) {
    config.slidingWindow = how["sliding_window"];
    config.ropePairing = how["rope_pairing"] == "halves" ? model::RopePairing::Halves : model::RopePairing::Adjacent;
  }
  return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, model::Recipe()));
}

std::vector<double> softmax(std::span<const float> logits) {
  std::vector<double> p(logits.begin(), logits.end());
  const double largest = *std::ranges::max_element(p);
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - largest);
  for (double& x : p) x /= sum;
  return p;
}

/// d(objective)/d(logits of all positions), and the objective's value.
struct Seeds {
  std::vector<float> derivatives;
  double value = 0;
};

Seeds seedsOf(const json& objective, const std::vector<model::TokenId>& tokens, std::span<const float> logits) {
  const std::size_t vocabulary = logits.size() / tokens.size();
  Seeds seeds{std::vector<float>(logits.size(), 0.0F)};
  const std::string kind = objective["kind"];
  const auto row = [&](std::size_t position) { return logits.subspan(position * vocabulary, vocabulary); };
  if (kind == "logit_difference") {
    const std::size_t first = objective["position"].get<std::size_t>() * vocabulary;
    const std::size_t a = objective["tokens"][0], b = objective["tokens"][1];
    seeds.derivatives[first + a] = 1;
    seeds.derivatives[first + b] = -1;
    seeds.value = logits[first + a] - logits[first + b];
    return seeds;
  }
  // The gradient of −ln p(next) is p − onehot, that of KL(target ‖ p) is p − target.
  std::vector<float> targets(logits.size(), 0.0F);
  const std::size_t positions = kind == "kl" ? tokens.size() : objective["positions"].get<std::size_t>();
  if (kind == "kl") targets = support::readArray<float>(kData / "target.logits.f32");
  for (std::size_t position = 0; position < positions; ++position) {
    const std::vector<double> p = softmax(row(position));
    std::vector<double> target(vocabulary, 0.0);
    if (kind == "kl") {
      target = softmax(std::span(targets).subspan(position * vocabulary, vocabulary));
    } else {
      target[static_cast<std::size_t>(tokens[position + 1])] = 1.0;
    }
    for (std::size_t i = 0; i < vocabulary; ++i) {
      seeds.derivatives[position * vocabulary + i] =
          static_cast<float>((p[i] - target[i]) / static_cast<double>(positions));
      if (target[i] > 0) seeds.value += target[i] * std::log(target[i] / p[i]) / static_cast<double>(positions);
    }
  }
  return seeds;
}

double norm(std::span<const double> values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares);
}

double distance(std::span<const double> a, std::span<const float> b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += std::pow(a[i] - static_cast<double>(b[i]), 2);
  return std::sqrt(squares);
}

double sumOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

/// Of blocks of 32 along the rows.
std::vector<double> blockSums(std::span<const double> values, std::size_t width) {
  std::vector<double> sums;
  for (std::size_t row = 0; row < values.size(); row += width)
    for (std::size_t first = 0; first < width; first += 32)
      sums.push_back(sumOf(values.subspan(row + first, std::min<std::size_t>(32, width - first))));
  return sums;
}

}  // namespace

class TestTraceGolden : public QObject {
  Q_OBJECT

 private:
  const json m_manifest = support::readJson(kData / "manifest.json");
  const std::vector<model::TokenId> m_tokens = m_manifest["tokens"].get<std::vector<model::TokenId>>();

 private slots:
  void gradients_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < static_cast<int>(m_manifest["gradients"].size()); ++i)
      QTest::newRow(m_manifest["gradients"][i]["name"].get<std::string>().c_str()) << i;
  }

  void gradients() {
    QFETCH(int, index);
    const json& expected = m_manifest["gradients"][index];
    Pass pass(graphOf(expected["model"], expected));
    const auto logits = pass.forward({m_tokens, m_tokens.size()}, model::LogitsWanted::AllTokens);
    const Seeds seeds = seedsOf(expected["objective"], m_tokens, logits);
    const double value = expected["value"];
    QVERIFY(std::abs(seeds.value - value) <= 1e-5 * std::abs(value));

    std::map<std::string, std::vector<double>> gradients;
    train::Wanted<float> wanted;
    for (train::WeightId id = 0; id < pass.weights().size(); ++id) {
      wanted.weights.push_back(id);
      gradients[pass.weights()[id].name].resize(pass.weights()[id].count(), 0.0);
    }
    for (const json& name : expected["residuals"]["values"])
      wanted.values.push_back(*pass.graph().find(name.get<std::string>()));
    wanted.visit = [&](const train::WeightGradient<float>& panel) {
      const train::PassWeight& weight = pass.weights()[panel.weight];
      std::ranges::copy(panel.gradient,
                        gradients[weight.name].begin() + static_cast<std::ptrdiff_t>(panel.firstRow * weight.width));
    };
    pass.backward(seeds.derivatives, wanted);
    checkWeights(expected, gradients);
    checkResiduals(expected, pass, wanted.values);
  }

  void checkWeights(const json& expected, const std::map<std::string, std::vector<double>>& gradients) {
    const auto blocks = support::readArray<float>(kData / expected["blocks"].get<std::string>());
    std::size_t checked = 0;
    for (const json& tensor : m_manifest["models"][expected["model"].get<std::string>()]) {
      const std::string name = tensor["tensor"];
      const std::vector<double>& gradient = gradients.at(name);
      const double size = expected["norms"][name];
      QVERIFY2(std::abs(norm(gradient) - size) <= 1e-5 * size, name.c_str());
      QVERIFY2(std::abs(sumOf(gradient) - expected["sums"][name].get<double>()) <= 1e-4 * size, name.c_str());
      const std::vector<double> sums = blockSums(gradient, tensor["shape"].back());
      const auto theirs = std::span(blocks).subspan(tensor["first_block"], sums.size());
      QVERIFY2(distance(sums, theirs) <= 1e-5 * size * 6, name.c_str());  // √32 weights add up
      ++checked;
    }
    QCOMPARE(checked, gradients.size());
    for (const json& whole : expected["whole"]) {
      const std::vector<double>& gradient = gradients.at(whole["tensor"]);
      const auto theirs = support::readArray<float>(kData / whole["file"].get<std::string>());
      QCOMPARE(theirs.size(), gradient.size());
      QVERIFY(distance(gradient, theirs) <= 1e-5 * norm(gradient));
    }
  }

  void checkResiduals(const json& expected, const Pass& pass, const std::vector<model::ValueId>& values) {
    const json& residuals = expected["residuals"];
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto floats = pass.gradient(values[i]);
      const std::vector<double> gradient(floats.begin(), floats.end());
      const std::size_t width = gradient.size() / m_tokens.size();
      for (std::size_t position = 0; position < m_tokens.size(); ++position) {
        const auto row = std::span(gradient).subspan(position * width, width);
        const double size = residuals["norms"][i][position];
        QVERIFY(std::abs(norm(row) - size) <= 1e-5 * size + 1e-9);
        QVERIFY(std::abs(sumOf(row) - residuals["sums"][i][position].get<double>()) <= 1e-4 * size + 1e-9);
      }
      if (!residuals.contains("file")) continue;
      const auto all = support::readArray<float>(kData / residuals["file"].get<std::string>());
      QVERIFY(distance(gradient, std::span(all).subspan(i * gradient.size(), gradient.size())) <=
              1e-5 * norm(gradient));
    }
  }

  void contributions() {
    const json& expected = m_manifest["integrated"];
    const Graph reference = graphOf(expected["reference"]), compared = graphOf(expected["compared"]);
    const auto& words = expected["objective"]["tokens"];
    const auto objective = trace::Objective::difference(words[0], words[1]);
    const trace::AttributionSettings settings{
        .keep = 32, .remainder = 1e-4, .blockSize = [](const auto&) { return 32; }};
    const trace::Attribution made = trace::attribute(reference, compared, m_tokens, objective, settings);
    QVERIFY(std::abs(made.reference - expected["value"]["reference"].get<double>()) < 1e-5);
    QVERIFY(std::abs(made.compared - expected["value"]["compared"].get<double>()) < 1e-5);
    const json& exact = expected["points"].back();
    QCOMPARE(exact["points"].get<int>(), 33);
    const auto blocks = support::readArray<float>(kData / exact["blocks"].get<std::string>());
    std::map<std::string, std::pair<std::size_t, std::size_t>> places;  // first block, tensor
    const json& tensors = m_manifest["models"]["plain.gguf"];
    for (std::size_t i = 0; i < tensors.size(); ++i) places[tensors[i]["tensor"]] = {tensors[i]["first_block"], i};
    std::size_t differing = 0;
    for (const trace::TensorContribution& tensor : made.tensors) {
      QVERIFY2(std::abs(tensor.sum - exact["tensors"][tensor.name].get<double>()) < 1e-5, tensor.name.c_str());
      const auto theirs = std::span(blocks).subspan(places.at(tensor.name).first, tensor.blockSums.size());
      const std::vector<double> ours(tensor.blockSums.begin(), tensor.blockSums.end());
      QVERIFY2(distance(ours, theirs) <= 1e-4 * norm(ours), tensor.name.c_str());
      differing += norm(ours) > 0 ? 1 : 0;
    }
    QCOMPARE(differing, 16U);
    const json& largest = exact["largest"];
    QCOMPARE(made.most.size() + made.least.size(), 64U);
    // The largest by magnitude, from both ends.
    for (const json& weight : largest) {
      const double share = weight[3];
      const auto& kept = share > 0 ? made.most : made.least;
      const std::string name = weight[0].is_string() ? weight[0].get<std::string>() : std::string();
      const bool found = std::ranges::any_of(kept, [&](const trace::WeightContribution& one) {
        const trace::TensorContribution& tensor = made.tensors[one.tensor];
        return tensor.name == name &&
               one.index == weight[1].get<std::uint64_t>() * tensor.width + weight[2].get<std::uint64_t>() &&
               std::abs(static_cast<double>(one.contribution) - share) < 1e-6;
      });
      QVERIFY2(found, weight.dump().c_str());
    }
  }
};

QTEST_GUILESS_MAIN(TestTraceGolden)
#include "tst_trace_golden.moc"
