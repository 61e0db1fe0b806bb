#include "core/trace/set_search.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "core/model/non_finite.h"

namespace core::trace {

namespace {

constexpr std::size_t kPrunedSingly = 128;  // larger sets are first pruned in larger pieces
constexpr int kImprovements = 3;
constexpr double kNoLead = -std::numeric_limits<double>::infinity();  // where logits are no numbers
constexpr double kMostWork = 1e13;                                    // multiplications and additions of one search
constexpr std::uint64_t kFewestPasses = 60, kMostPasses = 600;

std::uint64_t weightsIn(std::span<const DifferingTensor> tensors) {
  std::uint64_t sum = 0;
  for (const DifferingTensor& tensor : tensors) sum += tensor.values();
  return sum;
}

std::uint64_t passesFor(const Replay& replay) {
  const double work = 2.0 * static_cast<double>(weightsIn(replay.tensors())) * static_cast<double>(replay.tokens());
  return std::clamp(static_cast<std::uint64_t>(kMostWork / std::max(work, 1.0)), kFewestPasses, kMostPasses);
}

std::uint64_t weightsOf(std::span<const Candidate> members) {
  std::uint64_t sum = 0;
  for (const Candidate& member : members) sum += member.count;
  return sum;
}

/// How many of a ranking fit beside so many weights.
std::size_t fitting(std::span<const Candidate> ranking, std::uint64_t weights) {
  std::size_t count = 0;
  while (count < ranking.size() && ranking[count].count <= weights) weights -= ranking[count++].count;
  return count;
}

/// Those that are not in the start, behind it.
std::vector<Candidate> with(const std::vector<Candidate>& start, std::span<const Candidate> more) {
  std::vector<Candidate> all = start;
  if (start.empty()) return {more.begin(), more.end()};
  std::set<std::pair<std::uint32_t, std::uint64_t>> known;
  for (const Candidate& candidate : start) known.emplace(candidate.tensor, candidate.first);
  for (const Candidate& candidate : more)
    if (!known.contains({candidate.tensor, candidate.first})) all.push_back(candidate);
  return all;
}

}  // namespace

SetSearch::SetSearch(Kind kind, Replay& replay, const Parting& parting, const Replay::Run& base,
                     const ProofSettings& settings, const JobContext& job)
    : m_kind(kind),
      m_replay(replay),
      m_parting(parting),
      m_base(base),
      m_settings(settings),
      m_job(job),
      m_mostWeights(std::max<std::uint64_t>(
          static_cast<std::uint64_t>(settings.mostShare * static_cast<double>(weightsIn(replay.tensors()))), 1)),
      m_before(replay.passes()),
      m_mostPasses(settings.mostPasses != 0 ? settings.mostPasses : passesFor(replay)) {}

const SetSearch::Members& SetSearch::listOf(const Ranking& ranking) const {
  return m_kind == Kind::Blocks ? ranking.blocks : ranking.weights;
}

double SetSearch::leadOf(const Replay::Run& run) const {
  if (!model::allFinite(run.logits)) return kNoLead;
  const auto a = static_cast<std::size_t>(m_parting.reference);
  float other = std::numeric_limits<float>::lowest();
  for (std::size_t i = 0; i < run.logits.size(); ++i)
    if (i != a) other = std::max(other, run.logits[i]);
  return static_cast<double>(run.logits[a]) - static_cast<double>(other);
}

Replay::Run SetSearch::run(const Members& members, const Replay::Run& from) {
  m_job.progress(static_cast<double>(m_replay.passes() - m_before) / static_cast<double>(m_mostPasses),
                 m_kind == Kind::Blocks ? "Restoring blocks" : "Restoring weights");
  return m_replay.run(restoredBy(members), from, m_job);
}

// Doubles the prefix until A leads, then halves the last step. What leads most is kept where it never does.
SetSearch::Grown SetSearch::grow(const Members& start, const Replay::Run& startRun, const Members& ranking) {
  const std::size_t most = fitting(ranking, m_mostWeights - std::min(m_mostWeights, weightsOf(start)));
  Grown best{start, startRun, leadOf(startRun)};
  std::size_t before = 0;
  for (std::size_t count = std::min<std::size_t>(1, most); count > before; count = std::min(2 * count, most)) {
    if (isSpent()) break;
    Grown grown{with(start, std::span(ranking).first(count)), {}, 0.0};
    grown.run = run(grown.members, startRun);
    grown.lead = leadOf(grown.run);
    if (restores(grown.run)) return bisect(start, startRun, ranking, {before, count}, std::move(grown));
    if (grown.lead > best.lead) best = std::move(grown);
    before = count;
  }
  return best;
}

SetSearch::Grown SetSearch::bisect(const Members& start, const Replay::Run& startRun, const Members& ranking,
                                   Between counts, Grown most) {
  while (counts.enough - counts.tooFew > 1 && !isSpent()) {
    const std::size_t middle = counts.tooFew + (counts.enough - counts.tooFew) / 2;
    Grown grown{with(start, std::span(ranking).first(middle)), {}, 0.0};
    grown.run = run(grown.members, startRun);
    grown.lead = leadOf(grown.run);
    if (restores(grown.run)) {
      counts.enough = middle;
      most = std::move(grown);
    } else {
      counts.tooFew = middle;
    }
  }
  return most;
}

std::optional<SetSearch::Found> SetSearch::along(std::span<const Ranking> rankings) {
  std::optional<Found> found;
  for (const Ranking& ranking : rankings) {
    Grown grown = grow({}, m_base, listOf(ranking));
    if (!restores(grown.run) || (found && grown.members.size() >= found->members.size())) continue;
    found = Found{std::move(grown.members), std::move(grown.run)};
  }
  return found;
}

std::optional<SetSearch::Found> SetSearch::find(std::span<const Ranking> rankings, const RankFrom& rank,
                                                const std::function<Ranking()>& lastResort) {
  std::optional<Found> found = along(rankings);
  if (!found || (m_settings.slopesMislead && found->members.size() > 1)) {
    auto other = along(std::vector<Ranking>{lastResort()});
    if (other && (!found || other->members.size() < found->members.size())) found = std::move(other);
  }
  if (!found) found = inRounds(rank);
  if (!found) return std::nullopt;
  prune(*found);
  improve(*found, rank);
  return found;
}

std::optional<SetSearch::Found> SetSearch::inRounds(const RankFrom& rank) {
  Grown grown{{}, m_base, leadOf(m_base)};
  for (std::size_t round = 0; round < m_settings.rounds && !isSpent(); ++round) {
    const Ranking ranking = rank(Objective::against(m_parting.reference, grown.run.logits), grown.run.restored);
    Grown next = grow(grown.members, grown.run, listOf(ranking));
    if (restores(next.run)) return Found{std::move(next.members), std::move(next.run)};
    if (next.lead <= grown.lead) return std::nullopt;
    grown = std::move(next);
  }
  return std::nullopt;
}

// From the least expected on: first in pieces, where there are many, then one by one.
void SetSearch::prune(Found& found) {
  std::size_t piece = found.members.size() > kPrunedSingly ? found.members.size() / 4 : 1;
  while (true) {
    std::size_t end = found.members.size();
    while (end > 0 && found.members.size() > 1 && !isSpent()) {
      const std::size_t first = end > piece ? end - piece : 0;
      if (end - first == found.members.size()) break;
      Members fewer = found.members;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(first), fewer.begin() + static_cast<std::ptrdiff_t>(end));
      Replay::Run without = run(fewer, found.run);
      if (restores(without)) {
        found.members = std::move(fewer);
        found.run = std::move(without);
      }
      end = first;
    }
    if (piece == 1 || isSpent()) break;
    piece = std::max<std::size_t>(piece / 2, 1);
  }
  found.isMinimal = !isSpent();
}

// Half of what was found is kept, and the rest chosen anew from where that half leads.
void SetSearch::improve(Found& found, const RankFrom& rank) {
  for (int i = 0; i < kImprovements && found.members.size() > 2 && !isSpent(); ++i) {
    const auto half = static_cast<std::ptrdiff_t>(found.members.size() / 2);
    const Members kept(found.members.begin(), found.members.begin() + half);
    const Replay::Run start = run(kept, m_base);
    if (leadOf(start) == kNoLead) return;
    const Ranking ranking = rank(Objective::against(m_parting.reference, start.logits), start.restored);
    Grown grown = grow(kept, start, listOf(ranking));
    if (!restores(grown.run)) return;
    Found other{std::move(grown.members), std::move(grown.run)};
    prune(other);
    if (other.members.size() >= found.members.size()) return;
    found = std::move(other);
  }
}

std::uint64_t SetSearch::candidates(const BlockSizes& blockSizes) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < blockSizes.size(); ++i) {
    const quant::QuantizedTensor& tensor = *m_replay.tensors()[i].mine;
    const std::uint64_t width = tensor.rowValues();
    sum += tensor.rows() * (m_kind == Kind::Weights ? width : (width + blockSizes[i] - 1) / blockSizes[i]);
  }
  return sum;
}

Candidate SetSearch::drawn(std::uint64_t number, const BlockSizes& blockSizes) const {
  for (std::uint32_t i = 0;; ++i) {
    const quant::QuantizedTensor& tensor = *m_replay.tensors()[i].mine;
    const std::uint64_t width = tensor.rowValues(), size = m_kind == Kind::Weights ? 1 : blockSizes[i];
    const std::uint64_t ofRow = (width + size - 1) / size;
    if (number >= tensor.rows() * ofRow) {
      number -= tensor.rows() * ofRow;
      continue;
    }
    const std::uint64_t column = number % ofRow * size;
    return {i, number / ofRow * width + column, static_cast<std::uint32_t>(std::min(size, width - column)), 0.0F};
  }
}

std::size_t SetSearch::randomThatRestore(std::size_t members, std::uint64_t candidates, const BlockSizes& blockSizes) {
  std::mt19937_64 random(m_settings.seed);
  std::size_t count = 0;
  for (std::size_t set = 0; set < m_settings.randomSets; ++set) {
    std::set<std::uint64_t> numbers;
    while (numbers.size() < std::min<std::uint64_t>(members, candidates)) numbers.insert(random() % candidates);
    Members drawnMembers;
    for (const std::uint64_t number : numbers) drawnMembers.push_back(drawn(number, blockSizes));
    if (restores(run(drawnMembers, m_base))) ++count;
  }
  return count;
}

}  // namespace core::trace
