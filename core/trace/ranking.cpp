#include "core/trace/ranking.h"

#include <algorithm>
#include <numeric>

#include "core/quant/quantizer.h"
#include "core/trace/panel_offers.h"
#include "core/trace/patched_weight.h"
#include "core/train/reverse_pass.h"

namespace core::trace {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

std::map<std::string, std::uint32_t> indexOf(std::span<const DifferingTensor> tensors) {
  std::map<std::string, std::uint32_t> result;
  for (std::uint32_t i = 0; i < tensors.size(); ++i) result[tensors[i].name] = i;
  return result;
}

/// Offers the blocks of one row. @param sumOf what a block of the row is expected to bring
template <typename SumOf>
void offerBlocks(std::uint32_t tensor, std::uint64_t firstOfRow, std::uint64_t width, std::uint32_t size,
                 const SumOf& sumOf, MostExpected& blocks) {
  for (std::uint64_t column = 0; column < width; column += size) {
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(size, width - column));
    blocks.offer({tensor, firstOfRow + column, count, sumOf(column, count)});
  }
}

}  // namespace

BlockSizes blockSizesOf(std::span<const DifferingTensor> tensors) {
  BlockSizes sizes;
  for (const DifferingTensor& tensor : tensors) sizes.push_back(blockSizeOf(*tensor.mine));
  return sizes;
}

Ranking rankByContribution(const Attribution& attribution, std::span<const DifferingTensor> tensors) {
  const auto index = indexOf(tensors);
  std::vector<std::uint32_t> place;  // of the attribution's tensors
  for (const TensorContribution& tensor : attribution.tensors) {
    const auto found = index.find(tensor.name);
    place.push_back(found == index.end() ? kNone : found->second);
  }
  MostExpected blocks(std::max<std::size_t>(attribution.most.size(), 1));
  for (std::size_t i = 0; i < attribution.tensors.size(); ++i) {
    const TensorContribution& tensor = attribution.tensors[i];
    if (place[i] == kNone) continue;
    for (std::uint64_t row = 0; row < tensor.rows; ++row) {
      const auto sumOf = [&](std::uint64_t column, std::uint32_t) {
        return tensor.blockSums[row * tensor.blocksPerRow() + column / tensor.blockSize];
      };
      offerBlocks(place[i], row * tensor.width, tensor.width, tensor.blockSize, sumOf, blocks);
    }
  }
  Ranking ranking{blocks.take(), {}};
  for (const WeightContribution& weight : attribution.most)
    if (place[weight.tensor] != kNone && weight.contribution > 0.0F)
      ranking.weights.push_back({place[weight.tensor], weight.index, 1, weight.contribution});
  return ranking;
}

Ranking rankByChange(std::span<const DifferingTensor> tensors, std::span<const std::size_t> which,
                     const BlockSizes& blockSizes, std::size_t keep) {
  MostExpected blocks(keep), single(keep);
  for (const std::size_t index : which) {
    const DifferingTensor& what = tensors[index];
    const std::uint64_t width = what.mine->rowValues();
    const auto tensor = static_cast<std::uint32_t>(index);
    std::vector<float> mine(width), other(width);
    for (std::uint64_t row = 0; row < what.mine->rows(); ++row) {
      quant::dequantizeRows(*what.mine, row, 1, mine.data());
      quant::dequantizeRows(*what.other, row, 1, other.data());
      for (std::uint64_t column = 0; column < width; ++column) {
        mine[column] = (other[column] - mine[column]) * (other[column] - mine[column]);
        single.offer({tensor, row * width + column, 1, mine[column]});
      }
      const auto sumOf = [&](std::uint64_t column, std::uint32_t count) {
        return std::accumulate(mine.data() + column, mine.data() + column + count, 0.0F);
      };
      offerBlocks(tensor, row * width, width, blockSizes[index], sumOf, blocks);
    }
  }
  return {blocks.take(), single.take()};
}

LocalRanking::LocalRanking(const model::Graph& compared, const model::Graph& reference,
                           std::span<const model::TokenId> tokens, model::KvType kv, Replay& replay,
                           BlockSizes blockSizes)
    : m_compared(compared),
      m_reference(reference),
      m_tokens(tokens),
      m_kv(kv),
      m_replay(replay),
      m_blockSizes(std::move(blockSizes)) {}

Ranking LocalRanking::rank(const Objective& objective, const Restored& restored, std::size_t keep,
                           const JobContext& job) const {
  const auto index = indexOf(m_replay.tensors());
  std::vector<train::PassWeight> weights = train::weightsOf(m_compared);
  std::map<std::string, std::shared_ptr<const train::WeightSource>> targets;
  for (const train::PassWeight& weight : train::weightsOf(m_reference)) targets[weight.name] = weight.base;
  train::Wanted<float> wanted;
  std::vector<std::uint32_t> tensorOf(weights.size(), kNone);
  for (train::WeightId id = 0; id < weights.size(); ++id) {
    train::PassWeight& weight = weights[id];
    const auto found = index.find(weight.name);
    if (found == index.end()) continue;
    tensorOf[id] = found->second;
    wanted.weights.push_back(id);
    weight.target = targets.at(weight.name);
    const auto elements = restored.elements.find(found->second);
    if (elements == restored.elements.end()) continue;
    std::vector<PatchedWeight::Added> added;
    for (const std::uint64_t element : elements->second)
      added.emplace_back(element, m_replay.difference(found->second, element));
    weight.base = std::make_shared<PatchedWeight>(weight.base, weight.width, std::move(added));
  }
  MostExpected blocks(keep), single(keep);
  wanted.visit = [&](const train::WeightGradient<float>& panel) {
    if (panel.change.empty()) return;
    const std::uint32_t tensor = tensorOf[panel.weight];
    offer({tensor, panel.firstRow, panel.gradient.size() / panel.rows, m_blockSizes[tensor], panel.gradient,
           panel.change},
          blocks, single);
  };
  train::ReversePass<float> pass(m_compared, std::move(weights), {train::Rounding::AsInTheModel, m_kv});
  pass.forward({m_tokens, m_tokens.size()}, model::LogitsWanted::LastToken, job);
  std::vector<float> seed(m_compared.vocabulary(), 0.0F);
  for (const Objective::Term& term : objective.terms)
    seed[static_cast<std::size_t>(term.token)] += static_cast<float>(term.coefficient);
  pass.backward(seed, wanted, job);
  return {blocks.take(), single.take()};
}

}  // namespace core::trace
