#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/trace/attribution.h"
#include "core/trace/replay.h"

namespace core::trace {

/// Some weights of a tensor that lie side by side, one or a block, with what restoring them is expected to bring.
struct Candidate {
  std::uint32_t tensor = 0;  ///< of Replay::tensors()
  std::uint64_t first = 0;   ///< flat index
  std::uint32_t count = 1;
  float expected = 0.0F;
};

/// What is expected to help, the most first; only what helps.
struct Ranking {
  std::vector<Candidate> blocks, weights;
};

/// How tensors fall into blocks: [Replay::tensors()] weights of one, along the row.
using BlockSizes = std::vector<std::uint32_t>;
BlockSizes blockSizesOf(std::span<const DifferingTensor> tensors);

/// By contributions along the whole line between the models.
Ranking rankByContribution(const Attribution& attribution, std::span<const DifferingTensor> tensors);

/// By how much weights changed, in these tensors only: for damage so large that no slope says anything of it. What is
/// expected is the sum of squares.
Ranking rankByChange(std::span<const DifferingTensor> tensors, std::span<const std::size_t> which,
                     const BlockSizes& blockSizes, std::size_t keep);

/// Ranks by what the objective would gain if it stayed as steep as it is, from where some weights are restored already.
class LocalRanking {
 public:
  /// All have to outlive it. @param kv of the compared model
  LocalRanking(const model::Graph& compared, const model::Graph& reference, std::span<const model::TokenId> tokens,
               model::KvType kv, Replay& replay, BlockSizes blockSizes);

  /// @param keep so many of either kind  @throws Cancelled
  Ranking rank(const Objective& objective, const Restored& restored, std::size_t keep, const JobContext& job) const;

 private:
  const model::Graph &m_compared, &m_reference;
  std::span<const model::TokenId> m_tokens;
  model::KvType m_kv;
  Replay& m_replay;
  BlockSizes m_blockSizes;
};

}  // namespace core::trace
