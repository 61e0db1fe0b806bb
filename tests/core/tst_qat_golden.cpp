// Losses and gradients of training through a quantization against what PyTorch's autograd says of the same models
// (tests/data/qat, of tests/data/trace/plain.gguf).
#include <QtTest>
#include <cmath>
#include <filesystem>

#include "core/model/weights.h"
#include "core/quant/quantizer.h"
#include "core/train/qat/qat_model.h"
#include "core/train/reverse_pass.h"
#include "core/train/token_loss.h"
#include "support/golden.h"

using namespace core;
using nlohmann::json;
using train::Parameter;
using train::QatModel;
using train::QatRange;

namespace {

const std::filesystem::path kData = std::filesystem::path(QS_TEST_DATA) / "qat";

QatRange rangeOf(const std::string& name) {
  return name == "steps" ? QatRange::LearnedStep : name == "clips" ? QatRange::LearnedClip : QatRange::Recomputed;
}

QatModel modelOf(const json& entry) {
  const auto checkpoint = io::openCheckpoint(std::filesystem::path(QS_TEST_DATA) / "trace" / "plain.gguf");
  const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
  model::WeightLibrary library(checkpoint);
  std::map<std::string, quant::Scheme> schemes;
  for (std::size_t i = 0; i < library.choices().size(); ++i)
    if (library.choices()[i].fate == model::Fate::Quantize)
      schemes.emplace(checkpoint->tensors()[i].name, quant::Scheme::parse(entry["scheme"].get<std::string>()));
  return {config, library.load(config, model::Recipe()), schemes, {.range = rangeOf(entry["ranges"])}};
}

/// The pattern that the script puts on ranges, so that no weight lies at the edge of what its group can be.
void moveRanges(QatModel& model) {
  const auto add = [](Parameter& parameter, double start, double width) {
    for (std::size_t g = 0; g < parameter.values.size(); ++g) {
      const double pattern = static_cast<double>(g * 37 % 101) / 101.0 - 0.5;
      parameter.values[g] = static_cast<float>(start + width * pattern);
    }
  };
  for (Parameter& parameter : model.parameters()) {
    if (parameter.name.ends_with(".log_step")) add(parameter, 0.0, 0.3);
    if (parameter.name.find(".clip") != std::string::npos) add(parameter, 1.0, 2.0);
    if (!parameter.name.ends_with(".zero_point")) continue;
    const std::vector<float> first = parameter.values;
    add(parameter, 0.0, 0.8);
    for (std::size_t g = 0; g < first.size(); ++g) parameter.values[g] += first[g];
  }
}

/// Forward and backward over the text of the data. @return the loss
double addGradients(QatModel& model, const std::vector<text::TokenId>& tokens) {
  train::Minibatch batch;
  batch.length = tokens.size();
  batch.tokens = tokens;
  batch.targets.assign(tokens.begin() + 1, tokens.end());
  batch.targets.push_back(0);
  batch.isCounted.assign(tokens.size(), 1);
  batch.isCounted.back() = 0;
  model.prepare(JobContext());
  train::ReversePass<float> pass(model.graph(), model.weights());
  const auto logits = pass.forward({batch.tokens, batch.length}, model::LogitsWanted::AllTokens);
  std::vector<float> seeds(logits.size());
  const train::TokenLoss loss = train::tokenLoss(logits, batch, 1.0, {}, 0.0, seeds);
  const auto wanted = model.wanted();
  pass.backward(seeds,
                {.weights = {wanted.begin(), wanted.end()}, .visit = [&](const auto& panel) { model.add(panel); }});
  return loss.mean;
}

std::vector<float> blockSums(const std::vector<float>& gradient, std::size_t block) {
  std::vector<float> sums;
  for (std::size_t i = 0; i < gradient.size(); i += block)
    sums.push_back(std::accumulate(gradient.begin() + i, gradient.begin() + i + block, 0.0F));
  return sums;
}

/// ‖a − b‖ / ‖b‖
double distance(std::span<const float> made, std::span<const float> expected) {
  double squares = 0, norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double apart = static_cast<double>(made[i]) - static_cast<double>(expected[i]);
    squares += apart * apart;
    norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  return std::sqrt(squares / norm);
}

}  // namespace

class TestQatGolden : public QObject {
  Q_OBJECT

  json m_manifest;

 private slots:
  void initTestCase() { m_manifest = support::readJson(kData / "manifest.json"); }

  void agreesWithPyTorch_data() {
    QTest::addColumn<int>("index");
    int index = 0;
    for (const json& entry : m_manifest["cases"])
      QTest::addRow("%s", entry["name"].get<std::string>().c_str()) << index++;
  }

  void agreesWithPyTorch() {
    QFETCH(int, index);
    const json& entry = m_manifest["cases"][index];
    QatModel model = modelOf(entry);
    moveRanges(model);
    const double loss = addGradients(model, m_manifest["tokens"].get<std::vector<text::TokenId>>());
    QVERIFY(std::abs(loss - entry["loss"].get<double>()) < 2e-5);  // float32 sums of 64 to 96 products
    const std::vector<float> all = support::readArray<float>(kData / entry["file"].get<std::string>());
    std::size_t compared = 0;
    for (const json& one : entry["gradients"]) {
      const std::string name = one["parameter"];
      const auto found = std::ranges::find(model.parameters(), name, &Parameter::name);
      QVERIFY2(found != model.parameters().end(), name.c_str());
      const auto expected = std::span(all).subspan(one["first"].get<std::size_t>(), one["count"].get<std::size_t>());
      const bool isSums = one["what"] == "blocks";
      const std::vector<float> made = isSums ? blockSums(found->gradient, m_manifest["block"]) : found->gradient;
      QCOMPARE(made.size(), expected.size());
      // Steps are straight through their FP16 by shares here and by differences there: apart by 2⁻¹¹ at most.
      QVERIFY2(distance(made, expected) < 1e-3,
               qPrintable(QString("%1: %2").arg(name.c_str()).arg(distance(made, expected))));
      if (isSums) {
        double squares = 0;
        for (const float value : quant::dequantize(*model.tensors().at(name)))
          squares += static_cast<double>(value) * static_cast<double>(value);
        QVERIFY(std::abs(squares - one["squares"].get<double>()) < 1e-6 * squares);  // one other code would show
      }
      ++compared;
    }
    QCOMPARE(compared, model.parameters().size() + 1);  // one matrix as sums and whole
  }
};

QTEST_APPLESS_MAIN(TestQatGolden)
#include "tst_qat_golden.moc"
