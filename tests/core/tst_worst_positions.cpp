// The few positions that are kept against sorting all of them.
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/evaluate/comparison_statistics.h"

using namespace core::evaluate;

namespace {

/// Positions of a text of blocks of three passages, a tenth of them with the KL of another one.
std::vector<WorstPosition> positions(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> kl(10);
  std::vector<WorstPosition> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    WorstPosition position{.block = i / 30, .passage = i % 30 / 10, .position = i % 10, .token = 5};
    position.kl = random() % 10 == 0 && !all.empty() ? all[random() % all.size()].kl : kl(random);
    all.push_back(position);
  }
  return all;
}

std::vector<WorstPosition> firstOfSorted(std::vector<WorstPosition> all, std::size_t most) {
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.kl > b.kl; });
  all.resize(std::min(most, all.size()));
  return all;
}

}  // namespace

class TestWorstPositions : public QObject {
  Q_OBJECT

 private slots:
  void theFewKeptAreTheFirstOfAllSorted() {
    for (const std::size_t count : {0, 7, 50, 51, 3000}) {
      auto all = positions(count, 3 + count);
      const auto expected = firstOfSorted(all, 20);
      std::mt19937_64 random(1);
      for (int order = 0; order < 3; ++order) {
        WorstPositions kept(20);
        for (const auto& position : all) kept.add(position);
        QVERIFY(kept.sorted() == expected);
        std::ranges::shuffle(all, random);  // whatever order they come in
      }
    }
  }

  void partsPutTogetherAreTheWhole() {
    const auto all = positions(3000, 9);
    WorstPositions parts[4]{WorstPositions(20), WorstPositions(20), WorstPositions(20), WorstPositions(20)};
    for (std::size_t i = 0; i < all.size(); ++i) parts[i * 7 % 4].add(all[i]);
    WorstPositions whole(20);
    for (const int part : {2, 0, 3, 1}) whole.add(parts[part]);
    QVERIFY(whole.sorted() == firstOfSorted(all, 20));
  }

  void whatIsNoNumberIsLeftOut() {
    WorstPositions kept(2);
    WorstPosition position;
    for (const double kl : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 0.5}) {
      position.kl = kl;
      kept.add(position);
    }
    QCOMPARE(kept.size(), std::size_t{1});
    QCOMPARE(kept.sorted().front().kl, 0.5);
  }

  /// Through the statistics of blocks: passages, ranges of answers, the text's token, turns.
  void blocksNameTheirPlaces() {
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    constexpr std::size_t kVocabulary = 40;
    ComparisonStatistics statistics;
    std::vector<WorstPosition> all;
    for (std::uint32_t block = 0; block < 6; ++block) {
      BlockStatistics sums;
      for (std::uint32_t number = 0; number < 3; ++number) {
        Passage passage{.tokens = {}, .answers = {{2, 7}, {9, 10}}, .block = block};
        for (int i = 0; i < 12; ++i) passage.tokens.push_back(static_cast<int>(random() % kVocabulary));
        std::vector<TokenComparison> scores;
        for (const std::uint32_t at : {2, 3, 4, 5, 6, 9}) {
          std::vector<float> a(kVocabulary), b(kVocabulary);
          for (std::size_t i = 0; i < kVocabulary; ++i) a[i] = normal(random), b[i] = a[i] + normal(random) / 2;
          const auto token = passage.tokens[at + 1];
          scores.push_back(compareRows(a, summarizeRow(a), b, summarizeRow(b), token));
          // Probabilities and favourites anew.
          const auto share = [](const std::vector<float>& row, std::size_t of) {
            double sum = 0;
            for (const float logit : row) sum += std::exp(static_cast<double>(logit));
            return std::exp(static_cast<double>(row[of])) / sum;
          };
          const auto topA = static_cast<std::size_t>(std::ranges::max_element(a) - a.begin());
          const auto topB = static_cast<std::size_t>(std::ranges::max_element(b) - b.begin());
          double kl = 0;
          for (std::size_t i = 0; i < kVocabulary; ++i) kl += share(a, i) * std::log(share(a, i) / share(b, i));
          const auto of = static_cast<std::size_t>(token);
          all.push_back({block,
                         number,
                         at,
                         token,
                         kl,
                         share(a, of),
                         share(b, of),
                         {static_cast<int>(topA), share(a, topA), share(b, topA)},
                         {static_cast<int>(topB), share(a, topB), share(b, topB)}});
        }
        sums.add(passage, scores);
      }
      QCOMPARE(sums.passages, std::uint64_t{3});
      statistics.add(std::move(sums));
    }
    const auto expected = firstOfSorted(all, 20), found = statistics.worst(20);
    QCOMPARE(found.size(), expected.size());
    std::size_t turned = 0;
    const auto isNear = [](double a, double b) { return std::abs(a - b) < 1e-6; };  // exponentials are single precision
    for (std::size_t i = 0; i < found.size(); ++i) {
      const WorstPosition &f = found[i], &e = expected[i];
      QVERIFY(f.block == e.block && f.passage == e.passage && f.position == e.position && f.token == e.token);
      QVERIFY(isNear(f.kl, e.kl) && isNear(f.inReference, e.inReference) && isNear(f.inCompared, e.inCompared));
      for (const auto top : {&WorstPosition::referenceTop, &WorstPosition::comparedTop}) {
        QCOMPARE((f.*top).token, (e.*top).token);
        QVERIFY(isNear((f.*top).inReference, (e.*top).inReference));
        QVERIFY(isNear((f.*top).inCompared, (e.*top).inCompared));
      }
      turned += f.turnsWrong() || f.turnsRight() ? 1 : 0;
      QVERIFY(!(f.turnsWrong() && f.turnsRight()) && !(f.turnsWrong() && f.hasSameTop()));
    }
    QVERIFY(statistics.worst(3).size() == 3 && statistics.worst(0).empty());
  }
};

QTEST_APPLESS_MAIN(TestWorstPositions)
#include "tst_worst_positions.moc"
