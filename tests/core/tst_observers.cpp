// Subscriptions to values: what hooks are shown, in which order, for how long; and sums of columns.
#include <QtTest>

#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/model/executor.h"
#include "support/damaged_weight.h"
#include "support/random_model.h"

using namespace core;
using model::Executor;
using model::KvType;
using model::LogitsWanted;
using model::Observation;
using model::ValueId;
using text::TokenId;

namespace {

constexpr TokenId kBrokenToken = 77;

std::vector<TokenId> someTokens(std::size_t count) {
  std::vector<TokenId> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<TokenId>((i * 7 + 3) % 60);
  return tokens;
}

std::vector<float> forward(Executor& executor, std::span<const TokenId> tokens, model::KvCache& cache,
                           LogitsWanted wanted = LogitsWanted::LastToken, const JobContext& job = JobContext()) {
  const std::size_t rows = wanted == LogitsWanted::AllTokens ? tokens.size() : 1;
  std::vector<float> logits(rows * executor.graph().vocabulary());
  executor.forward(tokens, cache, wanted, logits, job);
  return logits;
}

}  // namespace

class TestObservers : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::unique_ptr<Executor> m_executor;

  ValueId id(const char* name) const { return m_executor->graph().find(name).value(); }

 private slots:
  // The embedding of one token is NaN; width 96, two layers.
  void init() {
    const std::filesystem::path path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({}, path);
    support::setWeight(path, "token_embd.weight", kBrokenToken * 96, NAN);
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    model::WeightLibrary library(checkpoint);
    m_executor = model::createCpuExecutor(model::buildGraph(config, library.load(config, {})));
  }

  void everyValueIsShownOnceInOrder() {
    const model::Graph& graph = m_executor->graph();
    std::vector<ValueId> order;
    std::map<std::string, std::vector<float>> seen;
    auto watching = m_executor->subscribe(graph.allValues(), [&](const Observation& observation) {
      order.push_back(observation.value);
      QVERIFY(&observation.op == &graph.maker(observation.value));
      QCOMPARE(observation.rows, std::size_t{3});
      QCOMPARE(observation.firstPosition, 0U);
      const model::Value& value = graph.values[observation.value];
      QCOMPARE(observation.data.size(), 3 * std::size_t{value.width});
      seen[value.name].assign(observation.data.begin(), observation.data.end());
    });
    const auto cache = m_executor->createKvCache(10, KvType::F16);
    const auto logits = forward(*m_executor, someTokens(3), *cache, LogitsWanted::AllTokens);
    QCOMPARE(order, graph.allValues());
    QCOMPARE(seen["logits"], logits);
    // Position 0 is turned by no angle, the others are.
    const auto &query = seen["blk.1.attn_q"], &turned = seen["blk.1.attn_q_rope"];
    QVERIFY(std::equal(query.begin(), query.begin() + 96, turned.begin()));
    QVERIFY(!std::equal(query.begin() + 96, query.end(), turned.begin() + 96));
    watching.reset();
    order.clear();
    forward(*m_executor, someTokens(3), *cache);
    QVERIFY(order.empty());
  }

  void positionsFollowTheText() {
    struct Rows {
      ValueId value;
      std::uint32_t first;
      std::size_t rows;
      bool operator==(const Rows&) const = default;
    };
    std::vector<Rows> seen;
    const ValueId deep = id("blk.1.ffn_hidden"), last = id("output_norm");
    const auto watching = m_executor->subscribe({last, deep}, [&](const Observation& observation) {
      seen.push_back({observation.value, observation.firstPosition, observation.rows});
    });
    const auto cache = m_executor->createKvCache(200, KvType::F16);
    forward(*m_executor, someTokens(5), *cache, LogitsWanted::AllTokens);
    QVERIFY((seen == std::vector<Rows>{{deep, 0, 5}, {last, 0, 5}}));
    seen.clear();
    forward(*m_executor, someTokens(130), *cache);  // two batches; behind TakeRows only the last row
    QVERIFY((seen == std::vector<Rows>{{deep, 5, 128}, {deep, 133, 2}, {last, 134, 1}}));
  }

  void severalAreShownAndMayEndMeanwhile() {
    const ValueId first = id("blk.0.attn_q"), second = id("blk.0.attn_k");
    QStringList seen;
    model::Subscription a, b, late;
    a = m_executor->subscribe({first, second}, [&](const Observation& observation) {
      seen << "a" + QString::number(observation.value);
      a.reset();  // ends itself
      if (!late) late = m_executor->subscribe({second}, [&](const Observation&) { seen << "late"; });
    });
    b = m_executor->subscribe(
        {second, first}, [&](const Observation& observation) { seen << "b" + QString::number(observation.value); });
    const auto cache = m_executor->createKvCache(20, KvType::F16);
    const QString one = QString::number(first), two = QString::number(second);
    forward(*m_executor, someTokens(2), *cache);
    QCOMPARE(seen, (QStringList{"a" + one, "b" + one, "b" + two}));
    seen.clear();
    forward(*m_executor, someTokens(2), *cache);  // who subscribed meanwhile is shown the next one
    QCOMPARE(seen, (QStringList{"b" + one, "b" + two, "late"}));
    m_executor.reset();  // subscriptions may outlive it
  }

  void sumsAreThoseOfWhatIsShown() {
    const std::vector<ValueId> values = {id("output_norm"), id("blk.0.ffn_norm"), id("blk.1.attn_heads")};
    std::map<ValueId, model::ColumnStatistics> expected;
    const auto watching = m_executor->subscribe(values, [&](const Observation& observation) {
      const std::size_t width = observation.data.size() / observation.rows;
      auto& sums = expected.try_emplace(observation.value, width).first->second;
      sums.rows += observation.rows;
      for (std::size_t i = 0; i < observation.data.size(); ++i) {
        const auto x = static_cast<double>(observation.data[i]);
        sums.sum[i % width] += x;
        sums.sumOfSquares[i % width] += x * x;
        sums.largest[i % width] = std::max(sums.largest[i % width], std::abs(observation.data[i]));
      }
    });
    const auto sums = m_executor->sumColumns(values);
    const auto cache = m_executor->createKvCache(200, KvType::F16);
    forward(*m_executor, someTokens(150), *cache, LogitsWanted::AllTokens);
    forward(*m_executor, someTokens(9), *cache);
    QCOMPARE((*sums)[0].rows, 151U);
    QCOMPARE((*sums)[1].rows, 159U);
    for (std::size_t v = 0; v < values.size(); ++v) {
      const auto &found = (*sums)[v], &wanted = expected.at(values[v]);
      QCOMPARE(found.rows, wanted.rows);
      QCOMPARE(found.largest, wanted.largest);
      for (std::size_t i = 0; i < wanted.sum.size(); ++i) {
        const double size = std::sqrt(wanted.sumOfSquares[i] * static_cast<double>(wanted.rows));
        QVERIFY(std::abs(found.sum[i] - wanted.sum[i]) <= 1e-14 * size);
        QVERIFY(std::abs(found.sumOfSquares[i] - wanted.sumOfSquares[i]) <= 1e-14 * wanted.sumOfSquares[i]);
        QVERIFY(wanted.sumOfSquares[i] > 0);
      }
    }
  }

  void aForwardThatThrowsAddsNothing() {
    const auto sums = m_executor->sumColumns({id("blk.0.attn_norm")});
    const auto cache = m_executor->createKvCache(300, KvType::F16);
    forward(*m_executor, someTokens(4), *cache);
    const std::vector<double> before = (*sums)[0].sum;
    std::vector<TokenId> broken = someTokens(4);
    broken[2] = kBrokenToken;
    QVERIFY_EXCEPTION_THROWN(forward(*m_executor, broken, *cache), Error);
    std::stop_source stop;
    {
      const auto watching =
          m_executor->subscribe({id("blk.1.ffn_down")}, [&](const Observation&) { stop.request_stop(); });
      const JobContext job(stop.get_token());
      QVERIFY_EXCEPTION_THROWN(forward(*m_executor, someTokens(150), *cache, LogitsWanted::LastToken, job), Cancelled);
    }
    QCOMPARE((*sums)[0].rows, 4U);
    QCOMPARE((*sums)[0].sum, before);
    forward(*m_executor, someTokens(3), *cache);
    QCOMPARE((*sums)[0].rows, 7U);
  }

  void valuesThatTheGraphDoesNotHaveAreRefused() {
    const auto count = static_cast<ValueId>(m_executor->graph().values.size());
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(m_executor->subscribe({0, count}, [](const Observation&) {})), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(m_executor->sumColumns({model::kNoValue})), Error);
  }
};

QTEST_GUILESS_MAIN(TestObservers)
#include "tst_observers.moc"
