// Adapters beside frozen matrices: the sum computed here in double, gradients against central differences in double,
// dropout's mask and its gradient, and a short run of the trainer.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/model/adapter_graph.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/quant/decoded_copy.h"
#include "core/train/lora/lora_model.h"
#include "core/train/ops/dropout.h"
#include "core/train/trainer.h"
#include "support/random_blocks.h"
#include "support/random_model.h"

using namespace core;
using model::Graph;
using model::LogitsWanted;
using train::LoraModel;
using train::LoraSettings;
using train::ReversePass;

namespace {

using Tokens = std::vector<model::TokenId>;

class Model {
 public:
  explicit Model(const support::RandomModel& shape = {.biases = true}) {
    const std::filesystem::path path = (m_folder.path() + "/model.gguf").toStdString();
    support::writeRandomModel(shape, path);
    m_checkpoint = io::openCheckpoint(path);
    m_config = model::ModelConfig::fromCheckpoint(*m_checkpoint);
    m_library = std::make_unique<model::WeightLibrary>(m_checkpoint);
  }

  Graph graph(const char* scheme, const std::map<std::string, quant::QuantizedTensorPtr>& replacements = {}) {
    model::Recipe recipe;
    if (*scheme != '\0') recipe = model::Recipe(quant::Scheme::parse(scheme));
    recipe.replacements = replacements;
    return model::buildGraph(m_config, m_library->load(m_config, recipe));
  }

 private:
  QTemporaryDir m_folder;
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  model::ModelConfig m_config;
  std::unique_ptr<model::WeightLibrary> m_library;
};

Tokens someTokens(std::size_t count, std::uint32_t vocabulary) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<model::TokenId>((i * 37 + 5) % vocabulary);
  return tokens;
}

/// B begins as zeros: numbers of the size that training gives it.
void drawB(LoraModel& lora, double sigma = 0.1) {
  support::RandomNumbers random(3);
  for (const train::LoraPair& pair : lora.pairs())
    for (float& value : lora.parameters()[pair.b].values) value = static_cast<float>(sigma * random.bell());
  lora.prepare(JobContext());
}

std::vector<float> logitsOf(const Graph& graph, const Tokens& tokens) {
  const auto executor = model::createCpuExecutor(graph);
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), model::KvType::F32);
  std::vector<float> logits(tokens.size() * graph.vocabulary());
  executor->forward(tokens, *cache, LogitsWanted::AllTokens, logits);
  return logits;
}

/// What every value of the graph is, rows of all tokens.
std::map<std::string, std::vector<float>> valuesOf(const Graph& graph, const Tokens& tokens) {
  const auto executor = model::createCpuExecutor(graph);
  std::map<std::string, std::vector<float>> values;
  const auto watching = executor->subscribe(executor->graph().allValues(), [&](const model::Observation& seen) {
    auto& all = values[executor->graph().values[seen.value].name];
    all.insert(all.end(), seen.data.begin(), seen.data.end());
  });
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), model::KvType::F32);
  std::vector<float> logits(tokens.size() * graph.vocabulary());
  executor->forward(tokens, *cache, LogitsWanted::AllTokens, logits);
  return values;
}

double relativeError(std::span<const float> values, std::span<const double> expected) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    error += std::pow(static_cast<double>(values[i]) - expected[i], 2);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(error / norm);
}

std::vector<double> coefficients(std::size_t count) {
  support::RandomNumbers random(77);
  std::vector<double> result(count);
  for (double& value : result) value = random.bell();
  return result;
}

/// d(coefficients · logits)/d(parameters) by the model's own add(), the pass being in double.
std::vector<std::vector<float>> gradientsOf(LoraModel& lora, ReversePass<double>& pass, const Tokens& tokens,
                                            std::size_t length) {
  for (train::Parameter& parameter : lora.parameters()) std::ranges::fill(parameter.gradient, 0.0F);
  const auto logits = pass.forward({tokens, length}, LogitsWanted::AllTokens);
  const auto seeds = coefficients(logits.size());
  const std::vector<train::WeightId> wanted(lora.wanted().begin(), lora.wanted().end());
  pass.backward(seeds, {.weights = wanted, .values = {}, .offsets = false, .visit = [&](const auto& panel) {
                          const std::vector<float> floats(panel.gradient.begin(), panel.gradient.end());
                          lora.add({panel.weight, panel.firstRow, panel.rows, floats, {}});
                        }});
  std::vector<std::vector<float>> gradients;
  for (const train::Parameter& parameter : lora.parameters()) gradients.push_back(parameter.gradient);
  return gradients;
}

double objective(LoraModel& lora, ReversePass<double>& pass, const Tokens& tokens, std::size_t length) {
  lora.prepare(JobContext());
  const auto logits = pass.forward({tokens, length}, LogitsWanted::AllTokens);
  const auto seeds = coefficients(logits.size());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) sum += seeds[i] * logits[i];
  return sum;
}

/// One sequence that repeats, so that what comes next can be learned.
class Repeating final : public train::BatchSource {
 public:
  std::vector<train::Minibatch> batches(std::uint64_t /*step*/) const override {
    constexpr std::size_t kLength = 24;
    train::Minibatch batch;
    batch.length = kLength;
    for (std::size_t i = 0; i < kLength; ++i) {
      batch.tokens.push_back(static_cast<text::TokenId>(i * i % 7 + 3));
      batch.targets.push_back(static_cast<text::TokenId>((i + 1) * (i + 1) % 7 + 3));
      batch.isCounted.push_back(1);
    }
    return {batch};
  }
};

}  // namespace

class TestLora : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theSumIsTheMatrixAndItsFactors_data() {
    QTest::addColumn<QByteArray>("scheme");
    QTest::newRow("as stored") << QByteArray("");
    QTest::newRow("NF4, its scales quantized") << QByteArray("nf4:double=on");
    QTest::newRow("FP8 that meets inputs of FP8") << QByteArray("fp8_e4m3:scale=row,activations=fp8_dynamic");
  }

  // What the layer puts out is the matrix's product plus scale · B · (A · x) of its plain input, in double; and the
  // whole model is the one whose matrices are W + scale · B·A.
  void theSumIsTheMatrixAndItsFactors() {
    QFETCH(QByteArray, scheme);
    Model model;
    const Graph base = model.graph(scheme.constData());
    LoraModel lora(base, {.rank = 3, .alpha = 7.0, .targets = {"attn_q", "ffn_down"}});
    drawB(lora);
    const Tokens tokens = someTokens(9, 131);
    const auto values = valuesOf(lora.graph(), tokens);
    QCOMPARE(lora.pairs().size(), std::size_t{4});  // two of each block
    for (const train::LoraPair& pair : lora.pairs()) {
      const std::string name = pair.target.substr(0, pair.target.size() - 7);  // without ".weight"
      const std::string input = name.substr(0, 6) + (name.ends_with("attn_q") ? "attn_norm" : "ffn_hidden");
      const auto &x = values.at(input), &alone = values.at(name + "_base"), &sum = values.at(name);
      const auto &a = lora.parameters()[pair.a].values, &b = lora.parameters()[pair.b].values;
      std::vector<double> expected(alone.begin(), alone.end());
      for (std::size_t t = 0; t < tokens.size(); ++t)
        for (std::size_t row = 0; row < pair.out; ++row)
          for (std::size_t k = 0; k < 3; ++k) {
            double down = 0;
            for (std::size_t i = 0; i < pair.in; ++i)
              down += static_cast<double>(a[k * pair.in + i]) * static_cast<double>(x[t * pair.in + i]);
            expected[t * pair.out + row] += 7.0 / 3.0 * static_cast<double>(b[row * 3 + k]) * down;
          }
      QVERIFY(relativeError(alone, expected) > 0.01);  // the factors do something
      QVERIFY2(relativeError(sum, expected) < 1e-5, pair.target.c_str());
    }
  }

  void theModelIsTheOneOfMergedMatrices_data() {
    QTest::addColumn<QByteArray>("scheme");
    QTest::newRow("as stored") << QByteArray("");
    QTest::newRow("NF4") << QByteArray("nf4");
  }
  void theModelIsTheOneOfMergedMatrices() {
    QFETCH(QByteArray, scheme);
    Model model;
    const Graph base = model.graph(scheme.constData());
    LoraModel lora(base, {.rank = 4, .alpha = 8.0});
    drawB(lora);
    std::map<std::string, quant::QuantizedTensorPtr> merged;
    for (const train::LoraPair& pair : lora.pairs()) {
      for (const model::Op& op : base.ops) {
        if (op.kind() != model::OpKind::MatMul || (*op.weight())->name != pair.target) continue;
        auto sum = quant::decodedCopy(**op.weight());
        const auto values = quant::valuesOf(*sum);
        const auto &a = lora.parameters()[pair.a].values, &b = lora.parameters()[pair.b].values;
        for (std::size_t row = 0; row < pair.out; ++row)
          for (std::size_t i = 0; i < pair.in; ++i) {
            double change = 0;
            for (std::size_t k = 0; k < 4; ++k)
              change += static_cast<double>(b[row * 4 + k]) * static_cast<double>(a[k * pair.in + i]);
            values[row * pair.in + i] += static_cast<float>(2.0 * change);
          }
        merged[pair.target] = std::move(sum);
      }
    }
    QCOMPARE(merged.size(), std::size_t{14});
    const Tokens tokens = someTokens(12, 131);
    const auto with = logitsOf(lora.graph(), tokens), whole = logitsOf(model.graph(scheme.constData(), merged), tokens);
    const auto without = logitsOf(base, tokens);
    const std::vector<double> expected(whole.begin(), whole.end());
    QVERIFY(relativeError(without, expected) > 0.05);
    QVERIFY(relativeError(with, expected) < 1e-5);  // sums of another order
  }

  // B is 0 at first: the model is the base's, bit for bit, whatever it is quantized to.
  void beforeTrainingItIsTheBase() {
    Model model;
    for (const char* scheme : {"", "nf4:double=on", "int8:activations=int8_dynamic"}) {
      const Graph base = model.graph(scheme);
      const LoraModel lora(base, {});
      const Tokens tokens = someTokens(10, 131);
      QCOMPARE(logitsOf(lora.graph(), tokens), logitsOf(base, tokens));
      ReversePass<float> plain(base), beside(lora.graph(), lora.weights());
      const train::Sequences sequences{tokens, 5};
      const auto expected = plain.forward(sequences, LogitsWanted::AllTokens);
      QVERIFY(std::ranges::equal(beside.forward(sequences, LogitsWanted::AllTokens), expected));
    }
  }

  void theFirstValuesAreNormal() {
    Model model;
    LoraModel lora(model.graph(""), {.rank = 16}), same(model.graph(""), {.rank = 16});
    const LoraModel other(model.graph(""), {.rank = 16, .seed = 2});
    double sum = 0, squares = 0, fourth = 0;
    std::size_t count = 0;
    for (const train::LoraPair& pair : lora.pairs()) {
      QVERIFY(std::ranges::all_of(lora.parameters()[pair.b].values, [](float value) { return value == 0.0F; }));
      QCOMPARE(lora.parameters()[pair.a].values, same.parameters()[pair.a].values);
      for (const float value : lora.parameters()[pair.a].values) {
        const double x = static_cast<double>(value) * std::sqrt(static_cast<double>(pair.in));
        sum += x, squares += x * x, fourth += x * x * x * x, ++count;
      }
    }
    const double n = static_cast<double>(count);  // about 24,000: five standard errors each
    QVERIFY(std::abs(sum / n) < 5 / std::sqrt(n));
    QVERIFY(std::abs(squares / n - 1) < 5 * std::sqrt(2 / n));
    QVERIFY(std::abs(fourth / n - 3) < 5 * std::sqrt(96 / n));
    QVERIFY(const_cast<LoraModel&>(other).parameters()[0].values != lora.parameters()[0].values);
  }

  void gradientsAreThoseOfCentralDifferences_data() {
    QTest::addColumn<QByteArray>("scheme");
    QTest::addColumn<double>("dropout");
    QTest::newRow("as stored") << QByteArray("") << 0.0;
    QTest::newRow("NF4") << QByteArray("nf4:double=on") << 0.0;
    QTest::newRow("a mask that stays") << QByteArray("") << 0.4;
  }

  void gradientsAreThoseOfCentralDifferences() {
    QFETCH(QByteArray, scheme);
    QFETCH(double, dropout);
    Model model({.vocabulary = 19,
                 .width = 12,
                 .layers = 2,
                 .feedForward = 20,
                 .heads = 4,
                 .kvHeads = 2,
                 .headSize = 6,
                 .valueHeadSize = 4});
    LoraModel lora(model.graph(scheme.constData()), {.rank = 2, .alpha = 3.0, .dropout = dropout});
    drawB(lora, 0.3);
    const Tokens tokens = someTokens(12, 19);
    ReversePass<double> pass(lora.graph(), lora.weights());
    pass.setDropouts(lora.dropouts(5));
    const auto gradients = gradientsOf(lora, pass, tokens, 6);
    support::RandomNumbers random(9);
    double largest = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      for (int trial = 0; trial < 3; ++trial) {
        std::vector<float>& values = lora.parameters()[i].values;
        const std::size_t at = random.bits() % values.size();
        const float before = values[at];
        constexpr float kStep = 1.0F / 1024;  // exact in float; the central difference's error is of its square
        double measured = 0;
        for (const float sign : {1.0F, -1.0F}) {
          values[at] = before + sign * kStep;
          const double width = static_cast<double>(values[at]) - static_cast<double>(before);
          measured += objective(lora, pass, tokens, 6) / (2 * width);
        }
        values[at] = before;
        const double gradient = static_cast<double>(gradients[i][at]);
        largest = std::max(largest, std::abs(gradient));
        QVERIFY2(
            std::abs(gradient - measured) <= 1e-3 * std::abs(measured) + 1e-4,
            qPrintable(
                QString("%1: %2, expected %3").arg(lora.parameters()[i].name.c_str()).arg(gradient).arg(measured)));
      }
    }
    QVERIFY(largest > 0.1);
  }

  void dropoutLeavesOutItsShare() {
    constexpr std::size_t kRows = 300, kWidth = 64;
    const auto masked = [](std::uint64_t seed, double probability) {
      std::vector<double> values(kRows * kWidth, 1.0);
      train::ops::dropOut<double>(probability, seed, kWidth, values);
      return values;
    };
    const auto mask = masked(7, 0.3);
    std::vector<double> columns(kWidth, 0.0);
    double dropped = 0, besides = 0;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      QVERIFY(mask[i] == 0.0 || std::abs(mask[i] - 1 / 0.7) < 1e-12);
      const double isDropped = mask[i] == 0.0 ? 1 : 0;
      dropped += isDropped, columns[i % kWidth] += isDropped;
      if (i % kWidth != 0 && mask[i - 1] == 0.0) besides += isDropped;
    }
    const double n = kRows * kWidth;
    QVERIFY(std::abs(dropped / n - 0.3) < 5 * std::sqrt(0.21 / n));
    for (const double column : columns) QVERIFY(std::abs(column / kRows - 0.3) < 5 * std::sqrt(0.21 / kRows));
    // Neighbours are left out together as often as independent ones are.
    const double pairs = kRows * (kWidth - 1);
    QVERIFY(std::abs(besides / pairs - 0.09) < 5 * std::sqrt(0.09 * 0.91 / pairs));
    QCOMPARE(masked(7, 0.3), mask);
    QVERIFY(masked(8, 0.3) != mask);
    QCOMPARE(masked(7, 0.0), std::vector<double>(kRows * kWidth, 1.0));
  }

  void everyMatrixLeavesOutOthers() {
    Model model;
    const LoraModel lora(model.graph("nf4"), {.rank = 4, .dropout = 0.25});
    std::set<std::uint64_t> seeds;
    for (const train::Dropout& dropout : lora.dropouts(5)) seeds.insert(dropout.seed);
    QVERIFY(!lora.pairs().empty());
    QCOMPARE(seeds.size(), lora.pairs().size());
  }

  // A backward pass that computes sections again finds the same masks, also beside an offset at the same place.
  void whatIsComputedAgainIsLeftOutAgain() {
    Model model;
    LoraModel lora(model.graph("nf4"), {.rank = 4, .dropout = 0.25});
    drawB(lora);
    const Tokens tokens = someTokens(20, 131);
    ReversePass<double> pass(lora.graph(), lora.weights()), plain(lora.graph(), lora.weights()),
        frugal(lora.graph(), lora.weights(), {.mostKeptBytes = 0});
    const auto dropouts = lora.dropouts(11);
    QCOMPARE(dropouts.size(), lora.pairs().size());
    train::Offset<double> offset{dropouts[3].place, std::vector<double>(10 * lora.pairs()[3].in, 0.05), {}};
    for (ReversePass<double>* each : {&pass, &frugal}) {
      each->setDropouts(dropouts);
      each->setOffsets({offset});
    }
    plain.setOffsets({offset});
    const auto whole = gradientsOf(lora, pass, tokens, 10), again = gradientsOf(lora, frugal, tokens, 10);
    QCOMPARE(again, whole);
    QCOMPARE(gradientsOf(lora, pass, tokens, 10), whole);
    QVERIFY(gradientsOf(lora, plain, tokens, 10) != whole);
    pass.setDropouts(lora.dropouts(12));
    QVERIFY(gradientsOf(lora, pass, tokens, 10) != whole);
  }

  void factorsMayBeOfBf16() {
    Model model;
    LoraModel lora(model.graph(""), {.rank = 4, .isBf16 = true}), exact(model.graph(""), {.rank = 4});
    drawB(lora), drawB(exact);
    const Tokens tokens = someTokens(8, 131);
    const auto rounded = logitsOf(lora.graph(), tokens);
    QVERIFY(rounded != logitsOf(exact.graph(), tokens));
    for (train::Parameter& parameter : exact.parameters())
      for (float& value : parameter.values) {  // the upper half of a float, to nearest even
        const auto bits = std::bit_cast<std::uint32_t>(value);
        value = std::bit_cast<float>((bits + 0x7fffU + ((bits >> 16U) & 1U)) & 0xffff0000U);
      }
    exact.prepare(JobContext());
    QCOMPARE(logitsOf(exact.graph(), tokens), rounded);
  }

  void trainingLowersTheLoss_data() {
    QTest::addColumn<double>("dropout");
    QTest::addColumn<bool>("isBf16");
    QTest::newRow("plain") << 0.0 << false;
    QTest::newRow("with dropout, in BF16") << 0.1 << true;
  }
  void trainingLowersTheLoss() {
    QFETCH(double, dropout);
    QFETCH(bool, isBf16);
    Model model;
    const Graph base = model.graph("nf4:double=on");
    LoraModel lora(base, {.rank = 8, .dropout = dropout, .isBf16 = isBf16});
    const Repeating source;
    train::TrainerSettings settings;
    settings.steps = 40;
    settings.rate.peak = 1e-2;
    train::Trainer trainer(lora, source, settings);
    const double first = trainer.step().loss;
    double last = first;
    while (!trainer.isFinished()) last = trainer.step().loss;
    QVERIFY2(last < 0.5 * first, qPrintable(QString("%1 → %2").arg(first).arg(last)));
    // The base has stayed what it was.
    const Tokens tokens = someTokens(8, 131);
    lora.prepare(JobContext());
    for (const train::LoraPair& pair : lora.pairs()) std::ranges::fill(lora.parameters()[pair.b].values, 0.0F);
    lora.prepare(JobContext());
    QCOMPARE(logitsOf(lora.graph(), tokens), logitsOf(model.graph("nf4:double=on"), tokens));
  }

  void whatCannotBeAdaptedIsASentence_data() {
    QTest::addColumn<int>("rank");
    QTest::addColumn<double>("dropout");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("said");
    QTest::newRow("rank") << 0 << 0.0 << "attn_q"
                          << "at least 1";
    QTest::newRow("dropout") << 4 << 1.0 << "attn_q"
                             << "less than 1";
    QTest::newRow("target") << 4 << 0.0 << "attn_qkv"
                            << "no matrix \"attn_qkv\"";
    QTest::newRow("a norm") << 4 << 0.0 << "attn_norm"
                            << "no matrix \"attn_norm\"";
  }
  void whatCannotBeAdaptedIsASentence() {
    QFETCH(int, rank);
    QFETCH(double, dropout);
    QFETCH(QString, target);
    QFETCH(QString, said);
    Model model;
    LoraSettings settings{.rank = static_cast<std::uint32_t>(rank), .dropout = dropout};
    settings.targets = {"ffn_up", target.toStdString()};
    try {
      const LoraModel lora(model.graph(""), settings);
      QFAIL("It was adapted.");
    } catch (const Error& error) {
      QVERIFY2(QString(error.what()).contains(said), error.what());
    }
  }

  void factorsThatDoNotFitAreASentence() {
    Model model;
    const Graph base = model.graph("");
    const LoraModel lora(base, {.rank = 2, .targets = {"attn_q"}});
    const auto tensorOf = [&](std::size_t op) { return *lora.graph().ops[op].weight(); };
    std::size_t first = 0;
    while (lora.graph().ops[first].weight() == nullptr || !tensorOf(first)->name.ends_with(".lora_a")) ++first;
    const model::AdapterFactors good{"blk.0.attn_q.weight", tensorOf(first), tensorOf(first + 1)};
    QCOMPARE(model::withAdapters(base, std::vector{good}).ops.size(), base.ops.size() + 3);
    auto swapped = good;
    std::swap(swapped.a, swapped.b);
    QVERIFY_EXCEPTION_THROWN(model::withAdapters(base, std::vector{swapped}), Error);
    auto elsewhere = good;
    elsewhere.target = "blk.9.attn_q.weight";
    QVERIFY_EXCEPTION_THROWN(model::withAdapters(base, std::vector{elsewhere}), Error);
  }
};

QTEST_GUILESS_MAIN(TestLora)
#include "tst_lora.moc"
