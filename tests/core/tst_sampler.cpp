// Every knob of the sampler on distributions whose answer is known.
#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "core/base/error.h"
#include "core/model/sampler.h"

using core::Error;
using core::ErrorCode;
using core::model::Sampler;
using core::model::SamplingOptions;
using core::text::TokenId;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// All filters off.
SamplingOptions plain(float temperature = 1.0F, std::uint64_t seed = 1) {
  return {temperature, 0, 1.0F, 0.0F, 1.0F, 64, seed};
}

std::map<TokenId, int> draw(const SamplingOptions& options, const std::vector<float>& logits, int times,
                            const std::vector<TokenId>& history = {}) {
  Sampler sampler(options);
  std::map<TokenId, int> counts;
  for (int i = 0; i < times; ++i) ++counts[sampler.sample(logits, history)];
  return counts;
}

std::vector<float> logsOf(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

/// Pearson's statistic of counts against probabilities.
double chiSquare(const std::map<TokenId, int>& counts, const std::vector<double>& probabilities, int times) {
  double sum = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const auto found = counts.find(static_cast<TokenId>(i));
    const double expected = probabilities[i] * times;
    const double difference = (found == counts.end() ? 0 : found->second) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

}  // namespace

class TestSampler : public QObject {
  Q_OBJECT

 private slots:
  void greedyTakesTheFirstOfEqualMaxima();
  void frequenciesFollowTheSoftmax();
  void temperatureSharpensAndFlattens();
  void topKKeepsTheBestAndBreaksTiesByLowerId();
  void topPKeepsTheFewestThatHoldTheShare();
  void minPIsRelativeToTheBest();
  void filtersApplyInTheDocumentedOrder();
  void penaltyLowersPositiveAndNegativeLogits();
  void penaltySeesOnlyItsWindow();
  void nanAndInfinities();
  void sameSeedSameTokens();
  void fixedSequence();
  void candidatesDrawWhatTheRowDraws_data();
  void candidatesDrawWhatTheRowDraws();
  void rangeChecks();
};

void TestSampler::greedyTakesTheFirstOfEqualMaxima() {
  Sampler sampler(plain(0));
  QCOMPARE(sampler.sample(std::vector<float>{1, 3, 2, 3}, {}), 1);
  QCOMPARE(sampler.sample(std::vector<float>{-5}, {}), 0);
  QCOMPARE(sampler.sample(std::vector<float>{kNan, -2, -2}, {}), 1);
}

void TestSampler::frequenciesFollowTheSoftmax() {
  const std::vector<double> p = {0.05, 0.4, 0.1, 0.25, 0.2};
  const int times = 50000;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    // 4 degrees of freedom: 18.5 is exceeded once in a thousand.
    QVERIFY(chiSquare(draw(plain(1.0F, seed), logsOf(p), times), p, times) < 18.5);
  }
  // The test can fail: the same counts against another distribution.
  QVERIFY(chiSquare(draw(plain(), logsOf(p), times), {0.06, 0.39, 0.1, 0.25, 0.2}, times) > 18.5);
}

void TestSampler::temperatureSharpensAndFlattens() {
  // p^(1/T) normalised: T = 0.5 squares, T = 2 takes roots.
  const int times = 50000;
  QVERIFY(chiSquare(draw(plain(0.5F), logsOf({0.2, 0.8}), times), {0.04 / 0.68, 0.64 / 0.68}, times) < 10.8);
  QVERIFY(chiSquare(draw(plain(2.0F), logsOf({0.1, 0.9}), times), {0.25, 0.75}, times) < 10.8);
}

void TestSampler::topKKeepsTheBestAndBreaksTiesByLowerId() {
  SamplingOptions options = plain(1.0F);
  options.topK = 3;
  const auto counts = draw(options, {0, 2, 1, 1, 1}, 5000);
  QCOMPARE(counts.size(), std::size_t{3});
  QVERIFY(counts.contains(1) && counts.contains(2) && counts.contains(3));
  options.topK = 1;
  QCOMPARE(draw(options, {1, 1, 1}, 100).size(), std::size_t{1});
  options.topK = 100;
  QCOMPARE(draw(options, {1, 1, 1}, 1000).size(), std::size_t{3});
}

void TestSampler::topPKeepsTheFewestThatHoldTheShare() {
  const std::vector<float> logits = logsOf({0.1, 0.5, 0.15, 0.25});
  SamplingOptions options = plain(1.0F);
  const auto kept = [&](float p) {
    options.topP = p;
    return draw(options, logits, 5000).size();
  };
  QCOMPARE(kept(0.01F), std::size_t{1});
  QCOMPARE(kept(0.49F), std::size_t{1});
  QCOMPARE(kept(0.6F), std::size_t{2});
  QCOMPARE(kept(0.74F), std::size_t{2});
  QCOMPARE(kept(0.8F), std::size_t{3});
  QCOMPARE(kept(0.95F), std::size_t{4});
  QCOMPARE(kept(1.0F), std::size_t{4});
}

void TestSampler::minPIsRelativeToTheBest() {
  const std::vector<float> logits = logsOf({0.1, 0.5, 0.15, 0.25});
  SamplingOptions options = plain(1.0F);
  const auto kept = [&](float p) {
    options.minP = p;
    return draw(options, logits, 5000).size();
  };
  QCOMPARE(kept(0.19F), std::size_t{4});
  QCOMPARE(kept(0.25F), std::size_t{3});
  QCOMPARE(kept(0.45F), std::size_t{2});
  QCOMPARE(kept(0.9F), std::size_t{1});
}

void TestSampler::filtersApplyInTheDocumentedOrder() {
  // Temperature 0.5 makes 0.5/0.3/0.2 into 0.66/0.24/0.11, so top-p 0.6 keeps one; at temperature 1 it keeps two.
  SamplingOptions options = plain(0.5F);
  options.topP = 0.6F;
  QCOMPARE(draw(options, logsOf({0.5, 0.3, 0.2}), 2000).size(), std::size_t{1});
  options.temperature = 1.0F;
  QCOMPARE(draw(options, logsOf({0.5, 0.3, 0.2}), 2000).size(), std::size_t{2});
  // Top-k before top-p: of 0.4/0.3/0.3 two are kept, and 0.4 is 0.57 of what is left.
  options = plain(1.0F);
  options.topK = 2;
  options.topP = 0.55F;
  QCOMPARE(draw(options, logsOf({0.4, 0.3, 0.3}), 2000).size(), std::size_t{1});
}

void TestSampler::penaltyLowersPositiveAndNegativeLogits() {
  SamplingOptions options = plain(0);
  options.repetitionPenalty = 2.0F;
  QCOMPARE(Sampler(options).sample(std::vector<float>{3, 2}, std::vector<TokenId>{0}), 1);       // 1.5 < 2
  QCOMPARE(Sampler(options).sample(std::vector<float>{5, 2}, std::vector<TokenId>{0}), 0);       // 2.5 > 2
  QCOMPARE(Sampler(options).sample(std::vector<float>{-1, -1.5F}, std::vector<TokenId>{0}), 1);  // −2 < −1.5
  QCOMPARE(Sampler(options).sample(std::vector<float>{-1, -2.5F}, std::vector<TokenId>{0}), 0);
  // Once per token, however often it occurred; ids outside the vocabulary do no harm.
  QCOMPARE(Sampler(options).sample(std::vector<float>{5, 2}, std::vector<TokenId>{0, 0, 0, 7, -1}), 0);
  options.repetitionPenalty = 1.0F;
  QCOMPARE(Sampler(options).sample(std::vector<float>{3, 2}, std::vector<TokenId>{0}), 0);
}

void TestSampler::penaltySeesOnlyItsWindow() {
  SamplingOptions options = plain(0);
  options.repetitionPenalty = 2.0F;
  options.repetitionWindow = 2;
  QCOMPARE(Sampler(options).sample(std::vector<float>{3, 2, 0}, std::vector<TokenId>{0, 2, 2}), 0);
  QCOMPARE(Sampler(options).sample(std::vector<float>{3, 2, 0}, std::vector<TokenId>{2, 0, 2}), 1);
  options.repetitionWindow = 0;
  QCOMPARE(Sampler(options).sample(std::vector<float>{3, 2, 0}, std::vector<TokenId>{0}), 0);
}

void TestSampler::nanAndInfinities() {
  const auto counts = draw(plain(), {kNan, 1, -kInfinity, 1, kNan}, 2000);
  QCOMPARE(counts.size(), std::size_t{2});
  QVERIFY(counts.contains(1) && counts.contains(3));
  QCOMPARE(draw(plain(), {1, kInfinity, 2}, 100).size(), std::size_t{1});
  QCOMPARE(Sampler(plain()).sample(std::vector<float>{1, kInfinity, 2}, {}), 1);
  QCOMPARE(Sampler(plain()).sample(std::vector<float>{kNan, kNan}, {}), 0);
  QCOMPARE(draw(plain(), {-3e38F, 3e38F}, 100).size(), std::size_t{1});
  QCOMPARE(draw(plain(1e-30F), {1, 2}, 100).size(), std::size_t{1});
  QVERIFY_THROWS_EXCEPTION(Error, Sampler(plain()).sample(std::vector<float>(), {}));
}

void TestSampler::sameSeedSameTokens() {
  const std::vector<float> logits(1000, 0.0F);
  const auto sequence = [&](std::uint64_t seed) {
    Sampler sampler(plain(1.0F, seed));
    std::vector<TokenId> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(sampler.sample(logits, tokens));
    return tokens;
  };
  QCOMPARE(sequence(42), sequence(42));
  QVERIFY(sequence(42) != sequence(43));
}

void TestSampler::fixedSequence() {
  // The same on every platform: mt19937_64 is standardised, and with 1000 equal logits a token is floor(1000·u) of
  // its first 53-bit fractions. Seed 5489 gives the 64-bit numbers of Matsumoto and Nishimura's reference.
  Sampler sampler(plain(1.0F, 5489));
  const std::vector<float> logits(1000, 0.0F);
  std::mt19937_64 reference(5489);
  for (int i = 0; i < 20; ++i) {
    const double u = static_cast<double>(reference() >> 11U) / 9007199254740992.0;
    QCOMPARE(sampler.sample(logits, {}), static_cast<TokenId>(u * 1000));
  }
  std::mt19937_64 known;
  known.discard(9999);
  QCOMPARE(known(), std::uint64_t{9981545732273789042U});
}

void TestSampler::candidatesDrawWhatTheRowDraws_data() {
  QTest::addColumn<float>("temperature");
  QTest::addColumn<int>("topK");
  QTest::addColumn<float>("topP");
  QTest::addColumn<float>("minP");
  QTest::addColumn<float>("penalty");
  QTest::addColumn<double>("error");         // that sums are said to have, and do have
  QTest::addColumn<double>("leastDecided");  // of the draws, the share that candidates decide
  QTest::addColumn<double>("mostDecided");
  QTest::newRow("the usual") << 0.7F << 40 << 0.95F << 0.05F << 1.0F << 4e-5 << 1.0 << 1.0;
  QTest::newRow("greedy") << 0.0F << 40 << 1.0F << 0.0F << 1.0F << 4e-5 << 1.0 << 1.0;
  QTest::newRow("greedy, penalty") << 0.0F << 0 << 1.0F << 0.0F << 1.8F << 4e-5 << 1.0 << 1.0;
  QTest::newRow("top-k, penalty") << 1.0F << 30 << 0.9F << 0.0F << 1.5F << 4e-5 << 1.0 << 1.0;
  QTest::newRow("top-k beyond") << 1.0F << 600 << 1.0F << 0.0F << 1.0F << 4e-5 << 0.0 << 0.0;
  QTest::newRow("all") << 1.0F << 0 << 1.0F << 0.0F << 1.0F << 4e-5 << 0.3 << 0.95;
  QTest::newRow("all, cold") << 0.3F << 0 << 1.0F << 0.0F << 1.0F << 4e-5 << 0.97 << 1.0;
  QTest::newRow("all, hot") << 3.0F << 0 << 1.0F << 0.0F << 1.0F << 4e-5 << 0.0 << 0.5;
  QTest::newRow("all, rough sums") << 0.5F << 0 << 1.0F << 0.0F << 1.0F << 0.02 << 0.3 << 0.99;
  QTest::newRow("all, penalty") << 1.0F << 0 << 1.0F << 0.0F << 1.2F << 4e-5 << 0.0 << 0.01;  // the first
  QTest::newRow("top-p") << 0.6F << 0 << 0.8F << 0.0F << 1.0F << 4e-5 << 0.9 << 1.0;
  QTest::newRow("top-p, rough sums") << 0.6F << 0 << 0.8F << 0.0F << 1.0F << 0.02 << 0.3 << 0.99;
  QTest::newRow("top-p of a flat row") << 4.0F << 0 << 0.9F << 0.0F << 1.0F << 4e-5 << 0.0 << 0.0;
  QTest::newRow("min-p") << 0.8F << 0 << 1.0F << 0.1F << 1.0F << 4e-5 << 1.0 << 1.0;
  QTest::newRow("min-p of a flat row") << 4.0F << 0 << 1.0F << 0.05F << 1.0F << 4e-5 << 0.0 << 0.2;
}

// To the bit, as long as sums are no further off than they say: candidates decide, or the row does with the same
// number.
void TestSampler::candidatesDrawWhatTheRowDraws() {
  QFETCH(float, temperature);
  QFETCH(int, topK);
  QFETCH(float, topP);
  QFETCH(float, minP);
  QFETCH(float, penalty);
  QFETCH(double, error);
  QFETCH(double, leastDecided);
  QFETCH(double, mostDecided);
  const SamplingOptions options{temperature, static_cast<std::uint32_t>(topK), topP, minP, penalty, 32, 9};
  Sampler ofRows(options), ofCandidates(options);
  std::mt19937 random(4);
  std::normal_distribution<float> bell(0.0F, 3.0F);
  std::vector<float> row(1000);
  std::vector<TokenId> history;
  int decided = 0;
  constexpr int kDraws = 120;
  for (int i = 0; i < kDraws; ++i) {
    for (float& logit : row) logit = std::round(bell(random) * 8.0F) / 8.0F;  // equal ones, too
    core::model::Candidates found = core::model::candidatesOf(row, ofCandidates.wanted(1000));
    found.weightSum *= 1.0 + (i % 3 - 1) * 0.9 * error;
    found.error = error;
    auto drawn = ofCandidates.sample(found, history);
    decided += drawn ? 1 : 0;
    if (!drawn) drawn = ofCandidates.sample(row, history);
    const TokenId expected = ofRows.sample(row, history);
    QCOMPARE(*drawn, expected);
    // Large ones among those that are punished.
    history.push_back(found.best[static_cast<std::size_t>(i) % found.best.size()].token);
  }
  const double share = decided / static_cast<double>(kDraws);
  QVERIFY2(share >= leastDecided && share <= mostDecided, QByteArray::number(share));
}

void TestSampler::rangeChecks() {
  const auto refused = [](auto change) {
    SamplingOptions options;
    change(options);
    try {
      const Sampler sampler(options);
    } catch (const Error& error) {
      return error.code() == ErrorCode::InvalidArgument && !error.where().empty();
    }
    return false;
  };
  for (const float bad : {-0.1F, kNan, kInfinity}) {
    QVERIFY(refused([&](SamplingOptions& o) { o.temperature = bad; }));
    QVERIFY(refused([&](SamplingOptions& o) { o.topP = bad; }));
    QVERIFY(refused([&](SamplingOptions& o) { o.minP = bad; }));
    QVERIFY(refused([&](SamplingOptions& o) { o.repetitionPenalty = bad; }));
  }
  QVERIFY(refused([](SamplingOptions& o) { o.topP = 0; }));
  QVERIFY(refused([](SamplingOptions& o) { o.minP = 1; }));
  QVERIFY(refused([](SamplingOptions& o) { o.repetitionPenalty = 0.9F; }));
  QVERIFY(!refused([](SamplingOptions& o) { o.temperature = 0; }));
  QVERIFY(!refused([](SamplingOptions& o) { o.topP = 1; }));
}

QTEST_GUILESS_MAIN(TestSampler)
#include "tst_sampler.moc"
