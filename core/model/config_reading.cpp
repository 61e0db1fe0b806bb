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

void readHeads(const MetadataLimits& limits, const ConfigKeys& keys, const ConfigDefaults& defaults,
               ModelConfig& config) {
  config.heads = limits.integer(keys.heads, std::nullopt, 1, kMaxHeads);
  config.kvHeads = limits.integer(keys.kvHeads, defaults.kvHeads.value_or(config.heads), 1, kMaxHeads);
  if (config.heads % config.kvHeads != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of heads ({}) should be a multiple of the number of key-value heads ({}).",
                            config.heads, config.kvHeads),
                keys.kvHeads);
  }
  std::optional<std::uint32_t> headSize;
  if (config.width % config.heads == 0) headSize = config.width / config.heads;
  config.headSize = limits.integer(keys.headSize, headSize, 1, kMaxHeadSize);
  config.valueHeadSize = config.headSize;
  if (!keys.valueHeadSize.empty())
    config.valueHeadSize = limits.integer(keys.valueHeadSize, config.headSize, 1, kMaxHeadSize);
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

void readSizes(const MetadataLimits& limits, const ConfigKeys& keys, const ConfigDefaults& defaults,
               ModelConfig& config) {
  config.contextLength = limits.integer(keys.context, defaults.context, 1, ModelConfig::kMaxContext);
  config.width = limits.integer(keys.width, std::nullopt, 1, kMaxWidth);
  config.layers = limits.integer(keys.layers, std::nullopt, 1, kMaxLayers);
  config.feedForward = limits.integer(keys.feedForward, std::nullopt, 1, kMaxFeedForward);
  config.normEpsilon = limits.real(keys.normEpsilon, defaults.normEpsilon, 0.0F, 1.0F);
  readHeads(limits, keys, defaults, config);
  config.ropeBase = limits.real(keys.ropeBase, 10000.0F, 1.0F, 1e12F);
}

void readLlama3Scaling(const MetadataLimits& limits, const Llama3Keys& keys, ModelConfig& config) {
  config.ropeScaling = RopeScaling::Llama3;
  config.ropeOriginalContext =
      limits.integer(keys.originalContext, config.ropeOriginalContext, 1, ModelConfig::kMaxContext);
  config.ropeLowFrequencyFactor = limits.real(keys.lowFactor, 1.0F, 1e-3F, 1e4F);
  config.ropeHighFrequencyFactor = limits.real(keys.highFactor, 4.0F, 1e-3F, 1e4F);
  if (config.ropeHighFrequencyFactor <= config.ropeLowFrequencyFactor) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The high frequency factor ({}) should be greater than the low one ({}).",
                            config.ropeHighFrequencyFactor, config.ropeLowFrequencyFactor),
                keys.highFactor);
  }
}

}  // namespace core::model
