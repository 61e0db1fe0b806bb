#include "core/model/architectures/architecture.h"

#include <algorithm>
#include <array>

#include "core/model/architectures/all.h"

namespace core::model {

std::uint64_t lengthOf(Side side, const ModelConfig& config) {
  switch (side) {
    case Side::None:
      return 0;
    case Side::Vocabulary:
      return config.vocabulary;
    case Side::Width:
      return config.width;
    case Side::FeedForward:
      return config.feedForward;
    case Side::Queries:
      return std::uint64_t{config.heads} * config.headSize;
    case Side::Keys:
      return std::uint64_t{config.kvHeads} * config.headSize;
    case Side::Values:
      return std::uint64_t{config.kvHeads} * config.valueHeadSize;
    case Side::Attended:
      return std::uint64_t{config.heads} * config.valueHeadSize;
    case Side::QueriesKeysValues:
      return lengthOf(Side::Queries, config) + lengthOf(Side::Keys, config) + lengthOf(Side::Values, config);
    case Side::GateUp:
      return 2 * std::uint64_t{config.feedForward};
    case Side::HeadSize:
      return config.headSize;
    case Side::RopePairs:
      return config.ropeDimensions / 2;
    case Side::Positions:
      return config.contextLength;
    case Side::Heads:
      return config.heads;
    case Side::Experts:
      return config.experts;
    case Side::ExpertFeedForward:
      return config.expertFeedForward;
    case Side::ExpertGateUp:
      return 2 * std::uint64_t{config.expertFeedForward};
  }
  return 0;
}

tensor::Shape WeightRow::shape(const ModelConfig& config) const {
  const std::uint64_t height = lengthOf(rows, config), length = lengthOf(columns, config);
  if (stack != Side::None && columns == Side::None) return {lengthOf(stack, config), height};
  if (stack != Side::None) return {lengthOf(stack, config), height, length};
  if (columns == Side::None) return {height};
  return {height, length};
}

std::span<const Architecture* const> architectures() {
  static constexpr std::array kAll{&kLlama, &kMixtral, &kQwen2,  &kQwen3, &kQwen3Moe, &kSmolLm3, &kGranite,
                                   &kOlmo2, &kGemma2,  &kGemma3, &kPhi3,  &kGptOss,   &kGpt2,    &kStableLm};
  return kAll;
}

const Architecture* findArchitecture(io::FileFormat format, std::string_view name) {
  const auto found = std::ranges::find_if(architectures(), [&](const Architecture* architecture) {
    const auto& names = format == io::FileFormat::Gguf ? architecture->gguf : architecture->huggingFace;
    return std::ranges::find(names, name) != names.end();
  });
  return found == architectures().end() ? nullptr : *found;
}

const Architecture* findArchitecture(const io::Checkpoint& checkpoint) {
  const Architecture* const found = findArchitecture(checkpoint.format(), checkpoint.architecture());
  if (found == nullptr || checkpoint.format() != io::FileFormat::Gguf || found->hasExperts) return found;
  // Whatever the file holds there: whether it can be run is asked later.
  const auto* const count = checkpoint.metadata().find(checkpoint.architecture() + ".expert_count");
  const auto* const experts = count == nullptr ? nullptr : std::get_if<std::uint64_t>(count);
  const bool hasExperts = experts != nullptr && *experts > 0;
  const auto other = std::ranges::find_if(architectures(), [&](const Architecture* architecture) {
    return architecture->hasExperts &&
           std::ranges::find(architecture->gguf, checkpoint.architecture()) != architecture->gguf.end();
  });
  return hasExperts && other != architectures().end() ? *other : found;
}

std::string ggufArchitecture(const io::Checkpoint& checkpoint) {
  const Architecture* const known = findArchitecture(checkpoint);
  const bool isFolder = checkpoint.format() != io::FileFormat::Gguf;
  return known != nullptr && isFolder ? std::string(known->gguf.front()) : checkpoint.architecture();
}

}  // namespace core::model
