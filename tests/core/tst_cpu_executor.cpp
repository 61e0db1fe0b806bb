// The CPU executor as the other executors see it: batches, cache, errors, awkward shapes.
#include <QtTest>

#include <cmath>

#include "core/base/error.h"
#include "core/model/available_memory.h"
#include "core/model/executor.h"
#include "core/model/session.h"
#include "support/random_model.h"

using namespace core;
using model::Executor;
using model::KvType;
using model::LogitsWanted;
using text::TokenId;

namespace {

std::vector<TokenId> someTokens(std::size_t count, std::uint32_t vocabulary) {
  std::vector<TokenId> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<TokenId>((i * 37 + 11) % vocabulary);
  return tokens;
}

std::vector<float> logitsOf(Executor& executor, std::span<const TokenId> tokens, model::KvCache& cache,
                            LogitsWanted wanted) {
  const std::size_t rows = wanted == LogitsWanted::AllTokens ? tokens.size() : 1;
  std::vector<float> logits(rows * executor.graph().vocabulary(), NAN);
  executor.forward(tokens, cache, wanted, logits);
  return logits;
}

/// Largest difference, in units of the logits' own spread.
double difference(std::span<const float> a, std::span<const float> b) {
  double largest = 0;
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    squares += static_cast<double>(a[i]) * static_cast<double>(a[i]);
  }
  return largest / std::sqrt(squares / static_cast<double>(a.size()) + 1e-30);
}

}  // namespace

class TestCpuExecutor : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  std::unique_ptr<Executor> make(const support::RandomModel& shape, const char* scheme = nullptr) {
    static int count = 0;
    const std::filesystem::path path = (m_folder.path() + QString("/%1.gguf").arg(++count)).toStdString();
    support::writeRandomModel(shape, path);
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    std::optional<quant::Scheme> parsed;
    if (scheme != nullptr) parsed = quant::Scheme::parse(scheme);
    return model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, parsed)));
  }

 private slots:
  // One path reads the prompt at once and in batches, the other token by token: all must agree.
  void prefillEqualsDecode_data() {
    QTest::addColumn<int>("headSize");
    QTest::addColumn<int>("vocabulary");
    QTest::addColumn<int>("layers");
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("scheme");
    QTest::newRow("f32") << 16 << 131 << 2 << "f32"
                         << "";
    QTest::newRow("head 64, bf16") << 64 << 131 << 1 << "bf16"
                                   << "";
    QTest::newRow("head 80, f16") << 80 << 131 << 1 << "f16"
                                  << "";
    QTest::newRow("head 128") << 128 << 131 << 1 << "f32"
                              << "";
    QTest::newRow("vocabulary 32000") << 16 << 32000 << 1 << "f32"
                                      << "";
    QTest::newRow("q4_0") << 16 << 131 << 2 << "q4_0"
                          << "";
    QTest::newRow("q5_1") << 16 << 131 << 2 << "q5_1"
                          << "";
    QTest::newRow("q8_0") << 16 << 131 << 2 << "q8_0"
                          << "";
    QTest::newRow("nf4") << 16 << 131 << 2 << "f32"
                         << "nf4";
    QTest::newRow("int3 groups that do not divide") << 16 << 131 << 2 << "f32"
                                                    << "int3:group=64";
    QTest::newRow("int8") << 16 << 131 << 2 << "f32"
                          << "int8";
  }

  void prefillEqualsDecode() {
    QFETCH(int, headSize);
    QFETCH(int, vocabulary);
    QFETCH(int, layers);
    QFETCH(QString, type);
    QFETCH(QString, scheme);
    const auto size = static_cast<std::uint32_t>(headSize);
    const auto executor = make({.vocabulary = static_cast<std::uint32_t>(vocabulary),
                                .layers = static_cast<std::uint32_t>(layers),
                                .headSize = size,
                                .valueHeadSize = size,
                                .matrixType = type.toStdString(),
                                .biases = true,
                                .frequencyFactors = true},
                               scheme.isEmpty() ? nullptr : scheme.toUtf8().constData());
    const auto tokens = someTokens(150, executor->graph().vocabulary());  // more than one batch
    const std::size_t row = executor->graph().vocabulary();
    const auto cache = executor->createKvCache(150, KvType::F32);
    const auto all = logitsOf(*executor, tokens, *cache, LogitsWanted::AllTokens);
    QCOMPARE(cache->length(), 150U);
    QVERIFY(std::all_of(all.begin(), all.end(), [](float v) { return std::isfinite(v); }));
    cache->truncate(0);
    const auto last = logitsOf(*executor, tokens, *cache, LogitsWanted::LastToken);
    QVERIFY(difference(std::span(all).last(row), last) < 1e-4);
    cache->truncate(0);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      const auto one = logitsOf(*executor, std::span(tokens).subspan(t, 1), *cache, LogitsWanted::LastToken);
      QVERIFY(difference(std::span(all).subspan(t * row, row), one) < 1e-4);
    }
  }

  void randomBlocksOfEveryTypeRun_data() {
    QTest::addColumn<QString>("type");
    for (const char* type :
         {"q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "iq4_nl", "iq4_xs"}) {
      QTest::newRow(type) << type;
    }
  }

  void randomBlocksOfEveryTypeRun() {
    QFETCH(QString, type);
    const auto executor = make({.width = 256,
                                .layers = 1,
                                .feedForward = 512,
                                .heads = 4,
                                .kvHeads = 2,
                                .headSize = 64,
                                .valueHeadSize = 64,
                                .matrixType = type.toStdString(),
                                .embeddingType = type.toStdString()});
    const auto cache = executor->createKvCache(8, KvType::F16);
    const auto logits = logitsOf(*executor, someTokens(8, 131), *cache, LogitsWanted::LastToken);
    double squares = 0;
    for (const float value : logits) squares += static_cast<double>(value) * static_cast<double>(value);
    const double spread = std::sqrt(squares / static_cast<double>(logits.size()));
    QVERIFY2(spread > 0.3 && spread < 10, qPrintable(QString::number(spread)));  // the generator keeps them sensible
  }

  void truncatingForgets() {
    const auto executor = make({});
    const auto cache = executor->createKvCache(20, KvType::F16);
    const auto tokens = someTokens(10, 131);
    const auto expected = logitsOf(*executor, tokens, *cache, LogitsWanted::LastToken);
    logitsOf(*executor, someTokens(7, 100), *cache, LogitsWanted::LastToken);
    cache->truncate(9);
    const auto again = logitsOf(*executor, std::span(tokens).last(1), *cache, LogitsWanted::LastToken);
    QVERIFY(difference(expected, again) < 1e-4);
  }

  void halfPrecisionCacheIsCloseButSmaller() {
    const auto executor = make({});
    const auto full = executor->createKvCache(32, KvType::F32);
    const auto half = executor->createKvCache(32, KvType::F16);
    QCOMPARE(full->bytes(), std::uint64_t{2} * 32 * (2 * 16 + 2 * 16) * 4);
    QCOMPARE(half->bytes() * 2, full->bytes());
    const auto tokens = someTokens(32, 131);
    const auto a = logitsOf(*executor, tokens, *full, LogitsWanted::LastToken);
    const auto b = logitsOf(*executor, tokens, *half, LogitsWanted::LastToken);
    QVERIFY(a != b);
    QVERIFY(model::klDivergence(a, b) < 1e-4);
  }

  void wrongArgumentsAreRefused() {
    const auto executor = make({});
    const auto cache = executor->createKvCache(4, KvType::F16);
    std::vector<float> logits(131);
    const auto refused = [&](std::vector<TokenId> tokens, std::size_t room) {
      try {
        executor->forward(tokens, *cache, LogitsWanted::LastToken, std::span(logits).first(room));
        return false;
      } catch (const Error& error) {
        return error.code() == ErrorCode::InvalidArgument && cache->length() == 0;
      }
    };
    QVERIFY(refused({131}, 131));
    QVERIFY(refused({-1}, 131));
    QVERIFY(refused({}, 131));
    QVERIFY(refused({1, 2, 3, 4, 5}, 131));
    QVERIFY(refused({1}, 130));
    executor->forward(std::vector<TokenId>{1, 2, 3, 4}, *cache, LogitsWanted::LastToken, logits);
    QCOMPARE(cache->length(), 4U);
  }

  // Its rows are read and written as this model's are: one of another shape would be left through its end.
  void anothersCacheIsRefused() {
    const auto executor = make({});
    const std::unique_ptr<Executor> others[] = {make({.layers = 1}), make({.kvHeads = 1}), make({.headSize = 32}),
                                                make({.valueHeadSize = 8}), make({})};
    std::vector<float> logits(131);
    const auto sentence = [&](model::KvCache& cache) {
      try {
        executor->forward(std::vector<TokenId>{1, 2}, cache, LogitsWanted::LastToken, logits);
        return QString("accepted");
      } catch (const Error& error) {
        return QString(error.code() == ErrorCode::InvalidArgument ? error.what() : "not the right error");
      }
    };
    const QString refusal = "The KV cache should be one that this executor made.";
    for (const auto& other : others) {
      const auto cache = other->createKvCache(8, KvType::F16);
      QCOMPARE(sentence(*cache), refusal);
      QCOMPARE(cache->length(), 0U);
    }
    // Nor is one of an executor that is gone, wherever the next one comes to lie.
    std::unique_ptr<model::KvCache> orphan;
    for (int i = 0; i < 20; ++i) {
      auto gone = make({});
      orphan = gone->createKvCache(8, KvType::F16);
      gone.reset();
      const auto next = make({});
      try {
        next->forward(std::vector<TokenId>{1}, *orphan, LogitsWanted::LastToken, logits);
        QFAIL("accepted");
      } catch (const Error& error) {
        QCOMPARE(QString(error.what()), refusal);
      }
    }
    const auto own = executor->createKvCache(8, KvType::F32);
    QCOMPARE(sentence(*own), QString("accepted"));
    QCOMPARE(own->type(), KvType::F32);
    QVERIFY_EXCEPTION_THROWN(executor->createKvCache(0, KvType::F16), Error);
  }

  void truncatingNeverLengthens() {
    const auto executor = make({});
    const auto cache = executor->createKvCache(8, KvType::F16);
    logitsOf(*executor, someTokens(3, 131), *cache, LogitsWanted::LastToken);
    cache->truncate(7);
    QCOMPARE(cache->length(), 3U);
    QVERIFY(std::ranges::equal(cache->tokens(), someTokens(3, 131)));
    QCOMPARE(cache->keepCommon(std::vector<TokenId>{11, 48, 5, 6}), 2U);
    QCOMPARE(cache->length(), 2U);
    QCOMPARE(cache->keepCommon({}), 0U);
  }

  void tooLargeACacheSaysHowMuchIsThere() {
    const auto executor = make({});
    try {
      executor->createKvCache(~0U, KvType::F32);
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::OutOfMemory);
      const QString sentence = error.what();
      QVERIFY2(QRegularExpression("^The KV cache for 4294967295 tokens needs 2199\\.02 GB of memory, but only "
                                  "[0-9.]+ GB are available\\.$")
                   .match(sentence)
                   .hasMatch(),
               error.what());
    }
    QVERIFY(model::availableMemory() > 1000000);
  }

  void cancellingKeepsTheLength() {
    const auto executor = make({});
    const auto cache = executor->createKvCache(200, KvType::F16);
    logitsOf(*executor, someTokens(5, 131), *cache, LogitsWanted::LastToken);
    std::stop_source stop;
    const JobContext job(stop.get_token());
    int calls = 0;
    const auto watching = executor->subscribe(executor->graph().allValues(), [&](const model::Observation&) {
      if (++calls == 30) stop.request_stop();  // in the second layer
    });
    std::vector<float> logits(131);
    QVERIFY_EXCEPTION_THROWN(executor->forward(someTokens(150, 131), *cache, LogitsWanted::LastToken, logits, job),
                             Cancelled);
    QCOMPARE(calls, 30);
    QCOMPARE(cache->length(), 5U);
  }

  void memoryCountsTheWeights() {
    const auto stored = make({});
    const auto nf4 = make({}, "nf4");
    QCOMPARE(stored->memory().weightBytes, stored->graph().weightBytes);
    QVERIFY(stored->memory().residentBytes >= stored->memory().weightBytes);
    QVERIFY(nf4->memory().weightBytes < stored->memory().weightBytes);
  }
};

QTEST_GUILESS_MAIN(TestCpuExecutor)
#include "tst_cpu_executor.moc"
