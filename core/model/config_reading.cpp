#include "core/model/config_reading.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMaxWidth = 1U << 17U;
constexpr std::uint32_t kMaxFeedForward = 1U << 20U;
constexpr std::uint32_t kMaxLayers = 1024;
constexpr std::uint32_t kMaxHeads = 1024;
constexpr std::uint32_t kMaxHeadSize = 1024;

void readHeads(const ConfigKeys& keys, const SizeNames& names, const ConfigDefaults& defaults, ModelConfig& config) {
  config.heads = keys.integer(names.heads, defaults.heads, 1, kMaxHeads);
  config.kvHeads = keys.integer(names.kvHeads, defaults.kvHeads.value_or(config.heads), 1, kMaxHeads);
  if (config.heads % config.kvHeads != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of heads ({}) should be a multiple of the number of key-value heads ({}).",
                            config.heads, config.kvHeads),
                keys(names.kvHeads));
  }
  std::optional<std::uint32_t> headSize = defaults.headSize;
  if (!headSize && config.width % config.heads == 0) headSize = config.width / config.heads;
  config.headSize = keys.integer(names.headSize, headSize, 1, kMaxHeadSize);
  config.valueHeadSize = config.headSize;
  if (names.valueHeadSize != nullptr)
    config.valueHeadSize = keys.integer(names.valueHeadSize, config.headSize, 1, kMaxHeadSize);
}

}  // namespace

std::string cannotChat(const io::Checkpoint& checkpoint, std::string_view what) {
  return fmt::format("{} is {}: it opens for inspection, but cannot chat yet.", checkpoint.name(), what);
}

std::string withArticle(std::string_view word) {
  const bool isVowel = !word.empty() && std::string_view("aeiou").find(word.front()) != std::string_view::npos;
  return fmt::format("{} {}", isVowel ? "an" : "a", word);
}

void refuseKey(const io::Checkpoint& checkpoint, const io::MetadataEntry& entry) {
  throw Error(ErrorCode::Unsupported,
              cannotChat(checkpoint, fmt::format("a model with {} set to {}", io::inQuotes(entry.key),
                                                 io::inQuotes(io::toDisplayText(entry.value)))),
              entry.key);
}

void readSizes(const ConfigKeys& keys, const SizeNames& names, const ConfigDefaults& defaults, ModelConfig& config) {
  config.contextLength = keys.integer(names.context, defaults.context, 1, ModelConfig::kMaxContext);
  config.width = keys.integer(names.width, std::nullopt, 1, kMaxWidth);
  config.layers = keys.integer(names.layers, std::nullopt, 1, kMaxLayers);
  config.feedForward = keys.integer(names.feedForward, std::nullopt, 1, kMaxFeedForward);
  config.normEpsilon = keys.real(names.normEpsilon, defaults.normEpsilon, 0.0F, 1.0F);
  readHeads(keys, names, defaults, config);
  config.ropeBase = keys.real(names.ropeBase, defaults.ropeBase, 1.0F, 1e12F);
}

void readLlama3Scaling(const ConfigKeys& keys, const Llama3Names& names, ModelConfig& config) {
  config.ropeScaling = RopeScaling::Llama3;
  config.ropeOriginalContext =
      keys.integer(names.originalContext, config.ropeOriginalContext, 1, ModelConfig::kMaxContext);
  config.ropeLowFrequencyFactor = keys.real(names.lowFactor, 1.0F, 1e-3F, 1e4F);
  config.ropeHighFrequencyFactor = keys.real(names.highFactor, 4.0F, 1e-3F, 1e4F);
  if (config.ropeHighFrequencyFactor <= config.ropeLowFrequencyFactor) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The high frequency factor ({}) should be greater than the low one ({}).",
                            config.ropeHighFrequencyFactor, config.ropeLowFrequencyFactor),
                keys(names.highFactor));
  }
}

}  // namespace core::model
