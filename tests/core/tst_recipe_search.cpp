// The choice of options under a limit equals that of an exhaustive search; the search for a recipe never exceeds its
// bytes, finds the best choice where costs add up, and follows interactions where they do not.
#include <QtTest>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "core/base/error.h"
#include "core/evaluate/recipe_search.h"

using namespace core;
using evaluate::BlockRatio;
using evaluate::CandidateChoice;
using evaluate::Option;
using evaluate::SearchItem;
using Items = std::vector<std::vector<Option>>;

namespace {

/// Calls visit with every choice.
template <typename Visit>
void forEachChoice(const Items& items, const Visit& visit) {
  evaluate::OptionChoice choice(items.size(), 0);
  for (;;) {
    visit(choice);
    std::size_t i = 0;
    while (i < items.size() && ++choice[i] == items[i].size()) choice[i++] = 0;
    if (i == items.size()) return;
  }
}

std::optional<double> leastCost(const Items& items, std::uint64_t limit) {
  std::optional<double> least;
  forEachChoice(items, [&](const evaluate::OptionChoice& choice) {
    if (bytesOf(items, choice) > limit) return;
    const double cost = costOf(items, choice);
    if (!least || cost < *least) least = cost;
  });
  return least;
}

Items drawn(std::mt19937& random, std::uint64_t unit) {
  Items items(2 + random() % 5);
  for (auto& item : items) {
    item.resize(1 + random() % 4);
    for (Option& option : item)
      option = {unit * (random() % 50) + (unit == 1 ? random() % 1000003 : 0), double(random() % 1000) / 100.0 - 3.0};
  }
  return items;
}

/// Items of which bytes and the damage of candidates are known, and what pairs do to each other.
struct Model {
  std::vector<SearchItem> items;
  std::vector<std::vector<double>> damage;
  double together = 0.0;  ///< added for each pair of neighbours that both have the smallest candidate
  std::set<std::pair<std::size_t, std::size_t>> overflows;  ///< items under candidates with which nothing is computed
  std::size_t measured = 0;

  explicit Model(std::uint32_t seed, std::size_t count = 6, std::size_t candidates = 4) {
    std::mt19937 random(seed);
    for (std::size_t i = 0; i < count; ++i) {
      SearchItem item{"item " + std::to_string(i), {}};
      damage.emplace_back();
      const std::uint64_t size = 100 + random() % 400;
      double harm = 0.1 + double(random() % 100) / 20.0;
      for (std::size_t c = 0; c < candidates; ++c) {
        item.bytes.push_back(size * (c + 2));
        damage.back().push_back(harm);
        harm /= 2.0 + double(random() % 100) / 40.0;
      }
      items.push_back(std::move(item));
    }
    items[1].bytes[0].reset();
  }
  double klOf(const CandidateChoice& choice) const {
    double kl = 0.0;
    for (std::size_t i = 0; i < choice.size(); ++i) {
      if (choice[i]) kl += damage[i][*choice[i]];
      if (i > 0 && choice[i] == 0U && choice[i - 1] == 0U) kl += together;
    }
    return kl;
  }
  evaluate::SearchMeasurements measurements() {
    return {[this](const CandidateChoice& choice, const JobContext&) {
              ++measured;
              for (std::size_t i = 0; i < choice.size(); ++i)
                if (choice[i] && overflows.contains({i, *choice[i]})) return withoutNumbers(i);
              BlockRatio ratio;
              for (int block = 0; block < 3; ++block) ratio.add(10.0 * klOf(choice), 10.0);
              return ratio;
            },
            {}};
  }
  /// As a model says it: by an error, or by a KL that is none.
  static BlockRatio withoutNumbers(std::size_t item) {
    if (item % 2 == 0) throw Error(ErrorCode::NotFinite, "A product is infinite.");
    BlockRatio ratio;
    ratio.add(item % 4 == 1 ? std::nan("") : std::numeric_limits<double>::infinity(), 10.0);
    ratio.add(1.0, 10.0);
    return ratio;
  }
  std::uint64_t bytesOf(const CandidateChoice& choice) const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < choice.size(); ++i) bytes += *items[i].bytes[*choice[i]];
    return bytes;
  }
  template <typename Visit>
  void forEachComplete(const Visit& visit) const {
    Items all;
    std::vector<std::vector<std::size_t>> candidates;
    for (const SearchItem& item : items) {
      all.emplace_back();
      candidates.emplace_back();
      for (std::size_t c = 0; c < item.bytes.size(); ++c)
        if (item.bytes[c] && !overflows.contains({all.size() - 1, c}))
          all.back().push_back({*item.bytes[c], 0.0}), candidates.back().push_back(c);
    }
    forEachChoice(all, [&](const evaluate::OptionChoice& chosen) {
      CandidateChoice choice;
      for (std::size_t i = 0; i < chosen.size(); ++i) choice.push_back(candidates[i][chosen[i]]);
      visit(choice);
    });
  }
};

}  // namespace

class TestRecipeSearch : public QObject {
  Q_OBJECT

 private slots:
  void theChoiceIsTheBestThereIs() {
    std::mt19937 random(3);
    int refused = 0;
    for (int round = 0; round < 300; ++round) {
      const Items items = drawn(random, 96);
      const std::uint64_t limit = 96 * (random() % 150) + random() % 96;
      const auto expected = leastCost(items, limit);
      const auto choice = evaluate::chooseOptions(items, limit);
      QCOMPARE(choice.has_value(), expected.has_value());
      refused += choice ? 0 : 1;
      if (!choice) continue;
      QVERIFY(bytesOf(items, *choice) <= limit);
      QVERIFY(std::abs(costOf(items, *choice) - *expected) < 1e-9);
    }
    QVERIFY(refused > 5 && refused < 200);
  }

  void bytesWithoutACommonDivisorHoldTheLimitToo() {
    std::mt19937 random(5);
    double lost = 0.0;
    for (int round = 0; round < 20; ++round) {
      const Items items = drawn(random, 1);
      const std::uint64_t limit = random() % 6000000;
      const auto expected = leastCost(items, limit);
      const auto choice = evaluate::chooseOptions(items, limit);
      QCOMPARE(choice.has_value(), expected.has_value());
      if (!choice) continue;
      QVERIFY(bytesOf(items, *choice) <= limit);
      QVERIFY(costOf(items, *choice) >= *expected - 1e-9);
      lost += costOf(items, *choice) - *expected;
    }
    QVERIFY2(lost < 0.5, qPrintable(QString::number(lost)));
  }

  void costsThatAreNoNumbersAreNeverChosen() {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                     kInfinity = std::numeric_limits<double>::infinity();
    std::mt19937 random(7);
    for (const std::uint64_t unit : {std::uint64_t{96}, std::uint64_t{1}}) {
      for (int round = 0; round < 30; ++round) {
        const Items finite = drawn(random, unit);
        Items items = finite;  // with what is no number before, between and behind
        for (auto& item : items) {
          item.insert(item.begin(), {0, kNan});
          item.insert(item.begin() + 1, {0, -kInfinity});
          item.push_back({1, kInfinity});
        }
        const std::uint64_t limit = unit * (random() % (unit == 1 ? 6000000 : 150));
        const auto expected = evaluate::chooseOptions(finite, limit);
        const auto choice = evaluate::chooseOptions(items, limit);
        QCOMPARE(choice.has_value(), expected.has_value());
        if (!choice) continue;
        QCOMPARE(costOf(items, *choice), costOf(finite, *expected));
        QCOMPARE(bytesOf(items, *choice), bytesOf(finite, *expected));
      }
    }
    QVERIFY(!evaluate::chooseOptions({{{1, 1.0}}, {{1, kNan}, {1, -kInfinity}}}, 100));
  }

  void aCandidateThatComputesNoNumbersIsOutForItsItem() {
    for (std::uint32_t seed = 1; seed < 8; ++seed) {
      Model model(seed);
      model.overflows = {{0, 0}, {1, 3}, {3, 1}, {3, 2}, {4, 0}};
      std::uint64_t largest = 0;
      for (const SearchItem& item : model.items) largest += *item.bytes.back();
      const std::uint64_t limit = largest * 6 / 10;
      double best = 1e9;
      model.forEachComplete([&](const CandidateChoice& choice) {
        if (model.bytesOf(choice) <= limit) best = std::min(best, model.klOf(choice));
      });
      std::set<std::pair<std::size_t, std::size_t>> excluded;
      evaluate::SearchVisitor visitor;
      visitor.single = [&](std::size_t, std::size_t, const BlockRatio& divergence) {
        QVERIFY(std::isfinite(divergence.ratio().value));
      };
      visitor.excluded = [&](std::size_t item, std::size_t candidate, const std::string& why) {
        QVERIFY(why.ends_with('.'));
        excluded.insert({item, candidate});
      };
      const auto measurements = model.measurements();
      const auto found = evaluate::searchUnderBytes(model.items, limit, measurements, visitor, JobContext());
      QVERIFY(excluded == model.overflows);
      QVERIFY(found.bytes <= limit);
      QVERIFY(std::abs(found.divergence.ratio().value - best) < 1e-9);
      excluded.clear();
      const auto small = evaluate::searchUnderKl(model.items, 2.0 * best, measurements, visitor, JobContext());
      QVERIFY(excluded == model.overflows);
      QVERIFY(small.divergence.ratio().value <= 2.0 * best && small.bytes <= found.bytes);
    }
  }

  void neighboursWithoutNumbersAreOutToo() {
    Model model(4);
    std::uint64_t largest = 0;
    evaluate::SearchLimits limits;
    limits.start.emplace();
    for (const SearchItem& item : model.items) {
      largest += *item.bytes.back();
      limits.start->push_back(1);
    }
    model.overflows = {{0, 2}, {5, 2}};
    const auto measurements = model.measurements();
    const auto found = evaluate::searchUnderBytes(model.items, largest, measurements, {}, JobContext(), limits);
    QCOMPARE(*found.choice[0], std::size_t{3});  // beyond the one that is out
    QVERIFY(found.divergence.ratio().value < found.startKl);
    // Where the beginning itself computes nothing, or an item has no candidate left, there is nothing to begin with.
    model.overflows = {{0, 1}};
    QVERIFY_THROWS_EXCEPTION(Error,
                             evaluate::searchUnderBytes(model.items, largest, measurements, {}, JobContext(), limits));
    model.overflows = {{2, 0}, {2, 1}, {2, 2}, {2, 3}};
    QVERIFY_THROWS_EXCEPTION(Error, evaluate::searchUnderBytes(model.items, largest, measurements, {}, JobContext()));
    // The smallest candidate may be what is out: then the bytes may not suffice any more.
    model.overflows = {{0, 0}};
    std::uint64_t least = 0;
    for (const SearchItem& item : model.items) least += item.bytes.front().value_or(*item.bytes[1]);
    QVERIFY_THROWS_EXCEPTION(Error, evaluate::searchUnderBytes(model.items, least, measurements, {}, JobContext()));
  }

  void costsThatAddUpAreSolvedExactly() {
    for (std::uint32_t seed = 1; seed < 12; ++seed) {
      Model model(seed);
      std::uint64_t largest = 0;
      for (const SearchItem& item : model.items) largest += *item.bytes.back();
      const std::uint64_t limit = largest * 6 / 10;
      double best = 1e9;
      model.forEachComplete([&](const CandidateChoice& choice) {
        if (model.bytesOf(choice) <= limit) best = std::min(best, model.klOf(choice));
      });
      const auto measurements = model.measurements();
      const auto found = evaluate::searchUnderBytes(model.items, limit, measurements, {}, JobContext());
      QVERIFY(found.bytes <= limit);
      QCOMPARE(found.bytes, model.bytesOf(found.choice));
      QVERIFY(std::abs(found.divergence.ratio().value - best) < 1e-9);
      QVERIFY(std::abs(found.predictedKl - found.startKl) < 1e-9);
      QCOMPARE(found.measurements, model.measured);
    }
  }

  void interactionsAreMeasuredAndFollowed() {
    double atFirst = 0.0, atLast = 0.0;  // above the best there is
    for (std::uint32_t seed = 1; seed < 12; ++seed) {
      Model model(seed, 7, 3);
      model.together = 4.0;
      std::uint64_t least = 0, largest = 0;
      for (const SearchItem& item : model.items) {
        largest += *item.bytes.back();
        least += item.bytes.front().value_or(*item.bytes[1]);
      }
      const std::uint64_t limit = least + (largest - least) / 3;
      double best = 1e9;
      model.forEachComplete([&](const CandidateChoice& choice) {
        if (model.bytesOf(choice) <= limit) best = std::min(best, model.klOf(choice));
      });
      std::vector<double> path;
      evaluate::SearchVisitor visitor;
      visitor.better = [&](const evaluate::SearchResult& result) {
        QVERIFY(result.bytes <= limit);
        path.push_back(result.divergence.ratio().value);
      };
      const auto measurements = model.measurements();
      const auto found = evaluate::searchUnderBytes(model.items, limit, measurements, visitor, JobContext());
      QVERIFY(found.bytes <= limit);
      QVERIFY(std::ranges::is_sorted(path, std::greater<>()));
      QCOMPARE(path.front(), found.startKl);
      QCOMPARE(path.back(), model.klOf(found.choice));
      atFirst += path.front() - best;
      atLast += path.back() - best;
    }
    QVERIFY(atFirst > 1.0);
    QVERIFY2(atLast < 0.5 * atFirst, qPrintable(QStringLiteral("%1 %2").arg(atFirst).arg(atLast)));
  }

  void aSearchCanBeginElsewhere() {
    Model model(4);
    std::uint64_t largest = 0;
    evaluate::SearchLimits limits;
    limits.start.emplace();
    for (const SearchItem& item : model.items) {
      largest += *item.bytes.back();
      limits.start->push_back(1);
    }
    const auto measurements = model.measurements();
    const auto found =
        evaluate::searchUnderBytes(model.items, largest * 7 / 10, measurements, {}, JobContext(), limits);
    QCOMPARE(found.startKl, model.klOf(*limits.start));
    QVERIFY(std::isnan(found.predictedKl));
    QVERIFY(found.divergence.ratio().value < found.startKl && found.bytes <= largest * 7 / 10);
    const auto usual = evaluate::searchUnderBytes(model.items, largest * 7 / 10, measurements, {}, JobContext());
    QVERIFY(std::abs(found.divergence.ratio().value - usual.divergence.ratio().value) < 1e-9);
    QVERIFY_THROWS_EXCEPTION(Error, evaluate::searchUnderBytes(model.items, model.bytesOf(*limits.start) - 1,
                                                               measurements, {}, JobContext(), limits));
  }

  void theSmallestUnderAQuality() {
    for (std::uint32_t seed = 1; seed < 8; ++seed) {
      Model model(seed);
      model.together = seed % 2 == 0 ? 1.0 : 0.0;
      double least = 1e9, most = 0.0;
      model.forEachComplete([&](const CandidateChoice& choice) {
        least = std::min(least, model.klOf(choice));
        most = std::max(most, model.klOf(choice));
      });
      const double target = least + (most - least) * 0.2;
      std::uint64_t best = ~std::uint64_t{0};
      model.forEachComplete([&](const CandidateChoice& choice) {
        if (model.klOf(choice) <= target) best = std::min(best, model.bytesOf(choice));
      });
      const auto measurements = model.measurements();
      const auto found = evaluate::searchUnderKl(model.items, target, measurements, {}, JobContext());
      QVERIFY(found.divergence.ratio().value <= target);
      QVERIFY2(double(found.bytes) <= 1.05 * double(best),
               qPrintable(QStringLiteral("%1 %2 %3").arg(seed).arg(found.bytes).arg(best)));
      QVERIFY_THROWS_EXCEPTION(Error, evaluate::searchUnderKl(model.items, least / 2, measurements, {}, JobContext()));
    }
  }

  void impossibleLimitsAreRefused() {
    Model model(1);
    const auto measurements = model.measurements();
    QVERIFY_THROWS_EXCEPTION(Error, evaluate::searchUnderBytes(model.items, 10, measurements, {}, JobContext()));
    model.items[2].bytes.assign(4, std::nullopt);
    model.measured = 0;
    QVERIFY_THROWS_EXCEPTION(Error, evaluate::searchUnderBytes(model.items, 1000000, measurements, {}, JobContext()));
    QCOMPARE(model.measured, std::size_t{0});  // said before anything is measured
  }
};

QTEST_GUILESS_MAIN(TestRecipeSearch)
#include "tst_recipe_search.moc"
