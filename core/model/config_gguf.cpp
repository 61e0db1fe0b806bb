#include "core/model/config_gguf.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_reading.h"
#include "core/model/understood_keys.h"

namespace core::model {

namespace {

constexpr const SizeNames& kSizes = kGgufSizes;

bool isKnownScaling(std::string_view type) {
  return type == "none" || type == "linear" || type == "llama3" || type == "yarn" || type == "longrope";
}

/// How many times longer every wave is; 1 when the file does not say, or says 0.
float readFactor(const ConfigKeys& keys) {
  const char* const key = keys.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
  const float factor = keys.real(key, 1.0F, 0.0F, 1e4F);
  return factor == 0.0F ? 1.0F : keys.real(key, 1.0F, 1e-3F, 1e4F);
}

/// A factor without a type means linear scaling, and its older name is rope.scale_linear (llama.cpp).
void readRope(const ConfigKeys& keys, ModelConfig& config) {
  if (!config.architecture->hasAttention) return;
  config.ropePairing = config.architecture->ggufPairing;
  config.ropeDimensions = keys.integer("rope.dimension_count", config.headSize, 2, config.headSize);
  if (config.ropeDimensions % 2 != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of rotated dimensions should be even, but is {}.", config.ropeDimensions),
                keys("rope.dimension_count"));
  }
  config.ropeFactor = readFactor(keys);
  const std::string type = keys.metadata().string(keys("rope.scaling.type")).value_or("linear");
  if (type == "linear" && config.ropeFactor != 1.0F) config.ropeScaling = RopeScaling::Linear;
  config.ropeMagnitude = keys.real("rope.scaling.attn_factor", 1.0F, 1e-3F, 1e3F);
  if (type != "llama3")
    config.ropeOriginalContext =
        keys.integer("rope.scaling.original_context_length", config.contextLength, 1, ModelConfig::kMaxContext);
  if (type == "longrope") config.ropeScaling = RopeScaling::LongRope;
  if (type == "yarn" && config.ropeFactor != 1.0F) {
    config.ropeScaling = RopeScaling::Yarn;
    config.ropeFastTurns = keys.real("rope.scaling.yarn_beta_fast", 32.0F, 1e-3F, 1e6F);
    config.ropeSlowTurns = keys.real("rope.scaling.yarn_beta_slow", 1.0F, 1e-3F, 1e6F);
    const float ofAll = keys.real("rope.scaling.yarn_log_multiplier", 0.0F, 0.0F, 1e3F);
    const float usual = yarnMagnitude(config.ropeFactor);
    config.ropeMagnitude *= usual / (1.0F + (usual - 1.0F) * ofAll);
  }
  if (type == "llama3")
    readLlama3Scaling(
        keys, {"rope.scaling.original_context_length", "rope.scaling.low_freq_factor", "rope.scaling.high_freq_factor"},
        config);
}

}  // namespace

std::optional<std::string> whyNoGgufConfig(const io::Checkpoint& checkpoint) {
  const std::string& architecture = checkpoint.architecture();
  if (architecture.empty()) return cannotChat(checkpoint, "a file that names no architecture");
  if (findArchitecture(checkpoint) == nullptr) return cannotChat(checkpoint, withArticle(architecture) + " model");
  const ConfigKeys keys(checkpoint);
  if (keys.integer(kGgufExperts.experts, 0, 0, 1U << 16U) > 0 && !findArchitecture(checkpoint)->hasExperts)
    return cannotChat(checkpoint, "a mixture-of-experts model");
  for (const char* const name : {kSizes.kvHeads, kSizes.heads, kSizes.feedForward}) {
    const std::string key = keys(name);
    const io::MetadataArray* list = std::get_if<io::MetadataArray>(checkpoint.metadata().find(key));
    if (list != nullptr && !uniformValue(*list) && !findArchitecture(checkpoint)->hasDifferentLayers)
      return cannotChat(checkpoint, fmt::format("a model whose layers differ ({} is a list)", key));
  }
  const auto scaling = checkpoint.metadata().string(keys("rope.scaling.type"));
  if (scaling && !isKnownScaling(*scaling))
    return cannotChat(checkpoint, fmt::format("a model with rotary scaling of type {}", io::inQuotes(*scaling)));
  return std::nullopt;
}

void readGgufConfig(const io::Checkpoint& checkpoint, ModelConfig& config) {
  const ConfigKeys keys(checkpoint);
  SizeNames names = kSizes;
  if (config.architecture->hasLayerNorms) names.normEpsilon = "attention.layer_norm_epsilon";
  // Files of models without another feed-forward part may say the width of experts alone.
  if (config.architecture->hasExperts && !keys.has(names.feedForward)) names.feedForward = kGgufExperts.feedForward;
  readSizes(keys, names, {}, config);
  config.slidingWindow = keys.integer("attention.sliding_window", 0, 0, ModelConfig::kMaxContext);
  readRope(keys, config);
  readRows(keys, io::FileFormat::Gguf, config);
  if (config.architecture->readGguf != nullptr) config.architecture->readGguf(keys, config);
  if (const io::MetadataEntry* entry = findUnfollowedKey(checkpoint, config)) refuseKey(checkpoint, *entry);
}

}  // namespace core::model
