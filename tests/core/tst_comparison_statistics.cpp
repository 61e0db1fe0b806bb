// Figures and their errors against brute force, and errors against how figures really scatter.
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "core/evaluate/block_bootstrap.h"
#include "core/evaluate/comparison_statistics.h"

using namespace core::evaluate;

namespace {

using Tokens = std::vector<TokenComparison>;

/// Blocks of texts whose tokens depend on each other: a part that is shared by a block and one of each token's own.
class Source {
 public:
  explicit Source(std::uint64_t seed) : m_random(seed) {}

  ComparisonStatistics draw(std::size_t blocks, std::size_t tokensPerBlock) {
    ComparisonStatistics statistics;
    for (std::size_t b = 0; b < blocks; ++b) statistics.add(block(tokensPerBlock + m_random() % 5));
    return statistics;
  }

  Tokens tokens(std::size_t count) {
    std::normal_distribution<double> normal;
    const double shared = normal(m_random);
    Tokens result(count);
    for (TokenComparison& token : result) {
      token.nllReference = std::exp(0.5 * shared + 0.5 * normal(m_random) - 1);
      token.nllCompared = token.nllReference * std::exp(0.1 * (0.5 * shared + normal(m_random)));
      token.kl = 0.01 * std::exp(shared + normal(m_random));
      token.referenceRight = normal(m_random) + shared > -1;
      token.comparedRight = normal(m_random) > -1.5 ? token.referenceRight : !token.referenceRight;
      token.sameTop = token.referenceRight == token.comparedRight;
    }
    return result;
  }

  BlockStatistics block(std::size_t count) {
    Passage passage;
    passage.tokens.resize(count + 1);
    for (std::uint32_t i = 0; i < count; ++i) passage.answers.push_back({i, i + 1});
    BlockStatistics result;
    result.add(passage, tokens(count));
    return result;
  }

 private:
  std::mt19937_64 m_random;
};

bool isClose(double found, double expected, double relative = 1e-9) {
  return std::abs(found - expected) <= relative * std::max(std::abs(expected), 1e-300);
}

/// Standard deviation of a figure over many texts, and the mean of the errors it claims.
struct Scatter {
  double deviation, claimed;
};
template <typename Figure>
Scatter scatterOf(const std::vector<ComparisonSummary>& all, const Figure& figure) {
  double sum = 0, squares = 0, claimed = 0;
  for (const auto& summary : all) sum += figure(summary).value, claimed += figure(summary).error;
  const auto count = static_cast<double>(all.size());
  for (const auto& summary : all) squares += std::pow(figure(summary).value - sum / count, 2);
  return {std::sqrt(squares / (count - 1)), claimed / count};
}

}  // namespace

class TestComparisonStatistics : public QObject {
  Q_OBJECT

 private slots:
  void figuresAreThoseOfAllTokens() {
    Source source(1);
    ComparisonStatistics statistics;
    Tokens all;
    for (std::size_t b = 0; b < 12; ++b) {
      const Tokens tokens = source.tokens(10 + b);
      all.insert(all.end(), tokens.begin(), tokens.end());
      Passage passage;
      passage.tokens.resize(tokens.size() + 1);
      for (std::uint32_t i = 0; i < tokens.size(); ++i) passage.answers.push_back({i, i + 1});
      BlockStatistics block;
      block.add(passage, tokens);
      statistics.add(block);
    }
    const auto summary = statistics.summary();
    const auto count = static_cast<double>(all.size());
    const auto mean = [&](const auto& of) {
      return std::accumulate(all.begin(), all.end(), 0.0,
                             [&](double sum, const auto& token) { return sum + of(token); }) /
             count;
    };
    QCOMPARE(summary.tokens, all.size());
    QCOMPARE(summary.blocks, std::size_t{12});
    const double reference = mean([](const auto& t) { return t.nllReference; });
    const double compared = mean([](const auto& t) { return t.nllCompared; });
    QVERIFY(isClose(summary.perplexityReference.value, std::exp(reference)));
    QVERIFY(isClose(summary.perplexity.value, std::exp(compared)));
    QVERIFY(isClose(summary.perplexityRatio.value, std::exp(compared - reference)));
    QVERIFY(isClose(summary.klMean.value, mean([](const auto& t) { return t.kl; })));
    QVERIFY(isClose(summary.meanDeltaP.value, mean([](const auto& t) { return t.deltaP(); })));
    QVERIFY(isClose(summary.rmsDeltaP.value, std::sqrt(mean([](const auto& t) { return t.deltaP() * t.deltaP(); }))));
    QVERIFY(isClose(summary.sameTop.value, mean([](const auto& t) { return t.sameTop ? 1.0 : 0.0; })));
    QVERIFY(isClose(summary.flips.value,
                    mean([](const auto& t) { return t.referenceRight != t.comparedRight ? 1.0 : 0.0; })));

    std::vector<double> kl;
    for (const auto& token : all) kl.push_back(token.kl);
    std::ranges::sort(kl);
    const auto quantile = [&](double share) {
      const double at = share * (count - 1);
      const auto low = static_cast<std::size_t>(at);
      const double part = at - std::floor(at);
      return (1 - part) * kl[low] + part * kl[std::min(low + 1, kl.size() - 1)];
    };
    for (const auto& [found, share] : {std::pair{summary.klMin, 0.0},
                                       {summary.klMedian, 0.5},
                                       {summary.klP90, 0.9},
                                       {summary.klP99, 0.99},
                                       {summary.klP999, 0.999},
                                       {summary.klMax, 1.0}})
      QVERIFY2(isClose(found.value, quantile(share), 1e-6), qPrintable(QString::number(share)));
  }

  /// The linearized error is the one of the delete-one jackknife but for terms of 1 / blocks.
  void errorsOfMeansAreThoseOfTheJackknife() {
    Source source(2);
    const auto statistics = source.draw(200, 20);
    const auto blocks = statistics.blocks();
    double all = 0, count = 0;
    for (const auto& block : blocks) all += block.kl, count += static_cast<double>(block.tokens());
    double squares = 0;
    for (const auto& block : blocks) {
      const double without = (all - block.kl) / (count - static_cast<double>(block.tokens()));
      squares += std::pow(without - all / count, 2);
    }
    const double n = static_cast<double>(blocks.size());
    const double jackknife = std::sqrt(squares * (n - 1) / n);
    QVERIFY2(isClose(statistics.summary().klMean.error, jackknife, 0.01), "within 1 %");
  }

  /// 400 texts of 64 blocks: what the errors claim is how the figures scatter, within 15 % for means, 35 % for upper
  /// quantiles (the bootstrap's own error, and few tokens beyond them).
  void errorsAreHowFiguresScatter() {
    Source source(3);
    std::vector<ComparisonSummary> all;
    for (int text = 0; text < 400; ++text) all.push_back(source.draw(64, 20).summary());
    const auto check = [&](const char* name, const Scatter& scatter, double tolerance) {
      qInfo("%s: scatters by %.3g, claims %.3g", name, scatter.deviation, scatter.claimed);
      QVERIFY2(std::abs(scatter.claimed / scatter.deviation - 1) < tolerance, name);
    };
    check("KL", scatterOf(all, [](const auto& s) { return s.klMean; }), 0.15);
    check("perplexity", scatterOf(all, [](const auto& s) { return s.perplexity; }), 0.15);
    check("ratio", scatterOf(all, [](const auto& s) { return s.perplexityRatio; }), 0.15);
    check("same top", scatterOf(all, [](const auto& s) { return s.sameTop; }), 0.15);
    check("RMS", scatterOf(all, [](const auto& s) { return s.rmsDeltaP; }), 0.15);
    check("flips", scatterOf(all, [](const auto& s) { return s.flips; }), 0.15);
    check("median", scatterOf(all, [](const auto& s) { return s.klMedian; }), 0.2);
    check("p90", scatterOf(all, [](const auto& s) { return s.klP90; }), 0.2);
    check("p99", scatterOf(all, [](const auto& s) { return s.klP99; }), 0.35);
  }

  /// Taking tokens as samples claims less than half of the real error here.
  void blocksNotTokensAreSamples() {
    Source source(4);
    const auto statistics = source.draw(64, 100);
    BlockRatio tokens;
    for (const auto& block : statistics.blocks())
      for (const float value : block.klOfTokens) tokens.add(static_cast<double>(value), 1);
    QVERIFY(tokens.ratio().error < 0.5 * statistics.summary().klMean.error);
  }

  /// For blocks of one token the error is llama-perplexity's: √((mean of squares − mean²) / (n − 1)).
  void blocksOfOneTokenAreLlamaPerplexity() {
    Source source(5);
    ComparisonStatistics statistics;
    double sum = 0, squares = 0;
    for (int i = 0; i < 500; ++i) {
      statistics.add(source.block(1));
      const double kl = statistics.blocks().back().kl;
      sum += kl, squares += kl * kl;
    }
    const double mean = sum / 500;
    QVERIFY(isClose(statistics.summary().klMean.error, std::sqrt((squares / 500 - mean * mean) / 499), 1e-9));
  }

  void partsAreMerged() {
    Source source(6);
    const auto first = source.draw(10, 20), second = source.draw(7, 30);
    ComparisonStatistics merged = first;
    merged.merge(second);
    ComparisonStatistics all;
    for (const auto& block : first.blocks()) all.add(block);
    for (const auto& block : second.blocks()) all.add(block);
    QCOMPARE(merged.summary().klP99.value, all.summary().klP99.value);
    QCOMPARE(merged.summary().klP99.error, all.summary().klP99.error);
    QCOMPARE(merged.summary().klMean.error, all.summary().klMean.error);
  }

  void pairsAreMoreCertainThanDifferencesOfMeans() {
    Source source(7);
    std::vector<BlockStatistics> first, second;
    for (int i = 0; i < 64; ++i) {
      const auto block = source.block(20);
      first.push_back(block);
      second.push_back(block);
      second.back().kl *= 1.1;
    }
    const auto pair = comparePaired(first, second);
    QCOMPARE(judge(pair.kl, 0), Verdict::Different);
    QVERIFY(pair.kl.value < 0);
    QCOMPARE(judge(comparePaired(first, first).kl, 0), Verdict::Indistinguishable);
    ComparisonStatistics alone;
    for (const auto& block : first) alone.add(block);
    QVERIFY(pair.kl.error < 0.3 * alone.summary().klMean.error);
  }

  void verdicts() {
    QCOMPARE(judge({1.0, 0.4}, 0), Verdict::Different);
    QCOMPARE(judge({-1.0, 0.6}, 0), Verdict::Indistinguishable);
    QCOMPARE(judge({-1.0, 0.1}, 2), Verdict::Indistinguishable);
    QCOMPARE(judge({0.0, 0.0}, 0), Verdict::Indistinguishable);
    QCOMPARE(judge({1.0, NAN}, 0.5), Verdict::Unknown);
    QCOMPARE(judge({NAN, 1.0}, 0.5), Verdict::Unknown);
  }

  void nothingIsNoFigure() {
    const auto empty = ComparisonStatistics().summary();
    QVERIFY(std::isnan(empty.klMean.value) && std::isnan(empty.klMax.value) && empty.tokens == 0);
    Source source(8);
    ComparisonStatistics one;
    one.add(source.block(30));
    QVERIFY(!std::isnan(one.summary().klMean.value) && std::isnan(one.summary().klMean.error));
    QVERIFY(!std::isnan(one.summary().klMax.value) && std::isnan(one.summary().klMax.error));
  }

  /// A drawn block counts as often as it was drawn: replicates are quantiles of what was drawn, written out.
  void quantilesOfDrawsAreExact() {
    const std::vector<float> a{1, 2, 3}, b{10, 20}, c{5};
    const std::vector<std::span<const float>> blocks{a, b, c};
    const std::vector<double> shares{0.0, 0.25, 0.5, 1.0};
    const auto found = blockQuantiles(blocks, shares, 0);
    QCOMPARE(found[0].value, 1.0);
    QCOMPARE(found[1].value, 2.25);
    QCOMPARE(found[2].value, 4.0);
    QCOMPARE(found[3].value, 20.0);
    QVERIFY(std::isnan(found[0].error));
    // 20 whole blocks of one value each: the maximum of replicates is binomial, and its deviation known.
    std::vector<float> values(20);
    std::iota(values.begin(), values.end(), 1.0F);
    std::vector<std::span<const float>> singles;
    for (const float& value : values) singles.emplace_back(&value, 1);
    const std::vector<double> most{1.0};
    const double error = blockQuantiles(singles, most, 4000)[0].error;
    double mean = 0, square = 0;
    for (int m = 1; m <= 20; ++m) {
      const double share = std::pow(m / 20.0, 20) - std::pow((m - 1) / 20.0, 20);
      mean += share * m, square += share * m * m;
    }
    QVERIFY2(isClose(error, std::sqrt(square - mean * mean), 0.06), qPrintable(QString::number(error)));
  }
};

QTEST_APPLESS_MAIN(TestComparisonStatistics)
#include "tst_comparison_statistics.moc"
