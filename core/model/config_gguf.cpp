#include "core/model/config_gguf.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_reading.h"
#include "core/model/understood_keys.h"

namespace core::model {

namespace {

/// Keys stand behind the architecture's name: "llama.context_length".
class Keys {
 public:
  explicit Keys(const io::Checkpoint& checkpoint) : m_prefix(checkpoint.architecture() + '.') {}

  std::string operator()(std::string_view name) const { return m_prefix + std::string(name); }
  ConfigKeys sizes() const {
    const Keys& of = *this;
    return {of("context_length"),       of("embedding_length"),       of("block_count"),
            of("feed_forward_length"),  of("attention.head_count"),   of("attention.head_count_kv"),
            of("attention.key_length"), of("attention.value_length"), of("attention.layer_norm_rms_epsilon"),
            of("rope.freq_base")};
  }
  Llama3Keys llama3() const {
    const Keys& of = *this;
    return {of("rope.scaling.original_context_length"), of("rope.scaling.low_freq_factor"),
            of("rope.scaling.high_freq_factor")};
  }

 private:
  std::string m_prefix;
};

bool isKnownScaling(std::string_view type) { return type == "none" || type == "linear" || type == "llama3"; }

/// How many times longer every wave is; 1 when the file does not say, or says 0.
float readFactor(const MetadataLimits& limits, const io::Metadata& metadata, const Keys& keys) {
  const bool isNew = metadata.find(keys("rope.scaling.factor")) != nullptr;
  const std::string key = keys(isNew ? "rope.scaling.factor" : "rope.scale_linear");
  const float factor = limits.real(key, 1.0F, 0.0F, 1e4F);
  return factor == 0.0F ? 1.0F : limits.real(key, 1.0F, 1e-3F, 1e4F);
}

/// A factor without a type means linear scaling, and its older name is rope.scale_linear (llama.cpp).
void readRope(const MetadataLimits& limits, const io::Metadata& metadata, const Keys& keys, ModelConfig& config) {
  config.ropePairing = config.architecture->ggufPairing;
  config.ropeDimensions = limits.integer(keys("rope.dimension_count"), config.headSize, 2, config.headSize);
  if (config.ropeDimensions % 2 != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of rotated dimensions should be even, but is {}.", config.ropeDimensions),
                keys("rope.dimension_count"));
  }
  config.ropeFactor = readFactor(limits, metadata, keys);
  const std::string type = metadata.string(keys("rope.scaling.type")).value_or("linear");
  if (type == "linear" && config.ropeFactor != 1.0F) config.ropeScaling = RopeScaling::Linear;
  if (type == "llama3") readLlama3Scaling(limits, keys.llama3(), config);
}

}  // namespace

std::optional<std::string> whyNoGgufConfig(const io::Checkpoint& checkpoint) {
  const std::string& architecture = checkpoint.architecture();
  if (architecture.empty()) return cannotChat(checkpoint, "a file that names no architecture");
  if (findArchitecture(checkpoint) == nullptr) return cannotChat(checkpoint, withArticle(architecture) + " model");
  const Keys keys(checkpoint);
  const ConfigKeys sizes = keys.sizes();
  const MetadataLimits limits(checkpoint.metadata());
  if (limits.integer(keys("expert_count"), 0, 0, 1U << 16U) > 0)
    return cannotChat(checkpoint, "a mixture-of-experts model");
  for (const std::string& key : {sizes.kvHeads, sizes.heads, sizes.feedForward}) {
    const io::MetadataArray* list = std::get_if<io::MetadataArray>(checkpoint.metadata().find(key));
    if (list != nullptr && !uniformValue(*list))
      return cannotChat(checkpoint, fmt::format("a model whose layers differ ({} is a list)", key));
  }
  const auto scaling = checkpoint.metadata().string(keys("rope.scaling.type"));
  if (scaling && !isKnownScaling(*scaling))
    return cannotChat(checkpoint, fmt::format("a model with rotary scaling of type {}", io::inQuotes(*scaling)));
  return std::nullopt;
}

void readGgufConfig(const io::Checkpoint& checkpoint, ModelConfig& config) {
  const io::Metadata& metadata = checkpoint.metadata();
  const Keys keys(checkpoint);
  const MetadataLimits limits(metadata);
  readSizes(limits, keys.sizes(), {}, config);
  config.slidingWindow = limits.integer(keys("attention.sliding_window"), 0, 0, ModelConfig::kMaxContext);
  readRope(limits, metadata, keys, config);
  if (const io::MetadataEntry* entry = findUnfollowedKey(checkpoint, config)) refuseKey(checkpoint, *entry);
}

}  // namespace core::model
