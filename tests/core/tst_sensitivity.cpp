// KL of models with tensors exchanged: taken up at a layer as from the beginning, swapping all is the quantized model,
// cancelled sweeps go on; and how quick figures are ranked against it.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/evaluate/rank_correlation.h"
#include "core/evaluate/sensitivity.h"
#include "core/io/checkpoint.h"
#include "core/model/graph_part.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "support/random_model.h"

using namespace core;
using evaluate::BlockRatio;
using evaluate::Direction;
using evaluate::DivergenceMeter;
using evaluate::Exchanged;
using evaluate::Level;
using evaluate::Passage;

namespace {

std::vector<Passage> passages() {
  std::vector<Passage> result;
  const std::uint32_t lengths[] = {40, 23, 60, 31};
  for (std::uint32_t p = 0; p < 4; ++p) {
    Passage passage;
    for (std::uint32_t i = 0; i < lengths[p]; ++i)
      passage.tokens.push_back(static_cast<text::TokenId>((i * i + (p + 3) * i + 5 * p) % 131));
    passage.answers = {{2, 9}, {12, lengths[p] - 1}};
    passage.block = p;
    result.push_back(std::move(passage));
  }
  result[3].block = 2;  // two passages of one document
  return result;
}

/// Remembers what it is told, and counts.
class Memory : public evaluate::DivergenceStore {
 public:
  std::optional<BlockRatio> find(const std::string& key) const override {
    const auto found = m_known.find(key);
    return found == m_known.end() ? std::nullopt : std::optional(found->second);
  }
  void add(const std::string& key, const BlockRatio& divergence) override {
    QVERIFY(m_known.emplace(key, divergence).second);
  }
  std::size_t size() const { return m_known.size(); }

 private:
  std::map<std::string, BlockRatio> m_known;
};

}  // namespace

class TestSensitivity : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  std::optional<model::ModelConfig> m_config;
  std::optional<model::WeightLibrary> m_library;
  model::ModelWeights m_kept;  // so that all graphs share them

  model::Graph graphOf(const model::Recipe& recipe) {
    return model::buildGraph(*m_config, m_library->load(*m_config, recipe));
  }
  model::Graph exchanged(const Exchanged& tensors) {
    model::Recipe recipe;
    recipe.replacements = tensors;
    return graphOf(recipe);
  }
  Exchanged quantized(const std::string& scheme) {
    Exchanged all;
    for (std::size_t i = 0; i < m_checkpoint->tensors().size(); ++i) {
      if (m_library->choices()[i].fate != model::Fate::Quantize) continue;
      all[m_checkpoint->tensors()[i].name] =
          quant::quantize(quant::Scheme::parse(scheme), *quant::loadTensor(*m_checkpoint, i));
    }
    return all;
  }
  std::vector<evaluate::PlacedTensor> placed() const {
    std::vector<evaluate::PlacedTensor> all;
    for (std::size_t i = 0; i < m_checkpoint->tensors().size(); ++i) {
      const auto& choice = m_library->choices()[i];
      if (choice.fate == model::Fate::Quantize)
        all.push_back({m_checkpoint->tensors()[i].name, choice.layer, std::string(model::label(choice.role))});
    }
    return all;
  }
  std::unique_ptr<DivergenceMeter> meter(const evaluate::KeptBytes& most = {}, evaluate::ReadingOptions options = {}) {
    return std::make_unique<DivergenceMeter>(graphOf({}), passages(), std::move(options), most, JobContext());
  }
  /// KL by block, from logits of whole graphs.
  BlockRatio bruteForce(const model::Graph& graph) {
    std::map<std::uint32_t, std::pair<double, double>> blocks;
    for (const Passage& passage : passages()) {
      const auto logits = [&](const model::Graph& of) {
        const auto executor = model::createCpuExecutor(of);
        const auto cache = executor->createKvCache(std::uint32_t(passage.tokens.size()), model::KvType::F16);
        std::vector<float> rows(passage.tokens.size() * of.vocabulary());
        executor->forward(passage.tokens, *cache, model::LogitsWanted::AllTokens, rows);
        return rows;
      };
      const std::vector<float> reference = logits(graphOf({})), compared = logits(graph);
      const std::size_t width = graph.vocabulary();
      for (const auto& answer : passage.answers)
        for (std::size_t at = answer.first; at < answer.last; ++at) {
          const auto p = std::span(reference).subspan(at * width, width),
                     q = std::span(compared).subspan(at * width, width);
          double sumP = 0.0, sumQ = 0.0, kl = 0.0;
          for (std::size_t i = 0; i < width; ++i) sumP += std::exp(double(p[i])), sumQ += std::exp(double(q[i]));
          for (std::size_t i = 0; i < width; ++i)
            kl += std::exp(double(p[i])) / sumP * (double(p[i]) - double(q[i]) - std::log(sumP) + std::log(sumQ));
          blocks[passage.block].first += kl;
          blocks[passage.block].second += 1.0;
        }
    }
    BlockRatio ratio;
    for (const auto& [block, sums] : blocks) ratio.add(sums.first, sums.second);
    return ratio;
  }

 private slots:
  void initTestCase() {
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::RandomModel model;
    model.layers = 3;
    support::writeRandomModel(model, path);
    m_checkpoint = io::openCheckpoint(path);
    m_config = model::ModelConfig::fromCheckpoint(*m_checkpoint);
    m_library.emplace(m_checkpoint);
    m_kept = m_library->load(*m_config, {});
  }

  void graphsAreTakenUpWhereTheyPart() {
    const model::Graph graph = graphOf({});
    const Exchanged all = quantized("int4");
    QCOMPARE(model::commonOperations(graph, graphOf({})), graph.ops.size());
    const model::Graph late = exchanged({{"blk.2.ffn_up.weight", all.at("blk.2.ffn_up.weight")}});
    const std::size_t common = model::commonOperations(graph, late);
    QCOMPARE(late.ops[common].as<model::MatMul>().weight->name, std::string("blk.2.ffn_up.weight"));

    const auto texts = passages();
    const evaluate::KeptForward kept(graph, texts, {}, std::uint64_t{1} << 30, {}, JobContext());
    const auto place = kept.placeBefore(late);
    QVERIFY(place);
    QCOMPARE(graph.values[graph.ops[*place].out].name, std::string("blk.2.attn_residual"));
    QVERIFY(!kept.placeBefore(exchanged({{"blk.0.attn_q.weight", all.at("blk.0.attn_q.weight")}})));
    // Little room: fewer places, the last one always.
    const evaluate::KeptForward tight(graph, texts, {}, 1, {}, JobContext());
    QVERIFY(!tight.placeBefore(late));
    QCOMPARE(graph.values[graph.ops[*tight.placeBefore(graph)].out].name, std::string("blk.2.ffn_residual"));
    QVERIFY(tight.keptBytes() < kept.keptBytes() / 5);
  }

  void aTailComputesWhatTheWholeDoes_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"int4", "q8_0", "int8:activations=int8_dynamic", "llm_int8:threshold=1"})
      QTest::newRow(scheme) << scheme;
  }
  void aTailComputesWhatTheWholeDoes() {
    QFETCH(QString, scheme);
    const Exchanged all = quantized(scheme.toStdString());
    const auto texts = passages();
    const evaluate::KeptForward kept(graphOf({}), texts, {}, std::uint64_t{1} << 30, {}, JobContext());
    for (const char* name : {"blk.1.attn_k.weight", "blk.1.ffn_down.weight", "blk.2.attn_output.weight"}) {
      const model::Graph graph = exchanged({{name, all.at(name)}});
      QVERIFY(kept.placeBefore(graph));
      auto reader = kept.reader(graph);
      for (std::size_t p = 0; p < texts.size(); ++p) {
        const std::size_t count = evaluate::readTokens(texts[p]);
        const auto executor = model::createCpuExecutor(graph);
        const auto cache = executor->createKvCache(std::uint32_t(count), model::KvType::F16);
        std::vector<float> rows(count * graph.vocabulary());
        executor->forward(std::span(texts[p].tokens).first(count), *cache, model::LogitsWanted::AllTokens, rows);
        reader.begin(p);
        const auto batch = reader.next(JobContext());
        QVERIFY(std::ranges::equal(batch.rows, rows));  // to the bit
        QVERIFY(reader.next(JobContext()).rows.empty());
      }
    }
  }

  void divergencesAreThoseOfWholeRuns() {
    const auto by = meter();
    const Exchanged all = quantized("int3");
    const BlockRatio expected = bruteForce(exchanged(all)), whole = by->measure(exchanged(all), JobContext());
    QCOMPARE(whole.blocks(), std::size_t{3});
    for (std::size_t b = 0; b < 3; ++b) {
      QCOMPARE(whole.denominators()[b], expected.denominators()[b]);
      QVERIFY(std::abs(whole.numerators()[b] / expected.numerators()[b] - 1.0) < 1e-5);
    }
    const Exchanged one{*all.find("blk.1.ffn_up.weight")};
    const double swap = by->measure(exchanged(one), JobContext()).ratio().value;
    QVERIFY(std::abs(swap / bruteForce(exchanged(one)).ratio().value - 1.0) < 1e-4);
    QCOMPARE(by->measure(graphOf({}), JobContext()).ratio().value, 0.0);

    // Without room for the reference's logits its head is computed again; with a base, what follows it is quick.
    const auto tight = meter({.logits = 0, .residuals = 0});
    QCOMPARE(tight->measure(exchanged(one), JobContext()).numerators(),
             by->measure(exchanged(one), JobContext()).numerators());
    QCOMPARE(by->setBase(exchanged(all), JobContext()).numerators(), whole.numerators());
    Exchanged restored = all;
    restored.erase("blk.2.ffn_up.weight");
    QCOMPARE(by->measure(exchanged(restored), JobContext()).numerators(),
             tight->measure(exchanged(restored), JobContext()).numerators());
  }

  void aBaseSparesTheLayersBeforeIt() {
    std::size_t operations = 0;
    evaluate::ReadingOptions options;
    options.makeExecutor = [&](model::Graph graph) {
      operations = graph.ops.size();
      return model::createCpuExecutor(std::move(graph));
    };
    const auto by = meter({}, options);
    const Exchanged all = quantized("int4");
    const std::size_t whole = operations;
    by->measure(exchanged({*all.find("blk.2.ffn_down.weight")}), JobContext());
    QVERIFY(operations < whole / 3);
    Exchanged restored = all;
    restored.erase("blk.2.ffn_down.weight");
    by->measure(exchanged(restored), JobContext());
    QCOMPARE(operations, whole);
    by->setBase(exchanged(all), JobContext());
    by->measure(exchanged(restored), JobContext());
    QVERIFY(operations < whole / 3);
  }

  void partsAreTensorsLayersAndRoles() {
    const auto layers = evaluate::partsOf(placed(), Level::Layer), roles = evaluate::partsOf(placed(), Level::Role);
    QCOMPARE(layers.size(), std::size_t{3});
    QCOMPARE(layers[1].name, std::string("layer 1"));
    QCOMPARE(layers[1].tensors.size(), std::size_t{7});
    QCOMPARE(roles.size(), std::size_t{7});
    QCOMPARE(roles[0].tensors.size(), std::size_t{3});
    QCOMPARE(evaluate::partsOf(placed(), Level::Tensor).size(), std::size_t{21});
  }

  void sweepsGoFromCoarseToFineAndBothWays() {
    const auto by = meter();
    evaluate::ExchangeMeter exchange(
        *by, [&](const Exchanged& tensors) { return exchanged(tensors); }, nullptr);
    evaluate::Sweep sweep;
    sweep.quantized = quantized("int3");
    sweep.restores = true;
    for (const Level level : {Level::Tensor, Level::Layer})
      for (auto& part : evaluate::partsOf(placed(), level)) sweep.parts.push_back(std::move(part));
    std::vector<std::string> order;
    std::optional<BlockRatio> whole;
    std::map<std::pair<std::string, Direction>, evaluate::Sensitivity> known;
    evaluate::SweepVisitor visitor;
    visitor.whole = [&](const BlockRatio& of) { whole = of; };
    visitor.part = [&](const evaluate::Sensitivity& of) {
      order.push_back(sweep.parts[of.part].name);
      known[{sweep.parts[of.part].name, of.direction}] = of;
    };
    evaluate::measureSensitivity(exchange, sweep, visitor, JobContext());
    QCOMPARE(order.size(), std::size_t{48});
    QCOMPARE((std::vector<std::string>{order.begin(), order.begin() + 4}),
             (std::vector<std::string>{"layer 2", "layer 1", "layer 0", "blk.2.ffn_down.weight"}));
    QCOMPARE(whole->numerators(), by->measure(exchanged(sweep.quantized), JobContext()).numerators());

    const auto& swapped = known.at({"layer 1", Direction::Swap});
    Exchanged layer;
    for (const auto& [name, tensor] : sweep.quantized)
      if (name.starts_with("blk.1.")) layer[name] = tensor;
    QCOMPARE(swapped.kl.value, by->measure(exchanged(layer), JobContext()).ratio().value);
    QVERIFY(swapped.kl.error > 0.0);
    QCOMPARE(swapped.change.value, swapped.kl.value);
    const auto& restored = known.at({"layer 1", Direction::Restore});
    QVERIFY(std::abs(restored.kl.value + restored.change.value - whole->ratio().value) < 1e-12);
    QVERIFY(restored.kl.value < whole->ratio().value);
    // What the blocks have in common cancels.
    const auto& smallest = known.at({"blk.2.attn_q.weight", Direction::Restore});
    QVERIFY(smallest.change.error < whole->ratio().error);
  }

  void aCancelledSweepGoesOn() {
    Memory memory;
    evaluate::Sweep sweep;
    sweep.quantized = quantized("int4");
    sweep.parts = evaluate::partsOf(placed(), Level::Tensor);
    const auto by = meter();
    std::vector<double> first, again;
    std::stop_source stop;
    {
      evaluate::ExchangeMeter exchange(
          *by, [&](const Exchanged& tensors) { return exchanged(tensors); }, &memory);
      evaluate::SweepVisitor visitor;
      visitor.part = [&](const evaluate::Sensitivity& of) {
        first.push_back(of.kl.value);
        if (first.size() == 5) stop.request_stop();
      };
      QVERIFY_THROWS_EXCEPTION(Cancelled,
                               evaluate::measureSensitivity(exchange, sweep, visitor, JobContext(stop.get_token())));
    }
    QCOMPARE(first.size(), std::size_t{5});
    QCOMPARE(memory.size(), std::size_t{6});  // with the whole
    evaluate::ExchangeMeter exchange(
        *by, [&](const Exchanged& tensors) { return exchanged(tensors); }, &memory);
    evaluate::SweepVisitor visitor;
    visitor.part = [&](const evaluate::Sensitivity& of) { again.push_back(of.kl.value); };
    evaluate::measureSensitivity(exchange, sweep, visitor, JobContext());
    QCOMPARE(again.size(), std::size_t{21});
    QCOMPARE(exchange.computed(), std::size_t{16});
    for (std::size_t i = 0; i < 5; ++i) QCOMPARE(again[i], first[i]);
  }

  /// A tensor that leaves no numbers is a row that says so; it is the one whose restoring brings them back.
  void whatComputesNoNumbersIsSaid() {
    const auto by = meter();
    evaluate::ExchangeMeter exchange(
        *by, [&](const Exchanged& tensors) { return exchanged(tensors); }, nullptr);
    evaluate::Sweep sweep;
    sweep.quantized = quantized("int4");
    sweep.restores = true;
    sweep.parts = evaluate::partsOf(placed(), Level::Tensor);
    const std::string name = "blk.1.ffn_down.weight";
    std::vector<float> values = quant::dequantize(*sweep.quantized.at(name));
    values[values.size() / 2] = std::numeric_limits<float>::infinity();
    auto broken = std::make_shared<quant::QuantizedTensor>();
    broken->name = name;
    broken->shape = sweep.quantized.at(name)->shape;
    broken->layout = quant::Elements{tensor::DType::F32};
    broken->payload = std::as_bytes(std::span(values));
    sweep.quantized[name] = broken;
    std::string whole;
    std::map<Direction, std::vector<std::string>> failed, measured;
    evaluate::SweepVisitor visitor;
    visitor.wholeFails = [&](const std::string& why) { whole = why; };
    visitor.part = [&](const evaluate::Sensitivity& of) {
      const std::string part = sweep.parts[of.part].name;
      (of.failure.empty() ? measured : failed)[of.direction].push_back(part);
      QCOMPARE(std::isnan(of.kl.value), !of.failure.empty());
      QVERIFY(of.failure.empty() || of.failure.find("blk.1.ffn") != std::string::npos);
      QVERIFY(of.direction == Direction::Swap || std::isnan(of.change.value));  // what it would be less than is unknown
    };
    evaluate::measureSensitivity(exchange, sweep, visitor, JobContext());
    QVERIFY(whole.find("does not compute numbers") != std::string::npos);
    QCOMPARE(failed[Direction::Swap], std::vector{name});
    QCOMPARE(measured[Direction::Swap].size(), std::size_t{20});
    QCOMPARE(measured[Direction::Restore], std::vector{name});
    QCOMPARE(failed[Direction::Restore].size(), std::size_t{20});
  }

  void aTextWithoutAnythingToScoreIsRefused() {
    std::vector<Passage> none = passages();
    for (Passage& passage : none) passage.answers.clear();
    QVERIFY_THROWS_EXCEPTION(Error, DivergenceMeter(graphOf({}), none, {}, {}, JobContext()));
  }

  void ranksShareTies() {
    QCOMPARE(evaluate::ranksOf(std::vector<double>{3, 1, 3, 2, 3}), (std::vector<double>{4, 1, 4, 2, 4}));
    // R: cor(c(106,100,86,101,99,103,97,113,112,110), c(7,27,2,50,28,29,20,12,6,17), method = "spearman")
    const std::vector<double> iq = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110},
                              hours = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    const auto known = evaluate::rankCorrelation(iq, hours);
    QVERIFY(std::abs(known.rho + 29.0 / 165.0) < 1e-12);
    QVERIFY(known.low < known.rho && known.rho < known.high && known.high <= 1.0 && known.low >= -1.0);
    QCOMPARE(known.count, std::size_t{10});
    // With ties, against the definition by Pearson's formula of ranks: x = 1,2,2,3 (ranks 1,2.5,2.5,4), y = 1,3,2,4.
    const auto tied = evaluate::rankCorrelation(std::vector<double>{1, 2, 2, 3}, std::vector<double>{1, 3, 2, 4});
    QVERIFY(std::abs(tied.rho - 4.5 / std::sqrt(4.5 * 5.0)) < 1e-12);
  }

  void whatCannotBeRankedSaysSo() {
    const double nan = evaluate::ProxyPoint::kNotMeasured;
    QVERIFY(std::isnan(evaluate::rankCorrelation(std::vector<double>{1, 2}, std::vector<double>{1, 2}).rho));
    QVERIFY(std::isnan(evaluate::rankCorrelation(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3}).rho));
    const auto known =
        evaluate::rankCorrelation(std::vector<double>{1, nan, 2, 3, 4}, std::vector<double>{4, 1, 3, 2, 1});
    QCOMPARE(known.rho, -1.0);
    QCOMPARE(known.count, std::size_t{4});
  }

  void proxiesAreComparedWithTheTruth() {
    std::vector<evaluate::ProxyPoint> points;
    for (int i = 0; i < 12; ++i) {
      evaluate::ProxyPoint point;
      point.kl = i * i;
      point.weightError = (7 * i) % 12;
      point.outputError = i + (i % 2 == 0 ? 1.5 : 0.0);
      points.push_back(point);
    }
    const auto comparison = evaluate::compareProxies(points);
    QCOMPARE(comparison.points.size(), std::size_t{12});
    QVERIFY(comparison.outputError.rho > 0.9 && comparison.outputError.low > comparison.weightError.rho);
    QVERIFY(std::isnan(comparison.gradientEstimate.rho));
    QCOMPARE(comparison.gradientEstimate.count, std::size_t{0});
  }
};

QTEST_GUILESS_MAIN(TestSensitivity)
#include "tst_sensitivity.moc"
