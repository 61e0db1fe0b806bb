// Runs with a few weights exchanged: equal to the executor's with the same weights, wherever they go on from.
#include <QtTest>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/quant/quantizer.h"
#include "core/trace/bare_graph.h"
#include "core/trace/depth.h"
#include "core/trace/proof.h"
#include "core/trace/replay.h"
#include "core/trace/restore.h"
#include "support/architecture_form.h"
#include "trace_models.h"

using namespace core;
using model::KvType;
using trace::Replay;
using trace::Restored;

namespace {

double relativeError(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(error / norm);
}

/// Sums of up to 160 products in another order, three blocks deep.
constexpr double kTolerance = 2e-6;

std::size_t indexOf(const Replay& replay, const std::string& name) {
  for (std::size_t i = 0; i < replay.tensors().size(); ++i)
    if (replay.tensors()[i].name == name) return i;
  return replay.tensors().size();
}

}  // namespace

class TestTraceReplay : public QObject {
  Q_OBJECT

 private:
  TraceModels m_models;
  const std::vector<model::TokenId> m_tokens = TraceModels::tokens(23);

 private slots:
  void computesWhatTheExecutorDoes_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("kv");
    for (const char* scheme : {"", "int4", "nf4", "q4_0", "int8:activations=int8_dynamic", "llm_int8:threshold=2",
                               "fp8_e4m3:scale=row,activations=fp8_dynamic", "int3:compute=fp16"})
      for (const char* kv : {"f32", "f16", "int8", "q8_0/q4_0", "fp8"})
        QTest::addRow("%s %s", scheme, kv) << QString(scheme) << QString(kv);
  }
  void computesWhatTheExecutorDoes() {
    QFETCH(QString, scheme);
    QFETCH(QString, kv);
    const KvType type = model::kvTypeOf(kv.toStdString());
    const model::Graph graph = m_models.graph(scheme.toStdString()), reference = m_models.graph("");
    Replay replay(graph, reference, m_tokens, type);
    const auto wanted = TraceModels::lastLogits(graph, m_tokens, type);
    QVERIFY(relativeError(replay.run({}).logits, wanted) < kTolerance);
    QCOMPARE(replay.tensors().empty(), scheme.isEmpty());
    Restored all;  // then it is the reference, whatever its own inputs become
    for (std::size_t i = 0; i < replay.tensors().size(); ++i) all.tensors.insert(i);
    QVERIFY(relativeError(replay.run(all).logits, TraceModels::lastLogits(reference, m_tokens, type)) < kTolerance);
  }

  // Of every architecture, with nothing restored and with everything.
  void architectures_data() {
    QTest::addColumn<QString>("path");
    for (const auto& entry : std::filesystem::directory_iterator(support::kArchitectures))
      if (entry.path().extension() == ".gguf")
        QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
  }
  void architectures() {
    QFETCH(QString, path);
    const std::shared_ptr<const io::Checkpoint> checkpoint = io::openCheckpoint(path.toStdString());
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    const auto graphOf = [&](std::optional<quant::Scheme> scheme) {
      return model::buildGraph(config, library.load(config, std::move(scheme)));
    };
    const model::Graph graph = graphOf(quant::Scheme::parse("int4:group=8")), reference = graphOf({});
    const auto tokens = support::architectureTokens();
    Replay replay(graph, reference, tokens, KvType::F32);
    QVERIFY(relativeError(replay.run({}).logits, TraceModels::lastLogits(graph, tokens, KvType::F32)) < 1e-5);
    Restored all;
    for (std::size_t i = 0; i < replay.tensors().size(); ++i) all.tensors.insert(i);
    QVERIFY(relativeError(replay.run(all).logits, TraceModels::lastLogits(reference, tokens, KvType::F32)) < 1e-5);
  }

  void exchangesTensorsAndElements_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"int3", "nf4", "fp8_e4m3:scale=row,activations=fp8_dynamic"})
      QTest::newRow(scheme) << QString(scheme);
  }
  void exchangesTensorsAndElements() {
    QFETCH(QString, scheme);
    const model::Recipe recipe(quant::Scheme::parse(scheme.toStdString()));
    const model::Graph graph = m_models.graph(recipe), reference = m_models.graph("");
    Replay replay(graph, reference, m_tokens, KvType::F16);
    const Replay::Run base = replay.run({});
    std::vector<Replay::Run> runs;
    for (const char* name : {"blk.1.ffn_down.weight", "blk.0.attn_k.weight", "blk.1.attn_output.weight"}) {
      const std::size_t tensor = indexOf(replay, name);
      QVERIFY(tensor < replay.tensors().size());
      for (const bool whole : {true, false}) {
        Restored restored;
        if (whole)
          restored.tensors.insert(tensor);
        else
          restored.elements[tensor] = {0, 7, 161, 700, 1024, replay.tensors()[tensor].values() - 1};
        model::Recipe other = recipe;
        other.replacements = trace::restoredTensors(replay, restored);
        const auto wanted = TraceModels::lastLogits(m_models.graph(other), m_tokens);
        QVERIFY(relativeError(wanted, base.logits) > 10 * kTolerance);
        runs.push_back(replay.run(restored, base));
        QVERIFY2(relativeError(runs.back().logits, wanted) < kTolerance, name);
      }
    }
    // From any run to any other, with the same bits.
    for (const Replay::Run& from : runs)
      for (const Replay::Run& to : runs) QCOMPARE(replay.run(to.restored, from).logits, replay.run(to.restored).logits);
  }

  void changesIntegersThatMeetIntegers() {
    const model::Graph graph = m_models.graph("int8:activations=int8_dynamic"), reference = m_models.graph("");
    Replay replay(graph, reference, m_tokens, KvType::F32);
    const Replay::Run base = replay.run({});
    const std::size_t tensor = indexOf(replay, "blk.0.attn_v.weight");
    Restored all;
    for (std::uint64_t i = 0; i < replay.tensors()[tensor].values(); ++i) all.elements[tensor].push_back(i);
    // All elements are the reference's, while inputs are rounded as before.
    auto weight = std::make_shared<quant::QuantizedTensor>(*replay.tensors()[tensor].other);
    QVERIFY(!weight->input);
    const auto exact = replay.run({{tensor}, {}}, base).logits, rounded = replay.run(all, base).logits;
    QVERIFY(relativeError(rounded, base.logits) > 1e-4);
    QVERIFY(relativeError(rounded, exact) > 1e-4 && relativeError(rounded, exact) < 0.1);
  }

  void restoresCoarseToFine() {
    const model::Graph graph = m_models.graph("int3"), reference = m_models.graph("");
    Replay compared(graph, reference, m_tokens, KvType::F16), back(reference, graph, m_tokens, KvType::F16);
    const auto logits = TraceModels::lastLogits(reference, m_tokens), other = TraceModels::lastLogits(graph, m_tokens);
    const auto word = [](const std::vector<float>& row) {
      return static_cast<model::TokenId>(std::max_element(row.begin(), row.end()) - row.begin());
    };
    const trace::Parting parting{m_tokens, word(logits), static_cast<model::TokenId>((word(logits) + 1) % 131)};
    bool wereLayersShown = false;
    const auto found = trace::restoreTensors(compared, back, parting, [&](const trace::Restoration& known) {
      wereLayersShown = known.layers.size() == 2 && known.tensors.empty();
    });
    QVERIFY(wereLayersShown);
    QVERIFY(found.passes <= 2 * 2 + 40);
    QCOMPARE(found.passes, compared.passes() + back.passes());
    QCOMPARE(found.tensors.size(), compared.tensors().size());
    QVERIFY(found.reference.divergence < 1e-9 && found.reference.isReferenceWord);
    const auto d = [&](const std::vector<float>& row) {
      return static_cast<double>(row[parting.reference]) - static_cast<double>(row[parting.compared]);
    };
    QVERIFY(std::abs(found.compared.logitDifference - d(other)) < 1e-4);
    for (const trace::TensorEffect& tensor : found.tensors) {
      model::Recipe recipe(quant::Scheme::parse("int3"));
      recipe.replacements[tensor.name] = compared.tensors()[tensor.tensor].other;
      const auto restored = TraceModels::lastLogits(m_models.graph(recipe), m_tokens);
      QVERIFY(std::abs(tensor.restored.logitDifference - d(restored)) < 1e-4);
      QVERIFY(std::abs(tensor.restored.divergence - model::klDivergence(logits, restored)) < 1e-5);
      if (!tensor.exchanged) continue;
      model::Recipe only;
      only.replacements[tensor.name] = compared.tensors()[tensor.tensor].mine;
      QVERIFY(std::abs(tensor.exchanged->logitDifference - d(TraceModels::lastLogits(m_models.graph(only), m_tokens))) <
              1e-4);
    }
    QVERIFY(std::is_sorted(found.tensors.begin(), found.tensors.end(), [](const auto& a, const auto& b) {
      return a.restored.logitDifference > b.restored.logitDifference;
    }));
  }

  /// What makes the model overflow is no agreement: A is not its word, and there is no KL, however small.
  void numbersThatAreNoneBringNoWordBack() {
    const std::vector<float> reference{1.0F, 3.0F, 2.0F};
    const trace::Parting parting{{0}, 1, 2};
    const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    QVERIFY(trace::effectOf(reference, parting, reference).isReferenceWord);
    for (const std::vector<float>& bad :
         {std::vector{nan, 3.0F, 2.0F}, {1.0F, nan, 2.0F}, {1.0F, inf, 2.0F}, {-inf, 3.0F, 2.0F}, {nan, nan, nan}}) {
      const trace::Effect effect = trace::effectOf(bad, parting, reference);
      QVERIFY(!effect.isReferenceWord);
      QVERIFY(!(effect.divergence < 1e-3));
    }
    const model::Graph graph = m_models.graph("int3"), exact = m_models.graph("");
    model::Recipe recipe;
    auto broken = std::make_shared<quant::QuantizedTensor>();
    const std::size_t layer = 1;
    std::vector<float> values(160 * 96, 3e38F);
    broken->name = "blk.1.ffn_down.weight";
    broken->shape = {96, 160};
    broken->layout = quant::Elements{tensor::DType::F32};
    broken->payload = std::as_bytes(std::span(values));
    recipe.replacements[broken->name] = broken;
    const model::Graph damaged = m_models.graph(recipe);
    Replay compared(graph, damaged, m_tokens, KvType::F16), back(damaged, graph, m_tokens, KvType::F16);
    const auto found = trace::restoreTensors(compared, back, {m_tokens, 1, 2});
    QVERIFY(!found.layers[layer].restored.isReferenceWord && found.layers[layer].exchanged.divergence != 0.0);
    QVERIFY(std::isfinite(found.layers[0].restored.logitDifference));
    QCOMPARE(found.tensors.back().name, broken->name);  // nothing is further from A than what computes no numbers
  }

  /// A model may have more rows of logits than its tokenizer has tokens: those are nobody's word, whatever they say.
  void rowsOfLogitsWithoutATokenAreNobodysWord() {
    const auto reference = m_models.executor({}), compared = m_models.executor(quant::Scheme::parse("int3"));
    const auto all = TraceModels::lastLogits(m_models.graph(""), m_tokens);
    const auto best = static_cast<std::size_t>(std::ranges::max_element(all) - all.begin());
    QVERIFY(best > 3);
    const std::size_t known = best;  // the favourite is the first that has no text
    const auto parted = trace::partingBehind(*reference, *compared, m_tokens, 5, {.knownTokens = known});
    QCOMPARE(parted.referenceLogits.size(), known);
    QCOMPARE(parted.comparedLogits.size(), known);
    QVERIFY(static_cast<std::size_t>(parted.parting.reference) < known);
    Replay replay(compared->graph(), reference->graph(), m_tokens, KvType::F16, known);
    QCOMPARE(replay.vocabulary(), known);
    Restored everything;
    for (std::size_t i = 0; i < replay.tensors().size(); ++i) everything.tensors.insert(i);
    const auto run = replay.run(everything);
    const auto effect = trace::effectOf(run.logits, parted.parting, parted.referenceLogits);
    QVERIFY(effect.isReferenceWord && effect.divergence < 1e-9);
  }

  /// In every architecture the residual stream is seen behind each layer: Gemma 4's, too, whose layers need more than
  /// it.
  void followsTheResidualStream_data() { support::addArchitectureRows(); }
  void followsTheResidualStream() {
    QFETCH(QString, path);
    support::Form form(path.toStdString());
    const model::Graph graph = form.graph();
    const auto stream = trace::residualOps(graph);
    QCOMPARE(graph.ops[stream.front()].kind(), model::OpKind::Embed);
    std::set<std::string> layers;
    for (const std::size_t op : stream) {
      QCOMPARE(graph.values[graph.ops[op].out].width, form.config.width);
      const std::string& name = graph.values[graph.ops[op].out].name;
      if (name.starts_with("blk.")) layers.insert(name.substr(0, name.find('.', 4)));
    }
    QCOMPARE(layers.size(), std::size_t{form.config.layers});
    for (const std::size_t op : trace::resumableOps(graph)) QVERIFY(std::ranges::binary_search(stream, op));
  }

  void looksIntoDepth() {
    const auto reference = m_models.executor({}), compared = m_models.executor(quant::Scheme::parse("int3"));
    const auto found = trace::partingBehind(*reference, *compared, m_tokens, 5, {});
    QCOMPARE(found.position(), m_tokens.size() - 5);
    const auto depth = trace::lookIntoDepth(*reference, *compared, found.parting);
    QCOMPARE(depth.steps.size(), std::size_t{1 + 2 * 2});
    QCOMPARE(depth.steps[1].name, std::string("blk.0.attn_residual"));
    QCOMPARE(depth.steps[0].relativeError, 0.0);  // the embedding is not quantized
    QVERIFY(depth.steps[4].relativeError > 0.01 && depth.steps[4].cosine < 1.0);
    QCOMPARE(depth.positions, m_tokens.size());
    // Behind the last layer the lens is the model itself.
    const auto row = TraceModels::lastLogits(m_models.graph("int3"), m_tokens);
    const auto top = model::topProbabilities(row, 5);
    for (std::size_t i = 0; i < 5; ++i) {
      QCOMPARE(depth.steps[4].comparedTop[i].token, top[i].token);
      QVERIFY(std::abs(depth.steps[4].comparedTop[i].probability - top[i].probability) < 1e-5F);
    }
    QVERIFY(std::abs(depth.steps[4].comparedDifference - found.comparedDifference()) < 1e-4);
    QCOMPARE(depth.agrees.size(), depth.positions * depth.steps.size());
    for (std::size_t position = 0; position < depth.positions; ++position) QCOMPARE(depth.agrees[position * 5], 1);
    const auto same = trace::lookIntoDepth(*reference, *reference, found.parting, {.mostPositions = 7});
    QCOMPARE(same.positions, std::size_t{7});
    QCOMPARE(same.firstPosition, m_tokens.size() - 7);
    for (const float error : same.relativeErrors) QCOMPARE(error, 0.0F);
  }

  void findsWhereTheyPart() {
    const auto reference = m_models.executor({}), compared = m_models.executor(quant::Scheme::parse("int2"));
    const auto prompt = TraceModels::tokens(6);
    const auto search = trace::findParting(*reference, *compared, prompt, {.mostTokens = 60, .contextLength = 128});
    QVERIFY(search.found && search.found->agreement == trace::Agreement::Parted);
    const trace::PartingCase& parted = *search.found;
    QCOMPARE(parted.position(), search.answer.size());
    QVERIFY(parted.referenceDifference() > 0 && parted.comparedDifference() < 0 && parted.divergence() > 0);
    // Before it they say the same, each with what it read.
    for (std::size_t length = prompt.size(); length < parted.parting.tokens.size(); ++length) {
      const std::vector<model::TokenId> read(parted.parting.tokens.begin(),
                                             parted.parting.tokens.begin() + static_cast<std::ptrdiff_t>(length));
      const auto there = trace::partingBehind(*reference, *compared, read, prompt.size(), {});
      QVERIFY(there.agreement == trace::Agreement::Agreed);
      QCOMPARE(there.parting.reference, parted.parting.tokens[length]);
      QVERIFY(there.comparedDifference() >= 0);
    }
    const auto asked = trace::findParting(*reference, *compared, prompt, {.position = 0, .contextLength = 128});
    QCOMPARE(asked.found->position(), std::size_t{0});
    const auto never = trace::findParting(*reference, *reference, prompt, {.mostTokens = 9, .contextLength = 128});
    QVERIFY(!never.found && !never.hasEnded);
    const auto end = never.answer.back();
    const trace::PartingSettings ending{
        .mostTokens = 60, .contextLength = 128, .ends = [&](model::TokenId token) { return token == end; }};
    QVERIFY(trace::findParting(*reference, *reference, prompt, ending).hasEnded);
    trace::PartingSettings beyond = ending;
    beyond.position = 50;
    QVERIFY_THROWS_EXCEPTION(Error, trace::findParting(*reference, *reference, prompt, beyond));
    QVERIFY_THROWS_EXCEPTION(Error, trace::findParting(*reference, *reference, {}, {}));
  }
};

QTEST_GUILESS_MAIN(TestTraceReplay)
#include "tst_trace_replay.moc"
