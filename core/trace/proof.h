#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/trace/parting.h"
#include "core/trace/ranking.h"
#include "core/trace/replay.h"
#include "core/trace/restore.h"

namespace core::trace {

/// A set of weights whose restoration alone brings A back: every member is needed, given the others.
struct ProvedSet {
  std::vector<Candidate> members;  ///< the most expected first
  std::uint64_t weights = 0;       ///< in all of them
  std::uint64_t candidates = 0;    ///< members there could have been: all blocks, or weights, of what differs
  Effect effect;                   ///< with only these restored
  bool isMinimal = false;          ///< each was tried without; false: passes ran out before
  std::size_t randomSets = 0;      ///< sets of as many members, drawn at random, that were tried
  std::size_t randomThatRestore = 0;
};

struct Proof {
  std::optional<ProvedSet> blocks, weights;  ///< nothing: no set within the limits was found
  std::uint64_t seed = 0;                    ///< of the random sets
  std::uint64_t passes = 0;
};

struct ProofSettings {
  double mostShare = 0.01;  ///< of all differing weights that a set may hold
  float margin = 1e-4F;     ///< by which A has to lead, since devices sum in other orders
  std::size_t randomSets = 10;
  std::uint64_t seed = 1;
  std::size_t keep = 65536;      ///< candidates of a ranking
  std::uint64_t mostPasses = 0;  ///< of the search for one set; 0: by the model's size
  std::size_t rounds = 8;        ///< of restoring some and ranking anew
  /// Tensors of which one alone brings A back, restored whole: where to look if no slope leads there.
  std::vector<std::size_t> restoring = {};
  /// The quadrature of the contributions came to no end, as behind a damaged exponent: look there in any case.
  bool slopesMislead = false;
};

/// Orders that a search may go by; the first is there at once, others cost a reverse pass each.
using RankFrom = std::function<Ranking(const Objective&, const Restored&)>;

/// Finds both sets with real runs. Sets grow along a ranking until A leads, are cut by bisection and then pruned. Where
/// a third word wins or too much would have to be restored, the ranking is made anew, against whatever leads, with what
/// was found restored.
/// @param byContribution for A − B; may be empty
/// @param rank makes others, LocalRanking's
/// @param onFound told each set as it is known; may be empty
Proof prove(Replay& replay, const Parting& parting, std::span<const float> referenceLogits,
            const Ranking& byContribution, const RankFrom& rank, const ProofSettings& settings = {},
            const std::function<void(const Proof&)>& onFound = {}, const JobContext& job = JobContext());

/// The tensor in which all blocks of the proof lie, or, without blocks, all weights; nothing where they are several.
std::optional<std::size_t> onlyTensor(const Proof& proof);

/// The members as something to restore.
Restored restoredBy(std::span<const Candidate> members);

/// The tensors of which something is restored, decoded, with the reference's values in place: for
/// model::Recipe::replacements. Products with integers become products of floats, for their weights are none any more.
std::map<std::string, quant::QuantizedTensorPtr> restoredTensors(Replay& replay, const Restored& restored);

}  // namespace core::trace
