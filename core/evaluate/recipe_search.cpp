#include "core/evaluate/recipe_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/base/error.h"

namespace core::evaluate {

namespace {

constexpr int kHalvings = 6;  ///< of the sets of changes that are tried, from their price 0 on

/// The options of every item and which candidate each of them is.
struct OptionTable {
  std::vector<std::vector<Option>> options;
  std::vector<std::vector<std::size_t>> candidates;

  CandidateChoice choiceOf(const OptionChoice& chosen) const {
    CandidateChoice choice;
    for (std::size_t i = 0; i < chosen.size(); ++i) choice.push_back(candidates[i][chosen[i]]);
    return choice;
  }
};

class Search {
 public:
  Search(const std::vector<SearchItem>& items, const SearchMeasurements& measurements, const SearchVisitor& visitor,
         const SearchLimits& limits)
      : m_items(items), m_measurements(measurements), m_visitor(visitor), m_limits(limits) {
    for (const SearchItem& item : items)
      if (!hasCandidate(item))
        throw Error(ErrorCode::InvalidArgument, fmt::format("None of the candidates can hold {}.", item.name),
                    item.name);
  }

  SearchResult underBytes(std::uint64_t limit, const JobContext& job) {
    if (m_limits.start)
      startFrom(*m_limits.start, limit, job.part(0.0, 0.5));
    else
      startFromSingles(limit, job.part(0.0, 0.52));
    improve(
        [&](const OptionTable& near, double price) {
          OptionTable priced = near;
          for (auto& item : priced.options)
            for (std::size_t o = 1; o < item.size(); ++o) item[o].cost += price;
          return chooseOptions(priced.options, limit);
        },
        [&](const BlockRatio& tried, std::uint64_t) { return klOf(tried) < klOf(m_best.divergence); },
        job.part(0.52, 1.0));
    return m_best;
  }

  SearchResult underKl(double most, const JobContext& job) {
    measureSingles(job.part(0.0, 0.4));
    bisect(most, job.part(0.4, 0.6));
    improve(
        [&](const OptionTable& near, double price) {
          const double room = most - klOf(m_best.divergence) - price;
          return fewestBytes(near.options, room);
        },
        [&](const BlockRatio& tried, std::uint64_t bytes) { return klOf(tried) <= most && bytes < m_best.bytes; },
        job.part(0.6, 1.0));
    return m_best;
  }

 private:
  struct Measured {
    BlockRatio divergence;
    std::string whyNot;  ///< empty, or why there are no numbers
  };

  /// Infinite where there is none, which is worse than everything.
  static double klOf(const BlockRatio& divergence) {
    const double kl = divergence.ratio().value;
    return std::isfinite(kl) ? kl : std::numeric_limits<double>::infinity();
  }

  Measured measure(const CandidateChoice& choice, const JobContext& job) {
    ++m_best.measurements;
    try {
      BlockRatio divergence = m_measurements.measure(choice, job);
      if (std::isfinite(klOf(divergence))) return {std::move(divergence), {}};
      return {{}, "The KL divergence is no number."};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFinite) throw;
      return {{}, error.what()};
    }
  }

  void exclude(std::size_t item, std::size_t candidate, const std::string& why) {
    m_items[item].bytes[candidate].reset();
    if (m_visitor.excluded) m_visitor.excluded(item, candidate, why);
    if (!hasCandidate(m_items[item]))
      throw Error(
          ErrorCode::NotFinite,
          fmt::format("With none of the candidates for {} the model computes numbers. {}", m_items[item].name, why),
          m_items[item].name);
  }

  static bool hasCandidate(const SearchItem& item) {
    return std::ranges::any_of(item.bytes, [](const auto& bytes) { return bytes.has_value(); });
  }

  std::uint64_t bytesIn(const CandidateChoice& choice) const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < choice.size(); ++i) bytes += *m_items[i].bytes[*choice[i]];
    return bytes;
  }

  /// The last items first: all before them is known.
  void measureSingles(const JobContext& job) {
    m_singles.options.resize(m_items.size());
    m_singles.candidates.resize(m_items.size());
    for (std::size_t i = m_items.size(); i-- > 0;) {
      for (std::size_t c = 0; c < m_items[i].bytes.size(); ++c) {
        if (!m_items[i].bytes[c]) continue;
        const double done = static_cast<double>(m_items.size() - 1 - i) / static_cast<double>(m_items.size());
        CandidateChoice alone(m_items.size());
        alone[i] = c;
        const Measured single = measure(alone, job.part(done, done));
        job.progress(done, "Measuring single tensors");
        if (!single.whyNot.empty()) {
          exclude(i, c, single.whyNot);
          continue;
        }
        if (m_visitor.single) m_visitor.single(i, c, single.divergence);
        m_singles.options[i].push_back({*m_items[i].bytes[c], klOf(single.divergence)});
        m_singles.candidates[i].push_back(c);
      }
    }
  }

  void requireRoom(std::uint64_t limit) const {
    std::uint64_t least = 0;
    for (const SearchItem& item : m_items) {
      std::optional<std::uint64_t> smallest;
      for (const auto& bytes : item.bytes)
        if (bytes && (!smallest || *bytes < *smallest)) smallest = bytes;
      least += *smallest;
    }
    if (least > limit)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("The smallest candidates take {} bytes, but the tensors may have {}.", least, limit));
  }

  void startFromSingles(std::uint64_t limit, const JobContext& job) {
    requireRoom(limit);
    measureSingles(job.part(0.0, 0.95));
    requireRoom(limit);  // the smallest may have turned out to be none
    start(*chooseOptions(m_singles.options, limit), job.part(0.95, 1.0));
  }

  void startFrom(const CandidateChoice& choice, std::uint64_t limit, const JobContext& job) {
    if (const std::uint64_t bytes = bytesIn(choice); bytes > limit)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("What is begun from takes {} bytes, but the tensors may have {}.", bytes, limit));
    BlockRatio divergence = measureFirst(choice, job);
    m_best.startKl = klOf(divergence);
    take(choice, std::move(divergence));
  }

  BlockRatio measureFirst(const CandidateChoice& choice, const JobContext& job) {
    Measured first = measure(choice, job);
    if (!first.whyNot.empty())
      throw Error(ErrorCode::NotFinite,
                  "The recipe that a search would begin with computes no numbers. " + first.whyNot);
    return std::move(first.divergence);
  }

  void take(CandidateChoice choice, BlockRatio divergence) {
    m_best.bytes = bytesIn(choice);
    m_best.choice = std::move(choice);
    m_best.divergence = std::move(divergence);
    if (m_visitor.better) m_visitor.better(m_best);
  }

  void start(const OptionChoice& chosen, const JobContext& job) {
    const CandidateChoice choice = m_singles.choiceOf(chosen);
    BlockRatio divergence = measureFirst(choice, job);
    m_best.startKl = klOf(divergence);
    m_best.predictedKl = costOf(m_singles.options, chosen);
    take(choice, std::move(divergence));
  }

  /// Every item as it is, at no bytes more or less, then its next larger and smaller candidates with what they change.
  OptionTable neighbours(const JobContext& job) {
    if (m_measurements.expectNear) m_measurements.expectNear(m_best.choice);
    OptionTable near;
    near.options.resize(m_items.size());
    near.candidates.resize(m_items.size());
    const double kl = klOf(m_best.divergence);
    for (std::size_t i = m_items.size(); i-- > 0;) {
      const double done = static_cast<double>(m_items.size() - 1 - i) / static_cast<double>(m_items.size());
      job.progress(done, "Measuring neighbours of the best recipe");
      const std::size_t now = *m_best.choice[i];
      near.options[i].push_back({*m_items[i].bytes[now], 0.0});
      near.candidates[i].push_back(now);
      for (const std::size_t candidate : besides(i, now)) {
        CandidateChoice changed = m_best.choice;
        changed[i] = candidate;
        const Measured neighbour = measure(changed, job.part(done, done));
        if (!neighbour.whyNot.empty()) {
          exclude(i, candidate, neighbour.whyNot);
          continue;
        }
        near.options[i].push_back({*m_items[i].bytes[candidate], klOf(neighbour.divergence) - kl});
        near.candidates[i].push_back(candidate);
      }
    }
    return near;
  }

  /// The candidates next to this one by bytes; those of the same size count as next.
  std::vector<std::size_t> besides(std::size_t item, std::size_t now) const {
    const auto& bytes = m_items[item].bytes;
    std::optional<std::uint64_t> smaller, larger;
    for (const auto& other : bytes) {
      if (!other) continue;
      if (*other < *bytes[now] && (!smaller || *other > *smaller)) smaller = other;
      if (*other > *bytes[now] && (!larger || *other < *larger)) larger = other;
    }
    std::vector<std::size_t> found;
    for (std::size_t c = 0; c < bytes.size(); ++c)
      if (c != now && bytes[c] && (bytes[c] == bytes[now] || bytes[c] == smaller || bytes[c] == larger))
        found.push_back(c);
    return found;
  }

  /// Rounds of neighbours and sets of changes. @param choose a set at a price for each change
  template <typename Choose, typename IsBetter>
  void improve(const Choose& choose, const IsBetter& isBetter, const JobContext& job) {
    const auto rounds = static_cast<double>(std::max<std::size_t>(m_limits.rounds, 1));
    for (; m_best.rounds < m_limits.rounds; ++m_best.rounds) {
      const auto round = static_cast<double>(m_best.rounds);
      const JobContext part = job.part(round / rounds, (round + 1.0) / rounds);
      const OptionTable near = neighbours(part.part(0.0, 0.9));
      double largest = 0.0;
      for (const auto& item : near.options)
        for (const Option& option : item) largest = std::max(largest, -option.cost);
      std::set<CandidateChoice> tried{m_best.choice};
      bool isFound = false;
      for (int halving = 0; halving <= kHalvings && !isFound; ++halving) {
        const double price = halving == 0 ? 0.0 : std::ldexp(largest, halving - 1 - kHalvings);
        const auto chosen = choose(near, price);
        if (!chosen) continue;
        CandidateChoice choice = near.choiceOf(*chosen);
        if (!tried.insert(choice).second) continue;
        BlockRatio divergence = measure(choice, part.part(0.9, 0.9)).divergence;
        isFound = isBetter(divergence, bytesIn(choice));
        if (isFound) take(std::move(choice), std::move(divergence));
      }
      if (!isFound) return;
    }
  }

  /// Fewest bytes whose costs together are no more than this.
  static std::optional<OptionChoice> fewestBytes(const std::vector<std::vector<Option>>& items, double most) {
    std::uint64_t low = 0, high = 0;
    for (const auto& item : items) high += std::ranges::max(item, {}, &Option::bytes).bytes;
    std::optional<OptionChoice> best = chooseOptions(items, high);
    if (!best || costOf(items, *best) > most) return std::nullopt;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      auto tried = chooseOptions(items, middle);
      const bool holds = tried && costOf(items, *tried) <= most;
      if (holds) {
        high = std::min(middle, bytesOf(items, *tried));
        best = std::move(tried);
      } else {
        low = middle + 1;
      }
    }
    return best;
  }

  /// The smallest choice by single figures that holds when it is measured: what they are worth as a whole is learnt
  /// from each try.
  void bisect(double most, const JobContext& job) {
    double low = 0.0, high = most;  // of the sum of single figures
    std::uint64_t all = 0;
    for (const auto& item : m_singles.options) all += std::ranges::max(item, {}, &Option::bytes).bytes;
    start(*chooseOptions(m_singles.options, all), job);
    if (klOf(m_best.divergence) > most)
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Even the best candidates have a KL of {:.3g}, more than {:.3g}.",
                              klOf(m_best.divergence), most));
    constexpr int kTries = 10;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const double predicted = attempt == 0 ? most : (low + high) / 2.0;
      const auto chosen = fewestBytes(m_singles.options, predicted);
      bool holds = false;
      if (chosen) {
        const CandidateChoice choice = m_singles.choiceOf(*chosen);
        BlockRatio divergence = measure(choice, job).divergence;
        holds = klOf(divergence) <= most;
        if (holds && bytesIn(choice) < m_best.bytes) take(choice, std::move(divergence));
      }
      if (holds) {
        low = predicted;
        if (attempt == 0 || high == most) high = std::max(high, 2.0 * predicted);
      } else {
        high = predicted;
      }
    }
  }

  std::vector<SearchItem> m_items;  ///< with the candidates that compute numbers, as far as is known
  const SearchMeasurements& m_measurements;
  const SearchVisitor& m_visitor;
  SearchLimits m_limits;
  OptionTable m_singles;
  SearchResult m_best;
};

}  // namespace

SearchResult searchUnderBytes(const std::vector<SearchItem>& items, std::uint64_t limit,
                              const SearchMeasurements& measurements, const SearchVisitor& visitor,
                              const JobContext& job, const SearchLimits& limits) {
  return Search(items, measurements, visitor, limits).underBytes(limit, job);
}

SearchResult searchUnderKl(const std::vector<SearchItem>& items, double most, const SearchMeasurements& measurements,
                           const SearchVisitor& visitor, const JobContext& job, const SearchLimits& limits) {
  return Search(items, measurements, visitor, limits).underKl(most, job);
}

}  // namespace core::evaluate
