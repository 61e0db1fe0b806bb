// What layers keep as a state: which states a cache keeps, and that cutting a text into pieces, taking it back and
// stopping half-way leave no trace.
#include <QtTest>
#include <stop_token>

#include "core/base/error.h"
#include "core/model/session_state.h"
#include "core/model/weights.h"
#include "support/architectures.h"
#include "support/recurrent_graph.h"

using namespace core;
using model::KvType;
using model::LogitsWanted;
using model::StateSlots;
using model::TokenId;

class TestRecurrentStates : public QObject {
  Q_OBJECT

 private:
  using Tokens = std::vector<TokenId>;
  static constexpr std::uint32_t kVocabulary = 70;

  static Tokens someTokens(std::size_t count, int step = 37) {
    Tokens tokens(count);
    for (std::size_t i = 0; i < count; ++i)
      tokens[i] = static_cast<TokenId>((i * static_cast<std::size_t>(step) + 5) % kVocabulary);
    return tokens;
  }
  static std::vector<float> append(model::Executor& executor, model::KvCache& cache, std::span<const TokenId> tokens) {
    std::vector<float> row(executor.graph().vocabulary());
    executor.forward(tokens, cache, LogitsWanted::LastToken, row);
    return row;
  }
  /// Logits after all of them, from nothing.
  static std::vector<float> fresh(model::Executor& executor, std::span<const TokenId> tokens) {
    const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), KvType::F32);
    return append(executor, *cache, tokens);
  }

 private slots:
  void slotsOfTheStartAndOfWhatIsReadStay() {
    StateSlots kept;
    QCOMPARE(kept.nearest(100), 0U);
    const auto first = kept.step(0, 5, 0);
    QVERIFY(!first.read);
    const auto second = kept.step(5, 9, 0);
    QCOMPARE(*second.read, first.write);
    QVERIFY(second.write != first.write);
    QCOMPARE(kept.nearest(8), 5U);
    QCOMPARE(kept.nearest(9), 9U);
    // Single tokens take the place of single tokens; what a text began with stays.
    for (std::uint32_t at = 9; at < 40; ++at) QCOMPARE(kept.step(at, at + 1, 9).read.has_value(), true);
    QCOMPARE(kept.nearest(40), 40U);
    QCOMPARE(kept.nearest(38), 9U);
    QCOMPARE(kept.nearest(8), 5U);
    kept.forgetBehind(10);
    QCOMPARE(kept.nearest(40), 9U);
    // Another text behind the same beginning: the old one's state is not taken for its own.
    const auto again = kept.step(9, 12, 9);
    kept.forgetBehind(9);
    QVERIFY(kept.step(9, 12, 9).read == again.read);
    QCOMPARE(kept.nearest(12), 12U);
  }

  void piecesMakeNoDifference() {
    const auto executor = model::createCpuExecutor(support::recurrentGraph(kVocabulary));
    const Tokens tokens = someTokens(23);
    const auto expected = fresh(*executor, tokens);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{9}}) {
      const auto cache = executor->createKvCache(23, KvType::F32);
      std::vector<float> row;
      for (std::size_t first = 0; first < tokens.size(); first += piece)
        row = append(*executor, *cache, std::span(tokens).subspan(first, std::min(piece, tokens.size() - first)));
      QCOMPARE(row, expected);  // the same sums in the same order
    }
  }

  void takingTokensBackGoesToAStateThatIsKept() {
    const auto executor = model::createCpuExecutor(support::recurrentGraph(kVocabulary));
    const Tokens tokens = someTokens(20), other = someTokens(30, 11);
    const auto cache = executor->createKvCache(64, KvType::F32);
    QVERIFY(cache->hasStates());
    append(*executor, *cache, std::span(tokens).first(12));
    append(*executor, *cache, std::span(tokens).subspan(12));
    cache->truncate(15);
    QCOMPARE(cache->length(), 12U);
    Tokens mixed(tokens.begin(), tokens.begin() + 12);
    mixed.insert(mixed.end(), other.begin(), other.end());
    QCOMPARE(append(*executor, *cache, other), fresh(*executor, mixed));
    // What has another beginning keeps nothing of it.
    QCOMPARE(cache->keepCommon(other), 0U);
    QCOMPARE(append(*executor, *cache, other), fresh(*executor, other));
  }

  void whatCameToNothingLeavesTheOldState() {
    const auto executor = model::createCpuExecutor(support::recurrentGraph(kVocabulary));
    const Tokens tokens = someTokens(300);
    const auto cache = executor->createKvCache(400, KvType::F32);
    append(*executor, *cache, std::span(tokens).first(40));
    std::stop_source stop;
    std::size_t checks = 0;
    const auto watching = executor->subscribe({executor->graph().ops[0].out}, [&](const model::Observation&) {
      if (++checks == 2) stop.request_stop();  // in the second batch
    });
    std::vector<float> row(kVocabulary);
    QVERIFY_THROWS_EXCEPTION(Cancelled, executor->forward(std::span(tokens).subspan(40, 200), *cache,
                                                          LogitsWanted::LastToken, row, JobContext(stop.get_token())));
    QCOMPARE(cache->length(), 40U);
    QCOMPARE(append(*executor, *cache, std::span(tokens).subspan(40)), fresh(*executor, tokens));
  }

  // Another answer to the same prompt computes one token of it.
  void promptsAreKeptButForTheirLastToken() {
    const auto checkpoint = io::openCheckpoint(support::kArchitectures / "lfm2.gguf");
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    const auto make = [&] {
      return model::createCpuExecutor(
          model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, std::optional<quant::Scheme>())));
    };
    const auto tokens = support::architectureTokens();
    const auto executor = make();
    const auto cache = executor->createKvCache(64, KvType::F16);
    const auto state = std::make_shared<model::SessionState>(make(), nullptr, 64, KvType::F16);
    const auto lent = state->lendCache(64);
    const auto rowBehind = [&](std::span<const TokenId> next) {
      state->append(*lent, next, {.count = 1, .known = config.vocabulary}, JobContext());
      const auto row = state->executor().lastLogits();
      return std::vector<float>(row.begin(), row.end());
    };
    const std::vector<float> before = rowBehind(tokens);
    for (const TokenId answer : {4, 9, 2, 7, 1, 3}) rowBehind(std::span(&answer, 1));
    QCOMPARE(lent->keepCommon(std::span(tokens).first(tokens.size() - 1)),
             static_cast<std::uint32_t>(tokens.size() - 1));
    QCOMPARE(rowBehind(std::span(tokens).last(1)), before);
  }

  void aValueThatIsNoNumberIsFound() {
    model::Graph graph = support::recurrentGraph(kVocabulary);
    for (model::Op& op : graph.ops) {
      auto* const conv = std::get_if<model::ShortConv>(&op.parameters);
      if (conv == nullptr || !conv->bias) continue;
      auto broken = std::make_shared<std::vector<float>>(conv->bias->shape.count(), 0.1F);
      (*broken)[5] = NAN;
      const tensor::TensorView view{"taps", tensor::DType::F32, conv->bias->shape, std::as_bytes(std::span(*broken)),
                                    broken};
      conv->bias = std::make_shared<quant::QuantizedTensor>(view);
    }
    const auto executor = model::createCpuExecutor(graph);
    const auto cache = executor->createKvCache(64, KvType::F32);
    std::vector<float> row(kVocabulary);
    try {
      executor->forward(someTokens(7), *cache, LogitsWanted::LastToken, row);
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::NotFinite);
      QVERIFY2(QString(error.what()).contains("taps holds NaN at element 5"), error.what());
    }
    QCOMPARE(cache->length(), 0U);
  }
};

QTEST_GUILESS_MAIN(TestRecurrentStates)
#include "tst_recurrent_states.moc"
