#include "core/model/config_hugging_face.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config_reading.h"

namespace core::model {

namespace {

/// Where rotary embedding is described: rope_parameters since transformers 5, there with an object for each kind of
/// layer where they differ, rope_scaling before.
constexpr std::array<std::string_view, 3> kRopeObjects = {"rope_parameters", kWholeLayersRope, "rope_scaling"};

/// Keys that change the computation unless they have one of the values that change nothing: nothing, false, 0 or 1 as
/// noted. transformers gives some of them to other families; a model that needs them computes something else here.
struct NeutralKey {
  std::string_view key;
  double neutral;  ///< beside 0 and false
};
constexpr NeutralKey kNeutralKeys[] = {
    {"mlp_bias", 0},
    {"partial_rotary_factor", 1},
    {"rotary_pct", 1},
    {"rope_parameters.partial_rotary_factor", 1},
    {"rope_scaling.partial_rotary_factor", 1},
    {"num_local_experts", 0},
    {"num_experts", 0},
    {"n_routed_experts", 0},
    {"moe_intermediate_size", 0},
    {"attn_logit_softcapping", 0},
    {"final_logit_softcapping", 0},
    {"attention_multiplier", 0},
    {"embedding_multiplier", 1},
    {"residual_multiplier", 1},
    {"logits_scaling", 1},
    {"logit_scale", 1},
    {"query_pre_attn_scalar", 0},
    {"scale_emb", 1},
    {"scale_depth", 0},
    {"dim_model_base", 0},
    {"qk_norm", 0},
    {"use_qk_norm", 0},
    {"qk_layernorm", 0},
    {"clip_qkv", 0},
    {"alibi", 0},
    {"use_alibi", 0},
    {"parallel_residual", 0},
    {"use_parallel_residual", 0},
    {"attention_chunk_size", 0},
    {"use_sliding_window", 0},
    {"no_rope_layer_interval", 0},
    {"attn_temperature_tuning", 0},
    {"add_cross_attention", 0},
    {"is_encoder_decoder", 0},
    {"scale_attn_by_inverse_layer_idx", 0},
};

bool isNeutral(const io::MetadataValue& value, double neutral) {
  const auto equals = [&](double number) { return number == 0 || number == neutral; };
  if (const bool* flag = std::get_if<bool>(&value)) return !*flag;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return equals(static_cast<double>(*number));
  if (const auto* number = std::get_if<std::int64_t>(&value)) return equals(static_cast<double>(*number));
  if (const auto* number = std::get_if<double>(&value)) return equals(*number);
  return false;
}

const io::MetadataEntry* entryOf(const io::Metadata& metadata, std::string_view key) {
  const auto found = std::ranges::find(metadata.entries(), key, &io::MetadataEntry::key);
  return found == metadata.entries().end() ? nullptr : &*found;
}

/// Rotary embedding that is described by no object of plain values: each kind of layer may have an object of its own,
/// which models follow that have such kinds.
bool isUnknownRope(const Architecture& architecture, std::string_view key) {
  for (const std::string_view object : {"config.rope_parameters", "config.rope_scaling",
                                        "config.text_config.rope_parameters", "config.text_config.rope_scaling"}) {
    if (!key.starts_with(object)) continue;
    const std::string_view inside = key.substr(object.size());
    if (inside.empty()) return true;
    if (inside.front() != '.' || inside.find('.', 1) == std::string_view::npos) continue;
    const std::string kind = fmt::format("rope_parameters{}", inside.substr(0, inside.find('.', 1)));
    if (!isFollowedBy(architecture, io::FileFormat::Safetensors, kind)) return true;
  }
  return false;
}

/// compressed-tensors' rotation of what runs through the model; those of weights have been carried out already.
bool isRotation(const io::MetadataEntry& entry) {
  const auto* const place = std::get_if<std::string>(&entry.value);
  return place != nullptr && entry.key.starts_with("config.quantization_config.transform_config.") &&
         entry.key.ends_with(".location") && !place->starts_with("weight_");
}

bool isCalled(Activation activation, std::string_view name) {
  switch (activation) {
    case Activation::None:
    case Activation::Sigmoid:  // of no feed-forward part
    case Activation::Silu:
      break;
    case Activation::GeluTanh:
      return name == "gelu_pytorch_tanh" || name == "gelu_new";
    case Activation::ClampedSwish:  // gpt-oss calls it silu
      break;
  }
  return name == "silu" || name == "swish";
}

void refuseUnfollowed(const io::Checkpoint& checkpoint, const ConfigKeys& keys, const ModelConfig& config) {
  const Architecture& architecture = *config.architecture;
  const io::Metadata& metadata = checkpoint.metadata();
  const auto isFollowed = [&](std::string_view key) {
    return isFollowedBy(architecture, io::FileFormat::Safetensors, key);
  };
  for (const NeutralKey& row : kNeutralKeys) {
    if (isFollowed(row.key)) continue;
    const io::MetadataEntry* const entry = entryOf(metadata, keys(row.key));
    if (entry != nullptr && !isNeutral(entry->value, row.neutral)) refuseKey(checkpoint, *entry);
  }
  for (const char* const key : {"hidden_act", "hidden_activation", "activation_function"}) {
    const io::MetadataEntry* const act = isFollowed(key) ? nullptr : entryOf(metadata, keys(key));
    if (act == nullptr) continue;
    const auto* const name = std::get_if<std::string>(&act->value);
    if (name == nullptr || !isCalled(architecture.activation, *name)) refuseKey(checkpoint, *act);
  }
  if (const auto* const types = isFollowed("layer_types") ? nullptr : entryOf(metadata, keys("layer_types"))) {
    const auto* const list = std::get_if<io::MetadataArray>(&types->value);
    const bool isText = list != nullptr && list->elementType() == io::MetadataType::String;
    const std::vector<std::string> kinds = isText ? list->strings() : std::vector<std::string>{""};
    const bool areAlike = std::ranges::adjacent_find(kinds, std::ranges::not_equal_to()) == kinds.end();
    const auto isFollowedKind = [&](std::string_view kind) {
      return kind == "full_attention" || (kind == "sliding_attention" && config.slidingWindow != 0);
    };
    if (!areAlike || (!kinds.empty() && !isFollowedKind(kinds.front()))) refuseKey(checkpoint, *types);
  }
  for (const io::MetadataEntry& entry : metadata.entries())
    if (isUnknownRope(architecture, entry.key) || isRotation(entry)) refuseKey(checkpoint, entry);
}

/// The context before scaling: inside the object, or, older, beside it.
std::uint32_t originalContext(const ConfigKeys& keys, const std::string& object, std::uint32_t fallback) {
  const char* const name = "original_max_position_embeddings";
  constexpr std::uint32_t kLeast = 2;  // its logarithm is divided by
  const std::uint32_t beside = keys.integer(name, fallback, kLeast, ModelConfig::kMaxContext);
  return keys.integer(object + name, beside, kLeast, ModelConfig::kMaxContext);
}

/// Source: _compute_yarn_parameters of transformers.
void readYarn(const ConfigKeys& keys, const std::string& object, ModelConfig& config) {
  config.ropeScaling = RopeScaling::Yarn;
  config.ropeOriginalContext = originalContext(keys, object, config.contextLength);
  config.ropeFastTurns = keys.real(object + "beta_fast", 32.0F, 1e-3F, 1e6F);
  config.ropeSlowTurns = keys.real(object + "beta_slow", 1.0F, 1e-3F, 1e6F);
  config.hasWholeRopeBounds = keys.flag(object + "truncate", true);
  const float scale = keys.real(object + "mscale", 0.0F, 0.0F, 1e3F);
  const float scaleOfAll = keys.real(object + "mscale_all_dim", 0.0F, 0.0F, 1e3F);
  const auto magnitude = [&](float by) { return 1.0F + (yarnMagnitude(config.ropeFactor) - 1.0F) * by; };
  const float usual = scale != 0.0F && scaleOfAll != 0.0F ? magnitude(scale) / magnitude(scaleOfAll) : magnitude(1.0F);
  config.ropeMagnitude = keys.real(object + "attention_factor", usual, 1e-3F, 1e3F);
}

std::vector<float> ropeFactors(const ConfigKeys& keys, const std::string& name) {
  const auto* const list = std::get_if<io::MetadataArray>(keys.metadata().find(keys(name)));
  if (list == nullptr || list->size() == 0 || list->elementType() == io::MetadataType::String)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("Rotary scaling by factors needs a list of numbers in {}.", keys(name)), keys(name));
  std::vector<float> factors;
  for (const double factor : list->numbers()) factors.push_back(static_cast<float>(factor));
  return factors;
}

/// Source: _compute_longrope_parameters of transformers.
void readLongRope(const ConfigKeys& keys, const std::string& object, ModelConfig& config) {
  config.ropeScaling = RopeScaling::LongRope;
  config.ropeOriginalContext = originalContext(keys, object, config.contextLength);
  config.ropeShortFactors = ropeFactors(keys, object + "short_factor");
  config.ropeLongFactors = ropeFactors(keys, object + "long_factor");
  const double factor = keys.has(object + "factor")
                            ? static_cast<double>(config.ropeFactor)
                            : static_cast<double>(config.contextLength) / config.ropeOriginalContext;
  const float usual = longRopeMagnitude(factor, config.ropeOriginalContext);
  config.ropeMagnitude = keys.real(object + "attention_factor", usual, 1e-3F, 1e3F);
}

/// The type of rotary scaling under one of its names; "default" is none. So is that of models that read pictures, which
/// gives a picture's rows and columns positions of their own and text the usual ones.
std::string scalingType(const ConfigKeys& keys, std::string_view object) {
  auto value = keys.metadata().string(keys(fmt::format("{}.rope_type", object)));
  if (!value) value = keys.metadata().string(keys(fmt::format("{}.type", object)));
  // Of layers that see everything, Gemma 4's share of a head (ropeTurnedPairs).
  const bool isShare = value && *value == "proportional" && object == kWholeLayersRope;
  return !value || *value == "mrope" || isShare ? "default" : *value;
}

/// Of models without kinds of layers an object for one of them is refused as it is (isUnknownRope).
bool mayDescribe(std::string_view object, const Architecture& architecture) {
  return object != kWholeLayersRope || isFollowedBy(architecture, io::FileFormat::Safetensors, object);
}

void readFolderRope(const ConfigKeys& keys, ModelConfig& config) {
  if (!config.architecture->hasAttention) return;
  config.ropePairing = RopePairing::Halves;
  config.ropeDimensions = config.headSize;
  if (config.headSize % 2 != 0) {
    throw Error(ErrorCode::InvalidFile, fmt::format("The size of a head should be even, but is {}.", config.headSize),
                keys(config.architecture->folderSizes.heads));
  }
  for (const std::string_view object : kRopeObjects) {
    if (!mayDescribe(object, *config.architecture)) continue;
    const auto inside = [&](const char* name) { return fmt::format("{}.{}", object, name); };
    if (keys.has(inside("rope_theta"))) config.ropeBase = keys.real(inside("rope_theta"), config.ropeBase, 1.0F, 1e12F);
    const std::string type = scalingType(keys, object);
    if (type == "default") continue;
    for (const char* const name : {"factor", "original_max_position_embeddings"})
      if (!keys.has(inside(name)) &&
          (type == "llama3" || (std::string_view(name) == "factor" && type != "longrope" && type != "su")))
        throw Error(ErrorCode::InvalidFile,
                    fmt::format("Rotary scaling of type {} needs {}.", type, keys(inside(name))), keys(inside(name)));
    config.ropeFactor = keys.real(inside("factor"), 1.0F, 1e-3F, 1e4F);
    if (type == "linear" && config.ropeFactor != 1.0F) config.ropeScaling = RopeScaling::Linear;
    if (type == "yarn") return readYarn(keys, std::string(object) + '.', config);
    if (type == "longrope" || type == "su") return readLongRope(keys, std::string(object) + '.', config);
    if (type != "llama3") return;
    return readLlama3Scaling(
        keys, {inside("original_max_position_embeddings"), inside("low_freq_factor"), inside("high_freq_factor")},
        config);
  }
}

}  // namespace

std::optional<std::string> whyNoHuggingFaceConfig(const io::Checkpoint& checkpoint) {
  const io::Metadata& metadata = checkpoint.metadata();
  const std::string& type = checkpoint.architecture();
  if (type.empty()) {
    const bool hasConfig = std::ranges::any_of(
        metadata.entries(), [](const io::MetadataEntry& entry) { return entry.key.starts_with("config."); });
    return cannotChat(checkpoint, hasConfig ? "a folder whose config.json names no model_type"
                                            : "a safetensors model without a readable config.json beside it");
  }
  const Architecture* const architecture = findArchitecture(checkpoint);
  if (architecture == nullptr) return cannotChat(checkpoint, withArticle(type) + " model");
  for (const std::string_view object : kRopeObjects) {
    if (!mayDescribe(object, *architecture)) continue;
    const std::string scaling = scalingType(ConfigKeys(checkpoint), object);
    static constexpr std::array<std::string_view, 6> kKnown = {"default", "linear", "llama3", "yarn", "longrope", "su"};
    if (std::ranges::find(kKnown, scaling) == kKnown.end())
      return cannotChat(checkpoint, fmt::format("a model with rotary scaling of type {}", io::inQuotes(scaling)));
  }
  return std::nullopt;
}

void readHuggingFaceConfig(const io::Checkpoint& checkpoint, ModelConfig& config) {
  const ConfigKeys keys(checkpoint);
  const bool isMistral = checkpoint.architecture() == "mistral";
  ConfigDefaults defaults = config.architecture->folderDefaults;
  if (isMistral) defaults = {131072, 32, 8, {}, 1e-6F, 10000.0F};
  readSizes(keys, config.architecture->folderSizes, defaults, config);
  // Only mistral's attention looks at it; null, which most files say, is none.
  if (isMistral) config.slidingWindow = keys.integer("sliding_window", 0, 0, ModelConfig::kMaxContext);
  readFolderRope(keys, config);
  readRows(keys, io::FileFormat::Safetensors, config);
  if (config.architecture->readFolder != nullptr) config.architecture->readFolder(keys, config);
  refuseUnfollowed(checkpoint, keys, config);
}

}  // namespace core::model
