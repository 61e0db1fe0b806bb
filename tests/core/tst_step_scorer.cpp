// Executors read the same text in step: against all logits at once, and against figures computed elsewhere.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "core/base/error.h"
#include "core/evaluate/comparison_statistics.h"
#include "core/evaluate/step_scorer.h"
#include "core/model/probabilities.h"
#include "support/golden.h"
#include "support/random_model.h"

using namespace core;
using namespace core::evaluate;
using model::TokenId;

namespace {

std::vector<TokenId> drawn(std::size_t count, std::uint32_t below) {
  std::vector<TokenId> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = static_cast<TokenId>((i * i * 31 + 7 * i + 3) % below);
  return tokens;
}

}  // namespace

class TestStepScorer : public QObject {
  Q_OBJECT

 private:
  static constexpr std::uint32_t kVocabulary = 131, kKnown = 120;
  QTemporaryDir m_folder;
  std::unique_ptr<model::WeightLibrary> m_library;
  std::optional<model::ModelConfig> m_config;

  std::unique_ptr<model::Executor> executor(const char* scheme = nullptr) const {
    std::optional<quant::Scheme> parsed;
    if (scheme != nullptr) parsed = quant::Scheme::parse(scheme);
    return model::createCpuExecutor(model::buildGraph(*m_config, m_library->load(*m_config, parsed)));
  }
  static LogitStreamOptions options(std::uint32_t batch) { return {model::KvType::F16, 100, kKnown, batch}; }
  static Passage passage() {
    Passage result{drawn(90, kKnown), {{5, 9}, {20, 21}, {60, 88}}, 0};
    return result;
  }
  std::vector<float> allLogits(model::Executor& of, const std::vector<TokenId>& tokens) const {
    const auto cache = of.createKvCache(100, model::KvType::F16);
    std::vector<float> logits(tokens.size() * kVocabulary);
    of.forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
    model::ruleOutUnknown(logits, kVocabulary, kKnown);
    return logits;
  }

 private slots:
  void initTestCase() {
    support::RandomModel shape;
    shape.vocabulary = kVocabulary;
    const auto path = std::filesystem::path(m_folder.path().toStdString()) / "random.gguf";
    support::writeRandomModel(shape, path);
    const auto checkpoint = io::openCheckpoint(path);
    m_config = model::ModelConfig::fromCheckpoint(*checkpoint);
    m_library = std::make_unique<model::WeightLibrary>(checkpoint);
  }

  /// Whatever the batches, every scored position has the figures of a forward over everything.
  void scoresAreThoseOfAllLogits() {
    const auto reference = executor(), four = executor("int4"), two = executor("int2");
    const Passage text = passage();
    const auto expected = allLogits(*reference, text.tokens), ofFour = allLogits(*four, text.tokens);
    for (const std::uint32_t batch : {1, 7, 33, 256}) {
      LogitStream a(*reference, options(batch)), b(*four, options(batch == 7 ? 64 : 5)), c(*two, options(16));
      StepScorer scorer(a, {&b, &c});
      const auto scores = scorer.score(text);
      QCOMPARE(scores.size(), std::size_t{2});
      QCOMPARE(scores[0].size(), std::size_t{33});
      std::size_t i = 0;
      for (const auto& answer : text.answers) {
        for (auto at = answer.first; at < answer.last; ++at, ++i) {
          const auto row = std::span(expected).subspan(at * kVocabulary, kVocabulary);
          const auto other = std::span(ofFour).subspan(at * kVocabulary, kVocabulary);
          const double kl = model::klDivergence(row, other);
          QVERIFY(std::abs(scores[0][i].kl - kl) <= 1e-6 * kl + 1e-9);
          const auto token = static_cast<std::size_t>(text.tokens[at + 1]);
          QVERIFY(std::abs(scores[0][i].nllReference - (model::logSumExp(row) - double(row[token]))) < 1e-6);
          QVERIFY(std::abs(scores[0][i].nllCompared - (model::logSumExp(other) - double(other[token]))) < 1e-6);
          const auto top = std::ranges::max_element(row) - row.begin();
          QCOMPARE(scores[0][i].referenceRight, top == static_cast<std::ptrdiff_t>(token));
          QCOMPARE(scores[0][i].sameTop, top == std::ranges::max_element(other) - other.begin());
          QVERIFY(scores[1][i].kl > 0);
        }
      }
    }
  }

  void withoutOthersTheReferenceIsComparedWithItself() {
    const auto reference = executor();
    LogitStream stream(*reference, options(32));
    const auto scores = StepScorer(stream, {}).score(passage());
    QCOMPARE(scores.size(), std::size_t{1});
    for (const auto& token : scores[0]) {
      QCOMPARE(token.kl, 0.0);
      QVERIFY(token.sameTop && token.nllReference == token.nllCompared);
    }
  }

  /// Rows of logits take one batch each, however long the text and however many are compared.
  void memoryIsThatOfOneBatch() {
    const auto reference = executor(), four = executor("int4"), two = executor("int2");
    LogitStream a(*reference, options(8)), b(*four, options(8)), c(*two, options(8));
    StepScorer scorer(a, {&b, &c});
    const auto read = [&](std::size_t count) {
      Passage text{drawn(count, kKnown), {{0, static_cast<std::uint32_t>(count - 1)}}, 0};
      scorer.score(text);
      return scorer.largestBuffer();
    };
    QCOMPARE(read(10), std::size_t{8 * kVocabulary});
    QCOMPARE(read(100), std::size_t{8 * kVocabulary});
  }

  void aVisitorSeesEveryRowInOrder() {
    const auto reference = executor();
    const auto tokens = drawn(70, kKnown);
    const auto expected = allLogits(*reference, tokens);
    LogitStream stream(*reference, options(9));
    for (const std::size_t from : {0, 30, 65, 70, 30}) {
      std::size_t next = from;
      stream.visit(tokens, from, [&](std::size_t position, std::span<const float> row) {
        QCOMPARE(position, next++);
        QCOMPARE(row.size(), std::size_t{kKnown});
        for (std::size_t i = 0; i < kKnown; ++i) QCOMPARE(row[i], expected[position * kVocabulary + i]);
      });
      QCOMPARE(next, tokens.size());
    }
  }

  void whatCannotBeScoredIsSaid() {
    const auto reference = executor();
    LogitStream stream(*reference, options(32));
    StepScorer scorer(stream, {});
    Passage beyond = passage();
    beyond.answers.back().last = 90;
    QVERIFY_THROWS_EXCEPTION(Error, scorer.score(beyond));
    Passage unknown = passage();
    unknown.tokens[8] = static_cast<TokenId>(kKnown);
    QVERIFY_THROWS_EXCEPTION(Error, scorer.score(unknown));
    LogitStream more(*reference, {model::KvType::F16, 100, 0, 32}),
        small(*reference, {model::KvType::F16, 50, kKnown, 8});
    QVERIFY_THROWS_EXCEPTION(Error, StepScorer(stream, {&more}));
    QVERIFY_THROWS_EXCEPTION(Error, StepScorer(stream, {&small}).score(passage()));
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_THROWS_EXCEPTION(Cancelled, scorer.score(passage(), JobContext(stop.get_token())));
    QCOMPARE(scorer.score(passage())[0].size(), std::size_t{33});  // and it goes on
  }

  /// Rows and figures of another program, by llama-perplexity's formulas (tests/data/evaluate).
  void figuresAreThoseOfLlamaPerplexity() {
    const auto folder = std::filesystem::path(QS_TEST_DATA) / "evaluate";
    const auto manifest = support::readJson(folder / "manifest.json");
    const auto reference = support::readArray<float>(folder / "reference.logits.f32");
    const auto compared = support::readArray<float>(folder / "compared.logits.f32");
    const std::size_t tokens = manifest["tokens"], width = manifest["vocabulary"], perBlock = manifest["block"];
    ComparisonStatistics blocks, singles;
    for (std::size_t first = 0; first < tokens; first += perBlock) {
      Passage text;
      text.tokens.resize(perBlock + 1);
      std::vector<TokenComparison> scores;
      for (std::size_t i = first; i < first + perBlock; ++i) {
        const auto a = std::span(reference).subspan(i * width, width),
                   b = std::span(compared).subspan(i * width, width);
        scores.push_back(compareRows(a, summarizeRow(a), b, summarizeRow(b), manifest["targets"][i].get<int>()));
        const auto& rows = manifest["rows"];
        const auto& score = scores.back();
        const auto isClose = [](double found, double expected) {
          return std::abs(found - expected) <= 1e-6 * std::max(1.0, std::abs(expected));
        };
        QVERIFY(isClose(score.nllReference, rows["nll_reference"][i]) && isClose(score.nllCompared, rows["nll"][i]));
        const double kl = rows["kl"][i];
        QVERIFY2(std::abs(score.kl - kl) <= 1e-5 * kl + 1e-12, qPrintable(QString("row %1: %2").arg(i).arg(score.kl)));
        QVERIFY(isClose(score.deltaP(), rows["dp"][i]));
        QCOMPARE(score.sameTop, rows["same"][i].get<int>() != 0);
        text.answers.push_back({static_cast<std::uint32_t>(i - first), static_cast<std::uint32_t>(i - first + 1)});
        BlockStatistics single;
        single.add({{0, 0}, {{0, 1}}, 0}, std::span(scores).last(1));
        singles.add(std::move(single));
      }
      BlockStatistics block;
      block.add(text, scores);
      blocks.add(std::move(block));
    }
    const auto summary = blocks.summary(), ofTokens = singles.summary();
    const auto check = [&](const char* name, const Estimate& found, const Estimate* byTokens, double tolerance) {
      const double expected = manifest["figures"][name];
      QVERIFY2(std::abs(found.value - expected) <= 1e-6 * std::abs(expected), name);
      const double error = manifest["errors_of_blocks"][name];
      QVERIFY2(std::abs(found.error / error - 1) < tolerance,
               qPrintable(QString("%1 %2 %3").arg(name).arg(found.error).arg(error)));
      if (byTokens == nullptr) return;
      const double single = manifest["errors_of_tokens"][name];
      QVERIFY2(std::abs(byTokens->error / single - 1) < 0.005, name);
    };
    // Ten blocks: the linear error and the one over draws differ by about 1 / √(2 · 10) at most; quantiles by more.
    check("perplexity", summary.perplexity, &ofTokens.perplexity, 0.2);
    check("reference_perplexity", summary.perplexityReference, &ofTokens.perplexityReference, 0.2);
    check("perplexity_ratio", summary.perplexityRatio, &ofTokens.perplexityRatio, 0.2);
    check("kl_mean", summary.klMean, &ofTokens.klMean, 0.2);
    check("same_top1", summary.sameTop, &ofTokens.sameTop, 0.2);
    check("mean_delta_p", summary.meanDeltaP, &ofTokens.meanDeltaP, 0.2);
    check("rms_delta_p", summary.rmsDeltaP, &ofTokens.rmsDeltaP, 0.2);
    check("kl_median", summary.klMedian, nullptr, 0.2);
    check("kl_p90", summary.klP90, nullptr, 0.4);
    check("kl_p99", summary.klP99, nullptr, 0.3);
    check("kl_p999", summary.klP999, nullptr, 0.3);
    check("kl_max", summary.klMax, nullptr, 0.3);
  }
};

QTEST_APPLESS_MAIN(TestStepScorer)
#include "tst_step_scorer.moc"
