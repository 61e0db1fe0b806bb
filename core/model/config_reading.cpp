#include "core/model/config_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMaxWidth = 1U << 17U;
constexpr std::uint32_t kMaxFeedForward = 1U << 20U;
constexpr std::uint32_t kMaxLayers = 1024;
constexpr std::uint32_t kMaxHeads = 1024;
constexpr std::uint32_t kMaxHeadSize = 1024;
constexpr std::string_view kWholeLayer = "full_attention", kWindowedLayer = "sliding_attention";
constexpr std::uint32_t kMaxExperts = 1024;
constexpr std::uint32_t kMaxUsedExperts = 64, kMaxExpertGroups = 64;

/// A list whose numbers differ, of an architecture whose layers may; empty: it is no such list.
std::vector<std::uint32_t> differingSizes(const ConfigKeys& keys, const char* name, std::uint32_t least,
                                          std::uint32_t most, const ModelConfig& config) {
  const auto* const list = std::get_if<io::MetadataArray>(keys.metadata().find(keys(name)));
  if (!config.architecture->hasDifferentLayers || list == nullptr || uniformValue(*list)) return {};
  std::vector<std::uint32_t> sizes = keys.perLayer(name, config.layers);
  for (const std::uint32_t size : sizes)
    if (size < least || size > most)
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{} should be between {} and {}, but is {} in a layer.", keys(name), least, most, size),
                  keys(name));
  return sizes;
}

void readHeadsOfKeys(const ConfigKeys& keys, const SizeNames& names, const ConfigDefaults& defaults,
                     ModelConfig& config) {
  // Of layers that differ, what the architecture's reader makes of them; here the most.
  const std::vector<std::uint32_t> each = differingSizes(keys, names.kvHeads, 0, kMaxHeads, config);
  config.kvHeads = each.empty() ? keys.integer(names.kvHeads, defaults.kvHeads.value_or(config.heads), 1, kMaxHeads)
                                : std::max(std::ranges::max(each), 1U);
  if (config.heads % config.kvHeads != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of heads ({}) should be a multiple of the number of key-value heads ({}).",
                            config.heads, config.kvHeads),
                keys(names.kvHeads));
  }
}

void readHeads(const ConfigKeys& keys, const SizeNames& names, const ConfigDefaults& defaults, ModelConfig& config) {
  config.heads = keys.integer(names.heads, defaults.heads, 1, kMaxHeads);
  config.kvHeads = config.heads;
  if (names.kvHeads != nullptr) readHeadsOfKeys(keys, names, defaults, config);
  std::optional<std::uint32_t> headSize = defaults.headSize;
  if (!headSize && config.width % config.heads == 0) headSize = config.width / config.heads;
  if (names.headSize != nullptr)
    config.headSize = keys.integer(names.headSize, headSize, 1, kMaxHeadSize);
  else if (headSize)
    config.headSize = *headSize;
  else
    throw Error(
        ErrorCode::InvalidFile,
        fmt::format("The width ({}) should be a multiple of the number of heads ({}).", config.width, config.heads),
        keys(names.heads));
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
  config.normEpsilon = keys.real(names.normEpsilon, defaults.normEpsilon, 0.0F, 1.0F);
  if (!config.architecture->hasAttention) return;
  const std::uint32_t usual = defaults.feedForwardWidths * config.width;
  config.feedForwards = differingSizes(keys, names.feedForward, 1, kMaxFeedForward, config);
  config.feedForward =
      config.feedForwards.empty()
          ? keys.integer(names.feedForward, usual != 0 ? std::optional(usual) : std::nullopt, 1, kMaxFeedForward)
          : std::ranges::max(config.feedForwards);
  readHeads(keys, names, defaults, config);
  config.ropeBase =
      names.ropeBase == nullptr ? defaults.ropeBase : keys.real(names.ropeBase, defaults.ropeBase, 1.0F, 1e12F);
}

std::vector<std::uint32_t> layersOfNone(const ConfigKeys& keys, const char* name, const ModelConfig& config) {
  std::vector<std::uint32_t> isNone;
  std::uint32_t same = 0;
  for (const std::uint32_t count : keys.perLayer(name, config.layers)) {
    if (count != 0 && same != 0 && count != same)
      throw Error(
          ErrorCode::Unsupported,
          fmt::format("Its layers have different numbers of heads ({}: {} and {}), which cannot be computed yet.",
                      keys(name), same, count),
          keys(name));
    if (count != 0) same = count;
    isNone.push_back(count == 0 ? 1 : 0);
  }
  return isNone;
}

void readExperts(const ConfigKeys& keys, const ExpertNames& names, ModelConfig& config) {
  config.experts = keys.integer(names.experts, std::nullopt, 1, kMaxExperts);
  config.usedExperts = keys.integer(names.used, std::nullopt, 1, std::min(config.experts, kMaxUsedExperts));
  config.expertFeedForward = keys.integer(names.feedForward, config.feedForward, 1, kMaxFeedForward);
}

void readSharedExpert(const ConfigKeys& keys, const char* name, std::uint32_t usual, ModelConfig& config) {
  config.sharedFeedForward = keys.integer(name, usual, 0, kMaxFeedForward);
}

void refuseLayersWithoutExperts(const ConfigKeys& keys) {
  const auto* const whole = std::get_if<io::MetadataArray>(keys.metadata().find(keys("mlp_only_layers")));
  if (keys.integer("decoder_sparse_step", 1, 0, ModelConfig::kMaxContext) != 1 ||
      (whole != nullptr && whole->size() != 0))
    throw Error(ErrorCode::Unsupported,
                fmt::format("Some of its layers have no experts ({}, {}), which cannot be computed yet.",
                            keys("decoder_sparse_step"), keys("mlp_only_layers")),
                keys("decoder_sparse_step"));
}

void readExpertGroups(const ConfigKeys& keys, const ExpertGroupNames& names, ModelConfig& config) {
  const std::uint32_t groups = keys.integer(names.groups, names.usualGroups, 0, kMaxExpertGroups);
  if (groups <= 1) return;
  if (config.experts % groups != 0)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of experts ({}) should be a multiple of that of their groups ({}).",
                            config.experts, groups),
                keys(names.groups));
  const std::uint32_t used = keys.integer(names.used, names.usualUsed, 1, groups), each = config.experts / groups;
  if (used * each < config.usedExperts)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("A token goes through {} experts, but the {} groups that they are chosen from have {}.",
                            config.usedExperts, used, used * each),
                keys(names.used));
  if (used == groups) return;
  config.expertGroups = groups;
  config.usedExpertGroups = used;
}

void writeExperts(const ModelConfig& config, const ExpertNames& names, ConfigWriter& writer) {
  writer.integer(names.experts, config.experts);
  writer.integer(names.used, config.usedExperts);
  writer.integer(names.feedForward, config.expertFeedForward);
}

void writeKeyHeads(const ModelConfig& config, const char* name, ConfigWriter& writer) {
  std::vector<std::uint32_t> heads;
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    heads.push_back(config.isRecurrentAt(layer) ? 0 : config.kvHeadsOf(layer));
  writer.integers(name, heads);
}

std::vector<std::uint32_t> windowPattern(std::uint32_t pattern, std::uint32_t layers) {
  std::vector<std::uint32_t> isWindowed;
  for (std::uint32_t layer = 0; layer < layers; ++layer) isWindowed.push_back((layer + 1) % pattern == 0 ? 0 : 1);
  return isWindowed;
}

void writeLayerTypes(const ModelConfig& config, ConfigWriter& writer) {
  std::vector<std::string_view> types;
  for (const std::uint32_t isWindowed : config.isWindowed)
    types.push_back(isWindowed == 0 ? kWholeLayer : kWindowedLayer);
  writer.texts("layer_types", types);
}

void readLayerTypes(const ConfigKeys& keys, ModelConfig& config) {
  const auto types = keys.wordsPerLayer("layer_types", config.layers);
  if (types.empty()) return;
  config.isWindowed.assign(config.layers, 0);
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const bool isWhole = types[layer] == kWholeLayer;
    if (!isWhole && types[layer] != kWindowedLayer)
      throw Error(
          ErrorCode::Unsupported,
          fmt::format("Layer {} is of the kind {}, which cannot be computed yet.", layer, io::inQuotes(types[layer])),
          keys("layer_types"));
    config.isWindowed[layer] = isWhole ? 0 : 1;
  }
}

void readRotatedShare(const ConfigKeys& keys, ModelConfig& config) {
  const char* const key = "rope_parameters.partial_rotary_factor";
  if (!keys.has(key)) return;
  const float share = keys.real(key, 1.0F, 1e-3F, 1.0F);
  config.ropeDimensions = static_cast<std::uint32_t>(static_cast<float>(config.headSize) * share + 1e-3F) / 2 * 2;
}

float yarnMagnitude(float factor) {
  return factor <= 1.0F ? 1.0F : static_cast<float>(0.1 * std::log(static_cast<double>(factor)) + 1.0);
}

float longRopeMagnitude(double factor, std::uint32_t originalContext) {
  return factor <= 1.0 ? 1.0F : static_cast<float>(std::sqrt(1.0 + std::log(factor) / std::log(originalContext)));
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
