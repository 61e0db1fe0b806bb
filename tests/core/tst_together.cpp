// Several sequences in one batch, on the CPU: each has the bits it has alone, whoever else is computed with it; one
// that fails leaves the others as they are; caches that end serve the next sequence.
#include <QtTest>

#include "core/base/error.h"
#include "core/model/session.h"
#include "core/model/together.h"
#include "core/model/weights.h"
#include "support/architectures.h"

using namespace core;
using model::Candidates;
using model::CandidatesWanted;
using model::KvType;
using model::StepAsked;
using model::TokenId;

namespace {

const std::filesystem::path kChatModel = std::filesystem::path(QS_TEST_DATA) / "logits" / "prototype-outliers.gguf";

std::string sentenceOf(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace

class TestTogether : public QObject {
  Q_OBJECT

 private:
  using Tokens = std::vector<TokenId>;

  static std::unique_ptr<model::Executor> open(const std::filesystem::path& path,
                                               const std::optional<quant::Scheme>& scheme = std::nullopt) {
    const auto checkpoint = io::openCheckpoint(path);
    const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
    return model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(checkpoint).load(config, scheme)));
  }
  static std::unique_ptr<model::Executor> open(const char* architecture) {
    return open(support::kArchitectures / (std::string(architecture) + ".gguf"));
  }

  /// Sequences of different lengths, whose keys and values have different types.
  struct Sequences {
    explicit Sequences(model::Executor& on, std::size_t count) : executor(on) {
      const Tokens all = support::architectureTokens();
      for (std::size_t i = 0; i < count; ++i) {
        const Tokens prompt(all.begin(), all.begin() + 1 + static_cast<std::ptrdiff_t>(3 * i));
        caches.push_back(executor.createKvCache(40, i % 2 == 0 ? KvType::F16 : KvType::Int8));
        static_cast<void>(executor.candidates(prompt, *caches.back(), wanted()));
      }
    }
    CandidatesWanted wanted() const { return {.count = 5, .known = executor.graph().vocabulary()}; }
    static TokenId token(std::size_t sequence, std::size_t step) {
      return support::architectureTokens()[7 * sequence + step];
    }
    std::vector<StepAsked> step(std::size_t step) const {
      std::vector<StepAsked> asked;
      for (std::size_t i = 0; i < caches.size(); ++i)
        asked.push_back({&executor, {token(i, step), caches[i].get(), wanted()}});
      return asked;
    }

    model::Executor& executor;
    std::vector<std::unique_ptr<model::KvCache>> caches;
  };

 private slots:
  // Experts, states of two kinds, learned positions; and a graph whose rows depend on one another.
  void eachIsWhatItIsAlone_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("scheme");
    for (const char* name : {"llama", "gpt2", "gptoss", "granitehybrid_moe", "lfm2moe"})
      QTest::newRow(name) << name << "";
    QTest::newRow("packed rows") << "llama"
                                 << "int4:group=32";
    QTest::newRow("coded inputs") << "llama"
                                  << "int8:activations=int8_dynamic";
    QTest::newRow("outlier columns") << "llama"
                                     << "llm_int8";
  }
  void eachIsWhatItIsAlone() {
    QFETCH(QString, name);
    QFETCH(QString, scheme);
    std::optional<quant::Scheme> parsed;
    if (!scheme.isEmpty()) parsed = quant::Scheme::parse(scheme.toStdString());
    const auto executor = open(support::kArchitectures / (name.toStdString() + ".gguf"), parsed);
    constexpr std::size_t kSequences = 3;
    const Sequences alone(*executor, kSequences), together(*executor, kSequences);
    for (std::size_t step = 0; step < 3; ++step) {
      const auto found = model::computeTogether(together.step(step));
      for (std::size_t i = 0; i < kSequences; ++i) {
        QVERIFY2(!found[i].failure, sentenceOf(found[i].failure).c_str());
        const auto row = executor->lastLogits(*together.caches[i]);
        m_rows.emplace_back(row.begin(), row.end());
      }
      for (std::size_t i = 0; i < kSequences; ++i) {
        const TokenId token = Sequences::token(i, step);
        const Candidates expected = executor->candidates(std::span(&token, 1), *alone.caches[i], alone.wanted());
        QVERIFY(std::ranges::equal(m_rows[i], executor->lastLogits()));
        QVERIFY(found[i].found.best == expected.best);
        QCOMPARE(together.caches[i]->length(), alone.caches[i]->length());
      }
      m_rows.clear();
    }
  }

  void oneThatFailsLeavesTheOthers() {
    const auto executor = open("granitehybrid_moe"), other = open("llama");
    const Sequences alone(*executor, 4), together(*executor, 4);
    std::vector<StepAsked> asked = together.step(0);
    const auto foreign = other->createKvCache(8, KvType::F16), full = executor->createKvCache(1, KvType::F16);
    const TokenId first = 3;
    static_cast<void>(executor->candidates(std::span(&first, 1), *full, together.wanted()));
    asked.push_back({executor.get(), {first, foreign.get(), together.wanted()}});
    asked.push_back({executor.get(), {first, full.get(), together.wanted()}});
    asked.push_back(asked[0]);
    asked[2].step.token = -1;
    const auto found = model::computeTogether(asked);
    QVERIFY(sentenceOf(found[4].failure).find("this executor made") != std::string::npos);
    QVERIFY(sentenceOf(found[5].failure).find("do not fit") != std::string::npos);
    QVERIFY(sentenceOf(found[6].failure).find("one token at a time") != std::string::npos);
    QVERIFY(sentenceOf(found[2].failure).find("Token ids") != std::string::npos);
    QCOMPARE(together.caches[2]->length(), alone.caches[2]->length());
    for (const std::size_t i : {0U, 1U, 3U}) {
      QVERIFY(!found[i].failure);
      const TokenId token = Sequences::token(i, 0);
      const auto expected = executor->candidates(std::span(&token, 1), *alone.caches[i], alone.wanted());
      QVERIFY(found[i].found.best == expected.best);
    }
  }

  void aCancelledJobLeavesEveryCache() {
    const auto executor = open("llama");
    const Sequences together(*executor, 2);
    std::stop_source stop;
    stop.request_stop();
    const auto found = model::computeTogether(together.step(0), JobContext(stop.get_token()));
    for (std::size_t i = 0; i < 2; ++i) {
      QVERIFY_EXCEPTION_THROWN(std::rethrow_exception(found[i].failure), Cancelled);
      QCOMPARE(together.caches[i]->length(), static_cast<std::uint32_t>(1 + 3 * i));
    }
    QVERIFY(!model::computeTogether(together.step(0))[1].failure);
  }

  void severalExecutorsAreAskedAtOnce() {
    const auto a = open("llama"), b = open("gpt2");
    const Sequences ofA(*a, 2), ofB(*b, 2), alone(*b, 2);
    std::vector<StepAsked> asked = ofA.step(0);
    for (const StepAsked& step : ofB.step(0)) asked.push_back(step);
    const auto found = model::computeTogether(asked);
    const TokenId token = Sequences::token(1, 0);
    const auto expected = b->candidates(std::span(&token, 1), *alone.caches[1], alone.wanted());
    QVERIFY(found[3].found.best == expected.best);
    QVERIFY(!found[0].failure && !found[1].failure);
  }

  void cachesThatEndServeTheNextSequence() {
    const auto executor = open("granitehybrid_moe");
    const std::uint64_t before = executor->memory().residentBytes;
    const Tokens text(6, 4);
    const CandidatesWanted wanted{.count = 3, .known = executor->graph().vocabulary()};
    const auto answer = [&](model::KvCache& cache) { return executor->candidates(text, cache, wanted).best; };
    const auto expected = answer(*executor->createKvCache(16, KvType::F16));
    const std::uint64_t computed = executor->memory().residentBytes;
    const model::KvCache* first = nullptr;
    std::uint64_t bytes = 0;
    {
      const auto cache = executor->lendKvCache(16, KvType::F16);
      first = cache.get();
      bytes = cache->bytes();
      answer(*cache);
      QCOMPARE(executor->memory().residentBytes, computed);
    }
    QVERIFY(bytes > 0 && computed >= before);
    QCOMPARE(executor->memory().residentBytes, computed + bytes);
    {
      const auto other = executor->lendKvCache(16, KvType::Int8), longer = executor->lendKvCache(17, KvType::F16);
      QVERIFY(other.get() != first && longer.get() != first);
      const auto again = executor->lendKvCache(16, KvType::F16);
      QCOMPARE(again.get(), first);
      QCOMPARE(again->length(), 0U);
      QVERIFY(answer(*again) == expected);  // nothing of the text before, nor of its states
    }
    for (std::uint32_t capacity = 20; capacity < 40; ++capacity)
      static_cast<void>(executor->lendKvCache(capacity, KvType::F16));
    QVERIFY(executor->memory().residentBytes < computed + 20 * bytes);  // a few are kept
    executor->freeKeptCaches();
    QCOMPARE(executor->memory().residentBytes, computed);
    auto orphaned = open("llama")->lendKvCache(8, KvType::F16);  // its executor has gone
    QVERIFY(orphaned != nullptr);
  }

  void answersAreThoseWrittenAlone() {
    const auto checkpoint = io::openCheckpoint(kChatModel);
    const std::shared_ptr<const text::Tokenizer> tokenizer = text::Tokenizer::fromCheckpoint(*checkpoint);
    const std::shared_ptr<model::Executor> executor = open(kChatModel);
    const auto session = [&](KvType type) { return model::Session(executor, tokenizer, nullptr, 64, type); };
    const auto prompt = tokenizer->encodePrompt("What is 47 + 38?", text::SpecialTokens::Parse);
    const auto optionsOf = [&](std::size_t i) {
      model::GenerationOptions options;
      options.sampling.temperature = i == 0 ? 0.0F : 1.5F;
      options.sampling.seed = i;
      options.maxTokens = static_cast<std::uint32_t>(4 + 3 * i);  // they end one after the other
      options.keepLogits = i == 1;
      options.beginning.assign(prompt.begin(), prompt.begin() + 3);  // nobody ends with the first token
      return options;
    };
    constexpr std::size_t kAnswers = 4;
    std::vector<model::Session> sessions;
    std::vector<std::unique_ptr<model::Generation>> answers;
    std::vector<model::Generation*> writing;
    for (std::size_t i = 0; i < kAnswers; ++i) {
      // The last two share a session: one of them has a cache of its own.
      if (i < 3) sessions.push_back(session(i == 2 ? KvType::F32 : KvType::F16));
      answers.push_back(sessions.back().start(prompt, optionsOf(i)));
      answers.back()->computeAhead(false);
      writing.push_back(answers.back().get());
    }
    std::vector<std::vector<model::GeneratedToken>> written(kAnswers);
    for (bool any = true; any;) {
      any = false;
      const auto next = model::nextTogether(writing);
      for (std::size_t i = 0; i < kAnswers; ++i) {
        QVERIFY2(!next[i].failure, sentenceOf(next[i].failure).c_str());
        if (!next[i].token) continue;
        any = true;
        written[i].push_back(*next[i].token);
      }
    }
    for (std::size_t i = 0; i < kAnswers; ++i) {
      auto alone = session(i >= 2 ? KvType::F32 : KvType::F16);
      const auto expected = alone.start(prompt, optionsOf(i));
      for (const model::GeneratedToken& token : written[i]) {
        const auto known = expected->next();
        QVERIFY(known.has_value());
        QCOMPARE(token.id, known->id);
        QCOMPARE(token.probability, known->probability);
        QCOMPARE(token.text, known->text);
        QVERIFY(token.logits == known->logits);
      }
      QVERIFY(!expected->next());
      QCOMPARE(answers[i]->result().stop, expected->result().stop);
      QCOMPARE(answers[i]->result().text, expected->result().text);
      QCOMPARE(answers[i]->result().besides, 3U);
      QVERIFY(answers[i]->result().decodeTokensPerS > 0);
      QCOMPARE(expected->result().besides, 0U);
    }
  }

 private:
  std::vector<std::vector<float>> m_rows;
};

QTEST_GUILESS_MAIN(TestTogether)
#include "tst_together.moc"
