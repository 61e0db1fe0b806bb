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
  }
  return 0;
}

tensor::Shape WeightRow::shape(const ModelConfig& config) const {
  if (columns == Side::None) return {lengthOf(rows, config)};
  return {lengthOf(rows, config), lengthOf(columns, config)};
}

std::span<const Architecture* const> architectures() {
  static constexpr std::array kAll{&kLlama, &kQwen2, &kQwen3, &kSmolLm3, &kGranite, &kOlmo2, &kGemma3, &kPhi3};
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
  return findArchitecture(checkpoint.format(), checkpoint.architecture());
}

std::string ggufArchitecture(const io::Checkpoint& checkpoint) {
  const Architecture* const known = findArchitecture(checkpoint);
  const bool isFolder = checkpoint.format() != io::FileFormat::Gguf;
  return known != nullptr && isFolder ? std::string(known->gguf.front()) : checkpoint.architecture();
}

}  // namespace core::model
