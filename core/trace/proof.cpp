#include "core/trace/proof.h"

#include <algorithm>
#include <numeric>

#include "core/quant/decoded_copy.h"
#include "core/quant/quantizer.h"
#include "core/trace/set_search.h"

namespace core::trace {

std::optional<std::size_t> onlyTensor(const Proof& proof) {
  const std::optional<ProvedSet>& set = proof.blocks ? proof.blocks : proof.weights;
  if (!set) return std::nullopt;
  const std::uint32_t first = set->members.front().tensor;
  const bool isOnly = std::ranges::all_of(set->members, [&](const Candidate& one) { return one.tensor == first; });
  return isOnly ? std::optional<std::size_t>(first) : std::nullopt;
}

Restored restoredBy(std::span<const Candidate> members) {
  Restored restored;
  for (const Candidate& member : members) {
    auto& elements = restored.elements[member.tensor];
    for (std::uint32_t i = 0; i < member.count; ++i) elements.push_back(member.first + i);
  }
  for (auto& [tensor, elements] : restored.elements) std::ranges::sort(elements);
  return restored;
}

Proof prove(Replay& replay, const Parting& parting, std::span<const float> referenceLogits,
            const Ranking& byContribution, const RankFrom& rank, const ProofSettings& settings,
            const std::function<void(const Proof&)>& onFound, const JobContext& job) {
  const std::uint64_t before = replay.passes();
  const Replay::Run base = replay.run({}, job);
  const BlockSizes blockSizes = blockSizesOf(replay.tensors());
  std::vector<Ranking> rankings{byContribution, rank(Objective::difference(parting.reference, parting.compared), {}),
                                rank(Objective::against(parting.reference, base.logits), {})};
  Proof proof;
  proof.seed = settings.seed;
  const auto find = [&](SetSearch::Kind kind, const JobContext& part) -> std::optional<ProvedSet> {
    SetSearch search(kind, replay, parting, base, settings, part);
    auto found = search.find(
        rankings, rank, [&] { return rankByChange(replay.tensors(), settings.restoring, blockSizes, settings.keep); });
    if (!found) return std::nullopt;
    ProvedSet set;
    set.candidates = search.candidates(blockSizes);
    set.effect = effectOf(found->run.logits, parting, referenceLogits);
    set.isMinimal = found->isMinimal;
    set.randomSets = settings.randomSets;
    set.randomThatRestore = search.randomThatRestore(found->members.size(), set.candidates, blockSizes);
    set.members = std::move(found->members);
    for (const Candidate& member : set.members) set.weights += member.count;
    return set;
  };
  proof.blocks = find(SetSearch::Kind::Blocks, job.part(0.1, 0.5));
  proof.passes = replay.passes() - before;
  if (onFound) onFound(proof);
  proof.weights = find(SetSearch::Kind::Weights, job.part(0.5, 1.0));
  proof.passes = replay.passes() - before;
  if (onFound) onFound(proof);
  return proof;
}

std::map<std::string, quant::QuantizedTensorPtr> restoredTensors(Replay& replay, const Restored& restored) {
  std::map<std::string, quant::QuantizedTensorPtr> result;
  for (const std::size_t tensor : restored.tensors)
    result[replay.tensors()[tensor].name] = replay.tensors()[tensor].other;
  for (const auto& [tensor, elements] : restored.elements) {
    const DifferingTensor& what = replay.tensors()[tensor];
    auto copy = quant::decodedCopy(*what.mine);
    const auto values = quant::valuesOf(*copy);
    for (const std::uint64_t element : elements) quant::decode(*what.other, element, 1, &values[element]);
    result[what.name] = std::move(copy);
  }
  return result;
}

}  // namespace core::trace
