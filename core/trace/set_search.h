#pragma once
#include <optional>
#include <span>
#include <vector>

#include "core/trace/proof.h"

namespace core::trace {

/// Looks for a small set of candidates of one kind whose restoration alone makes A the most probable token.
class SetSearch {
 public:
  enum class Kind : std::uint8_t { Blocks, Weights };

  /// All have to outlive it. @param base the compared model's own run
  SetSearch(Kind kind, Replay& replay, const Parting& parting, const Replay::Run& base, const ProofSettings& settings,
            const JobContext& job);

  /// @param rankings from where nothing is restored  @param rank makes others
  /// @return the members and the run with them restored
  struct Found {
    std::vector<Candidate> members;
    Replay::Run run;
    bool isMinimal = false;
  };
  /// @param lastResort where none of the others comes to anything, or they mislead
  std::optional<Found> find(std::span<const Ranking> rankings, const RankFrom& rank,
                            const std::function<Ranking()>& lastResort);
  /// How many of so many sets, as large and drawn from all that differs, do the same.
  std::size_t randomThatRestore(std::size_t members, std::uint64_t candidates, const BlockSizes& blockSizes);
  /// Members that a set could have.
  std::uint64_t candidates(const BlockSizes& blockSizes) const;

 private:
  using Members = std::vector<Candidate>;
  struct Grown {
    Members members;
    Replay::Run run;
    double lead;
  };

  struct Between {
    std::size_t tooFew, enough;
  };

  const Members& listOf(const Ranking& ranking) const;
  /// logit(A) less the largest other one.
  double leadOf(const Replay::Run& run) const;
  bool restores(const Replay::Run& run) const { return leadOf(run) > static_cast<double>(m_settings.margin); }
  Replay::Run run(const Members& members, const Replay::Run& from);
  Grown grow(const Members& start, const Replay::Run& startRun, const Members& ranking);
  Grown bisect(const Members& start, const Replay::Run& startRun, const Members& ranking, Between counts, Grown most);
  std::optional<Found> along(std::span<const Ranking> rankings);
  std::optional<Found> inRounds(const RankFrom& rank);
  void prune(Found& found);
  void improve(Found& found, const RankFrom& rank);
  bool isSpent() const { return m_replay.passes() - m_before >= m_mostPasses; }
  Candidate drawn(std::uint64_t number, const BlockSizes& blockSizes) const;

  Kind m_kind;
  Replay& m_replay;
  const Parting& m_parting;
  const Replay::Run& m_base;
  const ProofSettings& m_settings;
  const JobContext& m_job;
  std::uint64_t m_mostWeights, m_before, m_mostPasses;
};

}  // namespace core::trace
