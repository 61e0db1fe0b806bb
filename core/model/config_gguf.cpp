#include "core/model/config_gguf.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/config_reading.h"
#include "core/model/understood_keys.h"

namespace core::model {

namespace {

constexpr ConfigKeys kGgufKeys = {
    "llama.context_length",       "llama.embedding_length",       "llama.block_count",
    "llama.feed_forward_length",  "llama.attention.head_count",   "llama.attention.head_count_kv",
    "llama.attention.key_length", "llama.attention.value_length", "llama.attention.layer_norm_rms_epsilon",
    "llama.rope.freq_base"};
constexpr Llama3Keys kLlama3Keys = {"llama.rope.scaling.original_context_length", "llama.rope.scaling.low_freq_factor",
                                    "llama.rope.scaling.high_freq_factor"};

bool isKnownScaling(std::string_view type) { return type == "none" || type == "linear" || type == "llama3"; }

/// How many times longer every wave is; 1 when the file does not say, or says 0.
float readFactor(const MetadataLimits& limits, const io::Metadata& metadata) {
  const bool isNew = metadata.find("llama.rope.scaling.factor") != nullptr;
  const char* key = isNew ? "llama.rope.scaling.factor" : "llama.rope.scale_linear";
  const float factor = limits.real(key, 1.0F, 0.0F, 1e4F);
  return factor == 0.0F ? 1.0F : limits.real(key, 1.0F, 1e-3F, 1e4F);
}

/// A factor without a type means linear scaling, and its older name is rope.scale_linear (llama.cpp).
void readRope(const MetadataLimits& limits, const io::Metadata& metadata, ModelConfig& config) {
  config.ropePairing = RopePairing::Adjacent;
  config.ropeDimensions = limits.integer("llama.rope.dimension_count", config.headSize, 2, config.headSize);
  if (config.ropeDimensions % 2 != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of rotated dimensions should be even, but is {}.", config.ropeDimensions),
                "llama.rope.dimension_count");
  }
  config.ropeFactor = readFactor(limits, metadata);
  const std::string type = metadata.string("llama.rope.scaling.type").value_or("linear");
  if (type == "linear" && config.ropeFactor != 1.0F) config.ropeScaling = RopeScaling::Linear;
  if (type == "llama3") readLlama3Scaling(limits, kLlama3Keys, config);
}

}  // namespace

std::optional<std::string> whyNoGgufConfig(const io::Checkpoint& checkpoint) {
  const std::string& architecture = checkpoint.architecture();
  if (architecture.empty()) return cannotChat(checkpoint, "a file that names no architecture");
  if (architecture != "llama") return cannotChat(checkpoint, withArticle(architecture) + " model");
  const MetadataLimits limits(checkpoint.metadata());
  if (limits.integer("llama.expert_count", 0, 0, 1U << 16U) > 0)
    return cannotChat(checkpoint, "a mixture-of-experts model");
  for (const char* key : {kGgufKeys.kvHeads, kGgufKeys.heads, kGgufKeys.feedForward}) {
    const io::MetadataArray* list = std::get_if<io::MetadataArray>(checkpoint.metadata().find(key));
    if (list != nullptr && !uniformValue(*list))
      return cannotChat(checkpoint, fmt::format("a model whose layers differ ({} is a list)", key));
  }
  const auto scaling = checkpoint.metadata().string("llama.rope.scaling.type");
  if (scaling && !isKnownScaling(*scaling))
    return cannotChat(checkpoint, fmt::format("a model with rotary scaling of type {}", io::inQuotes(*scaling)));
  return std::nullopt;
}

void readGgufConfig(const io::Checkpoint& checkpoint, ModelConfig& config) {
  const io::Metadata& metadata = checkpoint.metadata();
  const MetadataLimits limits(metadata);
  readSizes(limits, kGgufKeys, {}, config);
  config.slidingWindow = limits.integer("llama.attention.sliding_window", 0, 0, ModelConfig::kMaxContext);
  readRope(limits, metadata, config);
  if (const io::MetadataEntry* entry = findUnfollowedKey(metadata, config)) refuseKey(checkpoint, *entry);
}

}  // namespace core::model
