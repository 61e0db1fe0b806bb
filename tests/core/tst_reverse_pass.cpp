// The reverse pass against central differences in double precision, operation by operation and for whole models; in
// float32 against itself in double; and its forward half against the CPU executor.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <map>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/train/reverse_pass.h"
#include "reverse_cases.h"
#include "support/random_model.h"

using namespace core;
using model::Graph;
using model::LogitsWanted;
using model::ValueId;
using reverse::Build;
using reverse::Ends;
using reverse::kVocabulary;
using train::Place;
using train::ReversePass;

namespace {

const std::filesystem::path kDemo = std::filesystem::path(QS_SOURCE_DIR) / "resources" / "models" / "demo.gguf";
const std::filesystem::path kArchitectures = std::filesystem::path(QS_TEST_DATA) / "architectures";
using Tokens = std::vector<model::TokenId>;

Tokens someTokens(std::size_t count, std::uint32_t vocabulary) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<model::TokenId>((i * 37 + 5) % vocabulary);
  return tokens;
}

std::vector<double> coefficients(std::size_t count) {
  support::RandomNumbers random(77);
  std::vector<double> result(count);
  for (double& value : result) value = random.bell();
  return result;
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A weight of which one value differs at the other end.
class OneChanged final : public train::WeightSource {
 public:
  OneChanged(std::shared_ptr<const train::WeightSource> base, std::uint64_t width, std::uint64_t index, float change)
      : m_base(std::move(base)), m_width(width), m_index(index), m_change(change) {}
  void rows(std::uint64_t firstRow, std::span<float> values) const override {
    m_base->rows(firstRow, values);
    const std::uint64_t first = firstRow * m_width;
    if (m_index >= first && m_index < first + values.size()) values[m_index - first] += m_change;
  }

 private:
  std::shared_ptr<const train::WeightSource> m_base;
  std::uint64_t m_width, m_index;
  float m_change;
};

/// Offsets at every place of a graph where floats are read or made, towards random directions.
std::vector<train::Offset<double>> offsetsEverywhere(const Graph& graph, std::size_t length, LogitsWanted wanted) {
  support::RandomNumbers random(5);
  std::vector<train::Offset<double>> offsets;
  bool isBehind = false;
  const auto add = [&](std::size_t op, std::size_t input, ValueId value, std::size_t rows) {
    train::Offset<double> offset{{op, input}, {}, std::vector<double>(rows * graph.values[value].width)};
    for (double& x : offset.target) x = 0.1 * random.bell();
    offset.base.assign(offset.target.size(), 0.02);
    offsets.push_back(std::move(offset));
  };
  for (std::size_t op = 0; op < graph.ops.size(); ++op) {
    const std::size_t before = isBehind && wanted == LogitsWanted::LastToken ? 1 : length;
    isBehind = isBehind || graph.ops[op].kind() == model::OpKind::TakeRows;
    const std::size_t behind = isBehind && wanted == LogitsWanted::LastToken ? 1 : length;
    for (std::size_t i = 0; i < graph.ops[op].inputs.size(); ++i) add(op, i, graph.ops[op].inputs[i], before);
    if (graph.ops[op].out != model::kNoValue) add(op, Place::kResult, graph.ops[op].out, behind);
  }
  return offsets;
}

/// The slope of the objective along the line at α, from gradients.
template <typename Real>
double slopeOf(ReversePass<Real>& pass, const train::Sequences& sequences, LogitsWanted wanted,
               const std::vector<train::Offset<Real>>& offsets) {
  const auto logits = pass.forward(sequences, wanted);
  const std::vector<double> seeds = coefficients(logits.size());
  train::Wanted<Real> gradients{.weights = {}, .values = {}, .offsets = true, .visit = {}};
  for (train::WeightId id = 0; id < pass.weights().size(); ++id)
    if (pass.weights()[id].target) gradients.weights.push_back(id);
  double slope = 0;
  gradients.visit = [&](const train::WeightGradient<Real>& panel) {
    for (std::size_t i = 0; i < panel.gradient.size(); ++i)
      slope += static_cast<double>(panel.gradient[i]) * static_cast<double>(panel.change[i]);
  };
  pass.backward(std::vector<Real>(seeds.begin(), seeds.end()), gradients);
  for (const auto& offset : offsets) {
    const auto gradient = pass.offsetGradient(offset.place);
    for (std::size_t i = 0; i < gradient.size(); ++i)
      slope += static_cast<double>(gradient[i]) * static_cast<double>(offset.target[i] - offset.base[i]);
  }
  return slope;
}

/// The same by central differences of steps h and h/2, extrapolated (Richardson), error of h⁴.
double measuredSlope(ReversePass<double>& pass, train::Sequences sequences, LogitsWanted wanted) {
  const std::vector<double> along = sequences.along;
  const auto objectiveAt = [&](double step) {
    for (std::size_t i = 0; i < along.size(); ++i) sequences.along[i] = along[i] + step;
    const auto logits = pass.forward(sequences, wanted);
    return dot(logits, coefficients(logits.size()));
  };
  const auto central = [&](double h) { return (objectiveAt(h) - objectiveAt(-h)) / (2 * h); };
  constexpr double kStep = 2e-3;
  return (4 * central(kStep / 2) - central(kStep)) / 3;
}

bool isClose(double made, double expected, double tolerance) {
  return std::abs(made - expected) <= tolerance * std::abs(expected) + 1e-12;
}

}  // namespace

class TestReversePass : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  Graph randomModel(const support::RandomModel& shape, const char* scheme = nullptr) {
    static int count = 0;
    const std::filesystem::path path = (m_folder.path() + QString("/%1.gguf").arg(++count)).toStdString();
    support::writeRandomModel(shape, path);
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    std::optional<quant::Scheme> parsed;
    if (scheme != nullptr) parsed = quant::Scheme::parse(scheme);
    return model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, parsed));
  }

 private slots:
  // Every operation, all weights and all places at once, in a random direction; two sequences at different α.
  void slopesAreThoseOfCentralDifferences_data() {
    QTest::addColumn<int>("index");
    QTest::addColumn<bool>("all");
    for (int i = 0; i < static_cast<int>(reverse::cases().size()); ++i)
      for (const bool all : {false, true})
        QTest::addRow("%s, %s", reverse::cases()[i].first.constData(), all ? "all logits" : "the last token's")
            << i << all;
  }

  void slopesAreThoseOfCentralDifferences() {
    QFETCH(int, index);
    QFETCH(bool, all);
    const Build build = reverse::cases()[index].second;
    const LogitsWanted wanted = all ? LogitsWanted::AllTokens : LogitsWanted::LastToken;
    Ends mine(3), other(4);
    const Graph from = build(mine), to = build(other);
    ReversePass<double> pass(from, train::weightsBetween(from, to));
    ReversePass<double> frugal(from, train::weightsBetween(from, to), {train::Rounding::None, model::KvType::F32, 0});
    constexpr std::size_t kLength = 7;
    const auto offsets = offsetsEverywhere(from, kLength, wanted);
    pass.setOffsets(offsets);
    frugal.setOffsets(offsets);
    const Tokens tokens = someTokens(2 * kLength, kVocabulary);
    const train::Sequences sequences{tokens, kLength, {0.3, 0.8}};
    const double slope = slopeOf(pass, sequences, wanted, offsets);
    QVERIFY(isClose(slope, measuredSlope(pass, sequences, wanted), 1e-7));
    QCOMPARE(slopeOf(frugal, sequences, wanted, offsets), slope);
  }

  // Single weights: the gradient's own values, of every kind of weight, and every place of a line.
  void singleWeightsAreThoseOfCentralDifferences() {
    const Graph graph = randomModel({.vocabulary = 19,
                                     .width = 12,
                                     .layers = 1,
                                     .feedForward = 20,
                                     .heads = 4,
                                     .kvHeads = 2,
                                     .headSize = 6,
                                     .valueHeadSize = 4,
                                     .ropeDimensions = 4,
                                     .tiedOutput = true,
                                     .biases = true});
    const Tokens tokens = someTokens(6, 19);
    const auto weights = train::weightsOf(graph);
    support::RandomNumbers random(9);
    std::size_t checked = 0;
    for (train::WeightId id = 0; id < weights.size(); ++id) {
      ReversePass<double> whole(graph);
      const auto logits = whole.forward({tokens, tokens.size()}, LogitsWanted::AllTokens);
      std::vector<double> gradient(weights[id].count(), 0.0);
      const auto keep = [&](const train::WeightGradient<double>& panel) {
        QCOMPARE(panel.weight, id);
        std::ranges::copy(panel.gradient,
                          gradient.begin() + static_cast<std::ptrdiff_t>(panel.firstRow * weights[id].width));
      };
      whole.backward(coefficients(logits.size()), {.weights = {id}, .values = {}, .offsets = false, .visit = keep});
      for (int i = 0; i < 4; ++i) {
        const std::uint64_t index = random.bits() % weights[id].count();
        auto changed = weights;
        constexpr float kChange = 0.125F;
        changed[id].target = std::make_shared<OneChanged>(weights[id].base, weights[id].width, index, kChange);
        ReversePass<double> pass(graph, changed);
        const double measured =
            measuredSlope(pass, {tokens, tokens.size(), {0.0}}, LogitsWanted::AllTokens) / static_cast<double>(kChange);
        QVERIFY2(std::abs(gradient[index] - measured) <= 1e-6 * std::abs(measured) + 1e-9,
                 qPrintable(QString("%1 %2: %3, expected %4")
                                .arg(weights[id].name.c_str())
                                .arg(index)
                                .arg(gradient[index])
                                .arg(measured)));
        ++checked;
      }
    }
    QCOMPARE(checked, 4 * weights.size());
    QVERIFY(checked >= 48);
  }

  void gradientsOfValuesAreThoseOfOffsetsAtThem() {
    const Graph graph = randomModel({.layers = 2});
    const Tokens tokens = someTokens(9, 131);
    ReversePass<double> pass(graph);
    std::vector<train::Offset<double>> offsets;
    train::Wanted<double> wanted{.weights = {}, .values = {}, .offsets = true, .visit = {}};
    for (const char* name :
         {"token_embd", "blk.0.attn_residual", "blk.0.ffn_hidden", "blk.1.attn_v", "last_residual"}) {
      const ValueId value = *graph.find(name);
      wanted.values.push_back(value);
      offsets.push_back({{static_cast<std::size_t>(&graph.maker(value) - graph.ops.data()), Place::kResult}, {}, {}});
    }
    pass.setOffsets(offsets);
    const auto logits = pass.forward({tokens, tokens.size()});
    pass.backward(coefficients(logits.size()), wanted);
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const auto gradient = pass.gradient(wanted.values[i]);
      const auto sum = pass.offsetGradient(offsets[i].place);
      QVERIFY(!gradient.empty());
      QVERIFY(std::equal(gradient.begin(), gradient.end(), sum.begin(), sum.end()));
    }
    // What is not wanted is not kept.
    QVERIFY(pass.gradient(*graph.find("blk.1.attn_residual")).empty());
  }

  // A whole model along the line to another one, in double against differences and in float32 against double.
  void wholeModels_data() {
    QTest::addColumn<bool>("tied");
    QTest::addColumn<bool>("biases");
    QTest::newRow("own output") << false << false;
    QTest::newRow("tied, biases") << true << true;
  }

  void wholeModels() {
    QFETCH(bool, tied);
    QFETCH(bool, biases);
    support::RandomModel shape{.tiedOutput = tied, .biases = biases, .frequencyFactors = true};
    const Graph from = randomModel(shape);
    shape.seed = 2;
    Graph to = randomModel(shape);
    to.ropeTables = from.ropeTables;  // no weights of a line
    const Tokens one = someTokens(21, 131);
    Tokens tokens = one;
    tokens.insert(tokens.end(), one.begin(), one.end());
    const train::Sequences sequences{tokens, one.size(), {0.05, 0.15}};
    ReversePass<double> pass(from, train::weightsBetween(from, to));
    const double slope = slopeOf(pass, sequences, LogitsWanted::LastToken, {});
    QVERIFY(isClose(slope, measuredSlope(pass, sequences, LogitsWanted::LastToken), 1e-6));
    ReversePass<float> floats(from, train::weightsBetween(from, to));
    QVERIFY(isClose(slopeOf(floats, sequences, LogitsWanted::LastToken, {}), slope, 1e-4));
  }

  // Of every architecture: the forward half gives the executor's logits, the other one the slope towards another seed's
  // weights.
  void architectures_data() {
    QTest::addColumn<QString>("name");
    for (const auto& entry : std::filesystem::directory_iterator(kArchitectures))
      if (entry.path().extension() == ".gguf")
        QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().stem().string());
  }

  void architectures() {
    QFETCH(QString, name);
    const auto checkpoint = io::openCheckpoint(kArchitectures / (name.toStdString() + ".gguf"));
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    const Graph from = model::buildGraph(config, library.load(config, std::optional<quant::Scheme>()));
    const Graph to = model::buildGraph(config, library.load(config, quant::Scheme::parse("int3:group=8")));
    const Tokens tokens = someTokens(22, config.vocabulary);
    const auto executor = model::createCpuExecutor(from);
    const auto cache = executor->createKvCache(32, model::KvType::F32);
    std::vector<float> expected(tokens.size() * config.vocabulary);
    executor->forward(tokens, *cache, LogitsWanted::AllTokens, expected);
    ReversePass<float> plain(from);
    const auto made = plain.forward({tokens, tokens.size()}, LogitsWanted::AllTokens);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      difference = std::max(difference, std::abs(static_cast<double>(made[i] - expected[i])));
      size = std::max(size, std::abs(static_cast<double>(expected[i])));
    }
    QVERIFY2(difference <= 1e-5 * size, qPrintable(QString::number(difference / size)));  // sums in another order
    const train::Sequences sequences{tokens, tokens.size() / 2, {0.2, 0.6}};
    ReversePass<double> pass(from, train::weightsBetween(from, to));
    const double slope = slopeOf(pass, sequences, LogitsWanted::AllTokens, {});
    QVERIFY(isClose(slope, measuredSlope(pass, sequences, LogitsWanted::AllTokens), 1e-6));
  }

  // Rows' slopes are the weight's own gradient along its line, cut by rows.
  void slopesOfRowsAddUp() {
    support::RandomModel shape{.tiedOutput = true};
    const Graph from = randomModel(shape);
    shape.seed = 2;
    const Graph to = randomModel(shape);
    const Tokens tokens = someTokens(18, 131);
    ReversePass<double> pass(from, train::weightsBetween(from, to));
    const auto logits = pass.forward({tokens, 9, {0.2, 0.7}}, LogitsWanted::AllTokens);
    std::map<train::WeightId, double> whole, byRows;
    train::Wanted<double> wanted;
    for (train::WeightId id = 0; id < pass.weights().size(); ++id)
      if (pass.weights()[id].uses.back().role == train::WeightRole::Matrix) wanted.slopes.push_back(id);
    wanted.weights = wanted.slopes;
    wanted.visit = [&](const auto& panel) { whole[panel.weight] += dot(panel.gradient, panel.change); };
    wanted.visitSlopes = [&](train::WeightId id, std::span<const double> slopes) {
      QCOMPARE(slopes.size(), tokens.size());
      for (const double slope : slopes) byRows[id] += slope;
    };
    const auto seeds = coefficients(logits.size());
    pass.backward(seeds, wanted);
    QCOMPARE(byRows.size(), std::size_t{15});  // 7 in each layer, and the tied one
    for (const auto& [id, slope] : byRows) {
      if (pass.weights()[id].uses.size() == 1) QVERIFY(isClose(slope, whole.at(id), 1e-9));
      if (pass.weights()[id].uses.size() == 2)
        QVERIFY(!isClose(slope, whole.at(id), 1e-9));  // its use as a table is apart
    }
    // Slopes alone: the same, without the weights' own gradients.
    const auto before = byRows;
    byRows.clear(), whole.clear(), wanted.weights.clear();
    pass.backward(seeds, wanted);
    QVERIFY(byRows == before && whole.empty());
  }

  // Of each tensor, in float32: within 1e-5 of its norm.
  void floatsAreNearDoubles() {
    const Graph graph = randomModel({.biases = true});
    const Tokens tokens = someTokens(40, 131);
    const auto gradientsOf = [&]<typename Real>(ReversePass<Real>& pass) {
      std::vector<std::vector<double>> all;
      for (const auto& weight : pass.weights()) all.emplace_back(weight.count(), 0.0);
      train::Wanted<Real> wanted;
      for (train::WeightId id = 0; id < all.size(); ++id) wanted.weights.push_back(id);
      wanted.visit = [&](const train::WeightGradient<Real>& panel) {
        const std::uint64_t first = panel.firstRow * pass.weights()[panel.weight].width;
        std::ranges::copy(panel.gradient, all[panel.weight].begin() + static_cast<std::ptrdiff_t>(first));
      };
      const auto logits = pass.forward({tokens, tokens.size()}, LogitsWanted::AllTokens);
      const auto seeds = coefficients(logits.size());
      pass.backward(std::vector<Real>(seeds.begin(), seeds.end()), wanted);
      return all;
    };
    ReversePass<double> exact(graph);
    ReversePass<float> floats(graph);
    const auto expected = gradientsOf(exact), made = gradientsOf(floats);
    for (std::size_t weight = 0; weight < made.size(); ++weight) {
      double error = 0, norm = 0;
      for (std::size_t i = 0; i < made[weight].size(); ++i) {
        error += std::pow(made[weight][i] - expected[weight][i], 2);
        norm += std::pow(expected[weight][i], 2);
      }
      QVERIFY2(norm > 0 && std::sqrt(error) <= 1e-5 * std::sqrt(norm), exact.weights()[weight].name.c_str());
    }
    // The same bits again, however the threads fell, and where values are computed once more instead of being kept.
    QVERIFY(gradientsOf(floats) == made);
    ReversePass<float> frugal(graph, {train::Rounding::AsInTheModel, model::KvType::F32, 0});
    QVERIFY(gradientsOf(frugal) == made);
    QVERIFY(gradientsOf(frugal) == made);
  }

  void forwardIsTheExecutors_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("kv");
    QTest::newRow("stored") << ""
                            << "f32";
    QTest::newRow("nf4") << "nf4"
                         << "f32";
    QTest::newRow("int4, groups of 32") << "int4:group=32"
                                        << "f32";
    QTest::newRow("q4_k") << "q4_k"
                          << "f32";
    QTest::newRow("bf16 products") << "int8:compute=bf16"
                                   << "f32";
    QTest::newRow("int8 inputs") << "int8:activations=int8_dynamic"
                                 << "f32";
    QTest::newRow("fp8 inputs") << "fp8_e4m3:activations=fp8_dynamic"
                                << "f32";
    QTest::newRow("LLM.int8()") << "llm_int8"
                                << "f32";
    QTest::newRow("KV in f16") << ""
                               << "f16";
    QTest::newRow("KV in int8") << ""
                                << "int8";
    QTest::newRow("keys in Q8_0, values in FP8") << ""
                                                 << "q8_0/fp8";
  }

  void forwardIsTheExecutors() {
    QFETCH(QString, scheme);
    QFETCH(QString, kv);
    const auto checkpoint = io::openCheckpoint(kDemo);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    std::optional<quant::Scheme> parsed;
    if (!scheme.isEmpty()) parsed = quant::Scheme::parse(scheme.toStdString());
    const Graph graph = model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, parsed));
    const model::KvType type = model::kvTypeOf(kv.toStdString());
    const Tokens tokens = someTokens(60, graph.vocabulary());
    const auto executor = model::createCpuExecutor(graph);
    const auto cache = executor->createKvCache(60, type);
    std::vector<float> expected(graph.vocabulary());
    executor->forward(tokens, *cache, LogitsWanted::LastToken, expected);
    ReversePass<float> pass(graph, {train::Rounding::AsInTheModel, type});
    const auto made = pass.forward({tokens, tokens.size()});
    double error = 0, norm = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      error += std::pow(static_cast<double>(made[i] - expected[i]), 2);
      norm += std::pow(static_cast<double>(expected[i]), 2);
    }
    // Where values are rounded, one that falls the other way is a step, not a last bit, and makes others fall: then two
    // correct runs are as far apart as half of what rounding does at all.
    // How far depends on the order of the CPU's sums, which differs between instruction sets: up to 0.07 was seen.
    const bool isStepped =
        scheme.contains("act") || scheme.contains("llm") || scheme.contains("compute") || kv != "f32";
    const double allowed = isStepped ? 0.1 : 1e-5;
    const double relative = std::sqrt(error / norm);
    QVERIFY2(relative <= allowed, qPrintable(QString::number(relative)));
  }

  void refusesWhatItCannotRead() {
    const Graph graph = randomModel({.layers = 1});
    ReversePass<float> pass(graph);
    const auto codeOf = [](const auto& act) {
      try {
        act();
      } catch (const Error& error) {
        return error.code();
      }
      return ErrorCode::Io;
    };
    const Tokens tokens = {1, 2, 131};
    QCOMPARE(codeOf([&] { pass.forward({tokens, 3}); }), ErrorCode::InvalidArgument);
    const Tokens known = {1, 2, 3};
    QCOMPARE(codeOf([&] { pass.forward({known, 2}); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { pass.forward({{}, 1}); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { pass.backward({}, {}); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { pass.setOffsets({{{graph.ops.size(), 0}, {}, {}}}); }), ErrorCode::InvalidArgument);
    const Graph other = randomModel({.layers = 1, .feedForward = 128});
    QCOMPARE(codeOf([&] { train::weightsBetween(graph, other); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { train::weightsBetween(graph, randomModel({.layers = 2})); }), ErrorCode::InvalidArgument);
    std::stop_source stop;
    stop.request_stop();
    const JobContext job(stop.get_token());
    QVERIFY_THROWS_EXCEPTION(Cancelled, pass.forward({known, 3}, LogitsWanted::LastToken, job));
  }
};

QTEST_GUILESS_MAIN(TestReversePass)
#include "tst_reverse_pass.moc"
