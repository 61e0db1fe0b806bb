// Contributions add up: over weights, blocks, rows, tensors and roundings to the whole change, for whatever two models
// of one shape differ in.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/quant/quantizer.h"
#include "core/trace/attribution.h"
#include "core/trace/gauss_legendre.h"
#include "support/random_model.h"

using namespace core;
using model::Graph;
using model::KvType;
using trace::Attribution;
using trace::AttributionSettings;
using trace::Objective;
using Tokens = std::vector<model::TokenId>;

namespace {

Tokens someTokens(std::size_t count) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<model::TokenId>((i * 37 + 5) % 131);
  return tokens;
}

std::vector<float> logitsOf(const Graph& graph, const Tokens& tokens, KvType kv) {
  const auto executor = model::createCpuExecutor(graph);
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), kv);
  std::vector<float> logits(graph.vocabulary());
  executor->forward(tokens, *cache, model::LogitsWanted::LastToken, logits);
  return logits;
}

double sum(const auto& values) {
  double total = 0;
  for (const auto value : values) total += static_cast<double>(value);
  return total;
}

double magnitude(const auto& values) {
  double total = 0;
  for (const auto value : values) total += std::abs(static_cast<double>(value));
  return total;
}

bool isNear(double a, double b, double tolerance) {
  const bool near = std::abs(a - b) <= tolerance;
  if (!near) qWarning("%.9g and %.9g differ by more than %.3g", a, b, tolerance);
  return near;
}

constexpr support::RandomModel kShape{.vocabulary = 131,
                                      .width = 96,
                                      .layers = 2,
                                      .feedForward = 160,
                                      .heads = 6,
                                      .kvHeads = 2,
                                      .headSize = 16,
                                      .valueHeadSize = 16};

}  // namespace

class TestAttribution : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  std::shared_ptr<const io::Checkpoint> written(const support::RandomModel& shape) {
    static int count = 0;
    const std::filesystem::path path = (m_folder.path() + QString("/%1.gguf").arg(++count)).toStdString();
    support::writeRandomModel(shape, path);
    return io::openCheckpoint(path);
  }

  /// One library, so that what models share is one object.
  struct Library {
    explicit Library(std::shared_ptr<const io::Checkpoint> checkpoint)
        : config(model::ModelConfig::fromCheckpoint(*checkpoint)), weights(checkpoint) {}
    Graph graph(const model::Recipe& recipe = {}) { return model::buildGraph(config, weights.load(config, recipe)); }
    Graph graph(const char* scheme) {
      return *scheme == 0 ? graph() : graph(model::Recipe(quant::Scheme::parse(scheme)));
    }

    model::ModelConfig config;
    model::WeightLibrary weights;
  };

  static Objective firstAgainstSecond() { return Objective::difference(7, 30); }

  /// What must hold whatever differs.
  static void checkSums(const Attribution& made) {
    double total = 0;
    for (const trace::TensorContribution& tensor : made.tensors) {
      const double scale = 1e-6 * magnitude(tensor.blockSums) + 1e-12;
      QVERIFY(isNear(sum(tensor.rowSums), tensor.sum, scale));
      QVERIFY(isNear(sum(tensor.blockSums), tensor.sum, scale));
      for (std::uint64_t row = 0; row < tensor.rows; ++row) {
        const auto blocks = std::span(tensor.blockSums).subspan(row * tensor.blocksPerRow(), tensor.blocksPerRow());
        QVERIFY(isNear(sum(blocks), tensor.rowSums[row], 1e-6 * magnitude(blocks) + 1e-12));
      }
      total += tensor.sum;
    }
    for (const trace::RoundingContribution& rounding : made.roundings) {
      QVERIFY(isNear(sum(rounding.columns), rounding.sum, 1e-9 * magnitude(rounding.columns) + 1e-12));
      total += rounding.sum;
    }
    QVERIFY(isNear(total, made.total(), 1e-12));
    const double change = made.reference - made.compared;
    QVERIFY(isNear(made.total() + made.remainder, change, 1e-9));
    QVERIFY(std::abs(made.remainder) <= std::max(0.01 * std::abs(change), 1e-5));
  }

 private slots:
  void partsAddUpToTheWhole_data() {
    QTest::addColumn<QString>("reference");
    QTest::addColumn<QString>("compared");
    QTest::addColumn<QString>("referenceKv");
    QTest::addColumn<QString>("comparedKv");
    QTest::addColumn<bool>("rounds");
    const auto row = [](const char* reference, const char* compared, bool rounds, KvType ours = KvType::F32,
                        KvType theirs = KvType::F32) {
      const QString from = QString::fromStdString(model::nameOf(ours)),
                    to = QString::fromStdString(model::nameOf(theirs));
      QTest::addRow("%s -> %s, KV %s -> %s", reference, compared, qPrintable(from), qPrintable(to))
          << reference << compared << from << to << rounds;
    };
    row("", "int3", false);
    row("", "int4:group=32", false);
    row("", "q4_0", false);
    row("int8", "nf4", false);
    row("", "int8:activations=int8_dynamic", true);
    row("int8", "int4:group=32,activations=int8_dynamic", true);
    row("int8:activations=int8_dynamic", "int8", true);
    row("", "fp8_e4m3:activations=fp8_dynamic", true);
    row("", "llm_int8", true);
    row("", "int8:compute=bf16", true);
    row("", "int4:group=32,compute=fp16", true);
    row("", "int4:group=32", true, KvType::F32, KvType::F16);
    row("", "", true, KvType::F32, KvType::Int8);
    row("", "int4:group=32", true, KvType::F16, KvType::F16);
    row("", "int8:activations=int8_dynamic", true, KvType::F16, KvType::Int8);
    row("", "", true, KvType::F16, model::kvTypeOf("q8_0/q4_0"));
  }

  void partsAddUpToTheWhole() {
    QFETCH(QString, reference);
    QFETCH(QString, compared);
    QFETCH(QString, referenceKv);
    QFETCH(QString, comparedKv);
    QFETCH(bool, rounds);
    Library library(written(kShape));
    const Graph ours = library.graph(reference.toUtf8().constData());
    const Graph theirs = library.graph(compared.toUtf8().constData());
    AttributionSettings settings;
    settings.referenceKv = model::kvTypeOf(referenceKv.toStdString());
    settings.comparedKv = model::kvTypeOf(comparedKv.toStdString());
    const Tokens tokens = someTokens(23);
    const Objective objective = firstAgainstSecond();
    const Attribution made = trace::attribute(ours, theirs, tokens, objective, settings);
    // The ends of the line are the two models, roundings included.
    const auto theirLogits = logitsOf(theirs, tokens, settings.comparedKv);
    QVERIFY(isNear(made.reference, objective.of(logitsOf(ours, tokens, settings.referenceKv)), 2e-5));
    QVERIFY(isNear(made.compared, objective.of(theirLogits), 2e-5));
    checkSums(made);
    QCOMPARE(!made.roundings.empty(), rounds);
    QCOMPARE(made.tensors.empty(), reference == compared);
    for (const trace::TensorContribution& tensor : made.tensors) QVERIFY(tensor.name.starts_with("blk."));
  }

  // Columns in another order and multiplied, with and without rounded inputs: the change is the model's own weights'.
  void changedColumnsAreTheModelsOwn_data() {
    QTest::addColumn<QString>("scheme");
    QTest::newRow("weights") << "int4:group=32";
    QTest::newRow("integers") << "int8:activations=int8_dynamic";
    QTest::newRow("fp16 products") << "int4:group=32,compute=fp16";
  }

  void changedColumnsAreTheModelsOwn() {
    QFETCH(QString, scheme);
    Library library(written(kShape));
    const Graph reference = library.graph();
    model::Recipe recipe;
    for (const char* name : {"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.1.ffn_down.weight"})
      recipe.replacements[name] = withChangedColumns(library, name, quant::Scheme::parse(scheme.toStdString()));
    const Graph compared = library.graph(recipe);
    const Tokens tokens = someTokens(23);
    const Attribution made = trace::attribute(reference, compared, tokens, firstAgainstSecond());
    QVERIFY(isNear(made.compared, firstAgainstSecond().of(logitsOf(compared, tokens, KvType::F32)), 2e-5));
    checkSums(made);
    QCOMPARE(made.tensors.size(), 3U);
    QCOMPARE(made.roundings.empty(), scheme == "int4:group=32");
  }

  static quant::QuantizedTensorPtr withChangedColumns(Library& library, const char* name, const quant::Scheme& scheme) {
    const io::Checkpoint& checkpoint = *library.weights.checkpoint();
    const quant::QuantizedTensor stored(checkpoint.view(*checkpoint.find(name)));
    const std::vector<float> own = quant::dequantize(stored);
    const std::uint64_t width = stored.rowValues();
    quant::ColumnChanges changes;
    for (std::uint32_t k = 0; k < width; ++k) {
      changes.order.push_back((k * 7 + 3) % static_cast<std::uint32_t>(width));
      changes.inputScales.push_back(0.5F + 0.01F * static_cast<float>(k));
    }
    auto values = std::make_shared<std::vector<float>>(own.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
      const std::uint32_t column = changes.order[i % width];
      (*values)[i] = own[i - i % width + column] * changes.inputScales[column];
    }
    const tensor::TensorView view{name, tensor::DType::F32, stored.shape, std::as_bytes(std::span(*values)), values};
    auto made = std::make_shared<quant::QuantizedTensor>(*quant::quantize(scheme, view));
    made->changes = std::make_shared<const quant::ColumnChanges>(changes);
    return made;
  }

  // Another model altogether: norms, biases and the embedding take part.
  void allThatDiffersTakesPart() {
    support::RandomModel shape = kShape;
    shape.tiedOutput = true;
    shape.biases = true;
    Library ours(written(shape));
    shape.seed = 2;
    Library theirs(written(shape));
    // Random models are far apart: along the line between them a few of the weights suffice to be hard.
    model::Recipe recipe;
    const io::Checkpoint& other = *theirs.weights.checkpoint();
    std::size_t replaced = 0;
    for (const char* name : {"token_embd.weight", "blk.0.attn_norm.weight", "output_norm.weight", "blk.1.attn_q.bias",
                             "blk.1.attn_v.weight"}) {
      recipe.replacements[name] = quant::wrapStored(other.view(*other.find(name)));
      ++replaced;
    }
    AttributionSettings settings;
    settings.mostPoints = 160;
    const Attribution made =
        trace::attribute(ours.graph(), ours.graph(recipe), someTokens(9), firstAgainstSecond(), settings);
    checkSums(made);
    QCOMPARE(made.tensors.size(), replaced);
    for (const trace::TensorContribution& tensor : made.tensors) QVERIFY2(tensor.sum != 0.0, tensor.name.c_str());
    QCOMPARE(made.tensors[0].name, std::string("token_embd.weight"));
    QCOMPARE(made.tensors[1].rows, 1U);
  }

  void singleWeightsAreThoseOfTheirTensor() {
    Library library(written(kShape));
    const Graph reference = library.graph(), compared = library.graph("int3");
    const Tokens tokens = someTokens(23);
    AttributionSettings settings;
    settings.keep = 500;
    const Attribution made = trace::attribute(reference, compared, tokens, firstAgainstSecond(), settings);
    QCOMPARE(made.most.size(), 500U);
    QCOMPARE(made.least.size(), 500U);
    std::vector<float> all;
    for (const trace::TensorContribution& tensor : made.tensors) {
      const auto own =
          trace::contributionsOf(tensor.name, reference, compared, tokens, firstAgainstSecond(), made.points);
      QCOMPARE(own.size(), tensor.rows * tensor.width);
      QVERIFY(isNear(sum(own), tensor.sum, 1e-6 * magnitude(own)));
      all.insert(all.end(), own.begin(), own.end());
      for (const auto& one : made.most)
        if (&made.tensors[one.tensor] == &tensor) QCOMPARE(one.contribution, own[one.index]);
    }
    std::ranges::sort(all, std::greater());
    for (std::size_t i = 0; i < 500; ++i) {
      QCOMPARE(made.most[i].contribution, all[i]);
      QCOMPARE(made.least[i].contribution, all[all.size() - 1 - i]);
    }
    // The same again, however the threads fell.
    const Attribution again = trace::attribute(reference, compared, tokens, firstAgainstSecond(), settings);
    for (std::size_t i = 0; i < made.tensors.size(); ++i)
      QVERIFY(made.tensors[i].blockSums == again.tensors[i].blockSums);
  }

  // Two models that are one: nothing differs, nothing is left over, and no points are spent on it.
  void nothingDiffersBetweenAModelAndItself() {
    Library library(written(kShape));
    const Attribution made = trace::attribute(library.graph(), library.graph(), someTokens(5), firstAgainstSecond());
    QVERIFY(made.tensors.empty() && made.roundings.empty() && made.most.empty() && made.least.empty());
    QCOMPARE(made.reference, made.compared);
    QCOMPARE(made.remainder, 0.0);
    QCOMPARE(made.points, std::size_t{5});
  }

  void blocksAreTheSchemesGroups() {
    Library library(written(kShape));
    const auto sizeOf = [&](const char* scheme) {
      const Attribution made =
          trace::attribute(library.graph(), library.graph(scheme), someTokens(5), firstAgainstSecond());
      return made.tensors.front().blockSize;
    };
    QCOMPARE(sizeOf("int4:group=16"), 16U);
    QCOMPARE(sizeOf("int4:group=row"), 64U);
    QCOMPARE(sizeOf("q4_0"), 32U);
    AttributionSettings settings;
    settings.blockSize = [](const std::string&) { return 7U; };
    const Attribution made =
        trace::attribute(library.graph(), library.graph("int3"), someTokens(5), firstAgainstSecond(), settings);
    checkSums(made);
    QCOMPARE(made.tensors.front().blocksPerRow(), 14U);  // of 96
  }

  void objectivesAreSumsOfLogits() {
    const std::vector<float> logits = {1.0F, 3.0F, 2.0F, -9.0F};
    QCOMPARE(Objective::difference(1, 2).of(logits), 1.0);
    const Objective against = Objective::against(1, logits);
    QCOMPARE(against.terms.size(), 3U);  // the last one is too improbable
    const double p = 1 / (1 + std::exp(1.0));
    QVERIFY(isNear(against.of(logits), 3.0 - p * 1.0 - (1 - p) * 2.0, 1e-4));
  }

  void quadratureIsExactForPolynomials() {
    for (std::size_t points = 1; points <= 20; ++points) {
      for (std::size_t degree = 0; degree < 2 * points; ++degree) {
        double integral = 0;
        for (const auto& node : trace::gaussLegendre(points))
          integral += node.weight * std::pow(node.at, static_cast<double>(degree));
        QVERIFY(isNear(integral, 1.0 / static_cast<double>(degree + 1), 1e-13));
      }
    }
  }

  void whatCannotBeComparedIsRefused() {
    Library library(written(kShape));
    support::RandomModel other = kShape;
    other.layers = 1;
    Library shorter(written(other));
    const auto codeOf = [](const auto& act) {
      try {
        act();
      } catch (const Error& error) {
        return error.code();
      }
      return ErrorCode::Io;
    };
    const Graph graph = library.graph();
    other = kShape;
    other.ropeBase = 500.0F;
    Library turned(written(other));
    QCOMPARE(codeOf([&] { trace::attribute(graph, turned.graph(), someTokens(5), firstAgainstSecond()); }),
             ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { trace::attribute(graph, shorter.graph(), someTokens(5), firstAgainstSecond()); }),
             ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { trace::attribute(graph, graph, {}, firstAgainstSecond()); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { trace::attribute(graph, graph, someTokens(5), Objective::difference(1, 131)); }),
             ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] {
               trace::contributionsOf("token_embd.weight", graph, library.graph("int3"), someTokens(5),
                                      firstAgainstSecond(), 5);
             }),
             ErrorCode::NotFound);
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_THROWS_EXCEPTION(Cancelled, trace::attribute(graph, library.graph("int3"), someTokens(5),
                                                         firstAgainstSecond(), {}, JobContext(stop.get_token())));
  }
};

QTEST_GUILESS_MAIN(TestAttribution)
#include "tst_attribution.moc"
