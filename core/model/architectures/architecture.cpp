#include "core/model/architectures/architecture.h"

#include <algorithm>
#include <array>

#include "core/model/architectures/all.h"

namespace core::model {

std::uint64_t lengthOf(Side side, const ModelConfig& config, std::uint32_t layer) {
  const std::uint64_t headSize = config.headSizeOf(layer), valueHeadSize = config.valueHeadSizeOf(layer);
  switch (side) {
    case Side::None:
      return 0;
    case Side::Vocabulary:
      return config.vocabulary;
    case Side::Width:
      return config.width;
    case Side::FeedForward:
      return config.feedForwardOf(layer);
    case Side::Queries:
      return config.heads * headSize;
    case Side::Keys:
      return config.kvHeadsOf(layer) * headSize;
    case Side::Values:
      return config.kvHeadsOf(layer) * valueHeadSize;
    case Side::Attended:
      return config.heads * valueHeadSize;
    case Side::QueriesKeysValues:
      return lengthOf(Side::Queries, config, layer) + lengthOf(Side::Keys, config, layer) +
             lengthOf(Side::Values, config, layer);
    case Side::GateUp:
      return 2 * std::uint64_t{config.feedForwardOf(layer)};
    case Side::HeadSize:
      return headSize;
    case Side::RopePairs:
      return config.ropeDimensions / 2;
    case Side::Positions:
      return std::uint64_t{config.contextLength} + config.firstPosition;
    case Side::Heads:
      return config.heads;
    case Side::Experts:
      return config.experts;
    case Side::ExpertFeedForward:
      return config.expertFeedForward;
    case Side::ExpertGateUp:
      return 2 * std::uint64_t{config.expertFeedForward};
    case Side::One:
      return 1;
    case Side::ThreeWidths:
      return 3 * std::uint64_t{config.width};
    case Side::QueriesGates:
      return 2 * config.heads * headSize;
    case Side::Taps:
      return config.recurrent.taps;
    case Side::RecurrentMixed:
      return config.recurrent.mixedWidth();
    case Side::RecurrentValues:
      return config.recurrent.valueWidth();
    case Side::RecurrentHeads:
      return config.recurrent.heads;
    case Side::RecurrentValueSize:
      return config.recurrent.valueSize;
    case Side::RecurrentGroups:
      return config.recurrent.keyHeads;
    case Side::RecurrentGroupWidth:
      return config.recurrent.valueWidth() / std::max(config.recurrent.keyHeads, 1U);
    case Side::StateSpaceInput:
      return std::uint64_t{config.recurrent.valueWidth()} + config.recurrent.mixedWidth() + config.recurrent.heads;
    case Side::LatentRank:
      return config.latentRank;
    case Side::QueryRank:
      return config.queryRank;
    case Side::LatentTurned:
      return std::uint64_t{config.latentRank} + config.ropeDimensions;
    case Side::StillKeySize:
      return headSize - config.ropeDimensions;
    case Side::StillKeysValues:
      return config.heads * (headSize - config.ropeDimensions + valueHeadSize);
    case Side::ValueHeadSize:
      return valueHeadSize;
    case Side::SharedFeedForward:
      return config.sharedFeedForward;
    case Side::SharedGateUp:
      return 2 * std::uint64_t{config.sharedFeedForward};
    case Side::PerLayer:
      return config.perLayerWidth;
    case Side::PerLayers:
      return std::uint64_t{config.layers} * config.perLayerWidth;
    case Side::TokenTypes:
      return config.tokenTypes;
  }
  return 0;
}

bool WeightRow::isIn(const ModelConfig& config, std::uint32_t layer) const {
  switch (layers) {
    case LayerKind::All:
      break;
    case LayerKind::Attention:
      return !config.isRecurrentAt(layer);
    case LayerKind::OwnKeys:
      return config.keepsKeysAt(layer);
    case LayerKind::Recurrent:
      return config.isRecurrentAt(layer);
    case LayerKind::Dense:
      return !config.hasExpertsAt(layer);
    case LayerKind::Sparse:
      return config.hasExpertsAt(layer);
    case LayerKind::SparseStacked:
      return config.hasExpertsAt(layer) && config.areGateUpStacked;
    case LayerKind::SparseApart:
      return config.hasExpertsAt(layer) && !config.areGateUpStacked;
    case LayerKind::SparseBiased:
      return config.hasExpertsAt(layer) && config.hasExpertBias;
    case LayerKind::SparseShared:
      return config.hasExpertsAt(layer) && config.sharedFeedForward != 0;
    case LayerKind::PerLayerFed:
      return config.perLayerWidth != 0;
    case LayerKind::DirectQueries:
      return config.queryRank == 0;
    case LayerKind::LatentQueries:
      return config.queryRank != 0;
    case LayerKind::WholeLatent:
      return !config.isLatentSplit;
    case LayerKind::SplitLatent:
      return config.isLatentSplit;
  }
  return true;
}

tensor::Shape WeightRow::shape(const ModelConfig& config, std::uint32_t layer) const {
  const auto length = [&](Side side) { return lengthOf(side, config, layer); };
  const std::uint64_t height = length(rows);
  if (stack != Side::None && columns == Side::None) return {length(stack), height};
  if (stack != Side::None) return {length(stack), height, length(columns)};
  if (columns == Side::None) return {height};
  return {height, length(columns)};
}

std::span<const Architecture* const> architectures() {
  static constexpr std::array kAll{&kLlama,     &kMixtral,   &kQwen2,   &kQwen2Moe,      &kQwen3,
                                   &kQwen3Moe,  &kSmolLm3,   &kGranite, &kGraniteMoe,    &kOlmo2,
                                   &kGemma2,    &kGemma3,    &kPhi3,    &kGptOss,        &kGpt2,
                                   &kStableLm,  &kMistral3,  &kLfm2,    &kLfm2Moe,       &kQwen35,
                                   &kQwen35Moe, &kGemma4,    &kMamba2,  &kGraniteHybrid, &kGraniteHybridMoe,
                                   &kDeepSeek2, &kDeepSeek3, &kBert,    &kRoberta};
  return kAll;
}

namespace {

/// Whether a GGUF file says that it is of this one of several of its name.
bool isMarked(const Architecture& architecture, const io::Checkpoint& checkpoint) {
  if (!architecture.ggufMark || checkpoint.format() != io::FileFormat::Gguf ||
      std::ranges::find(architecture.gguf, checkpoint.architecture()) == architecture.gguf.end())
    return false;
  const auto* const said = checkpoint.metadata().find(ConfigKeys(checkpoint)(architecture.ggufMark->key));
  const auto* const value = said == nullptr ? nullptr : std::get_if<std::uint64_t>(said);
  return value != nullptr && *value == architecture.ggufMark->value;
}

}  // namespace

const Architecture* findArchitecture(io::FileFormat format, std::string_view name) {
  const auto found = std::ranges::find_if(architectures(), [&](const Architecture* architecture) {
    const auto& names = format == io::FileFormat::Gguf ? architecture->gguf : architecture->huggingFace;
    return std::ranges::find(names, name) != names.end();
  });
  return found == architectures().end() ? nullptr : *found;
}

const Architecture* findArchitecture(const io::Checkpoint& checkpoint) {
  const Architecture* const found = findArchitecture(checkpoint.format(), checkpoint.architecture());
  if (found == nullptr) return found;
  for (const Architecture* const architecture : architectures())
    if (isMarked(*architecture, checkpoint)) return architecture;
  if (found->hasExperts) return found;
  // Whatever the file holds there: whether it can be run is asked later.
  const bool isGguf = checkpoint.format() == io::FileFormat::Gguf;
  const auto* const count =
      checkpoint.metadata().find(ConfigKeys(checkpoint)(isGguf ? kGgufExperts.experts : "num_local_experts"));
  const auto* const experts = count == nullptr ? nullptr : std::get_if<std::uint64_t>(count);
  const bool hasExperts = experts != nullptr && *experts > 0;
  const auto other = std::ranges::find_if(architectures(), [&](const Architecture* architecture) {
    const auto& names = isGguf ? architecture->gguf : architecture->huggingFace;
    return architecture->hasExperts && std::ranges::find(names, checkpoint.architecture()) != names.end();
  });
  return hasExperts && other != architectures().end() ? *other : found;
}

std::string ggufArchitecture(const io::Checkpoint& checkpoint) {
  const Architecture* const known = findArchitecture(checkpoint);
  const bool isFolder = checkpoint.format() != io::FileFormat::Gguf;
  return known != nullptr && isFolder ? std::string(known->gguf.front()) : checkpoint.architecture();
}

}  // namespace core::model
