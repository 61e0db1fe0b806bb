#include "core/model/understood_keys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "core/model/architectures/architecture.h"

namespace core::model {

namespace {

/// Keys that config.cpp and rope_scaling.cpp read, and those that tell nothing about the computation.
constexpr std::array<std::string_view, 20> kFollowed = {
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "attention.sliding_window",
    "expert_count",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scale_linear",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.original_context_length",
    "rope.scaling.low_freq_factor",
    "rope.scaling.high_freq_factor",
    "rope.scaling.finetuned",
    "rope.scaling.attn_factor",
    // They belong to the type "yarn" and do nothing under others.
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
};

/// Of a key in these families everything but 0 changes the computation, whether its name is known or not.
constexpr std::array<std::string_view, 9> kFamilies = {"attention.", "rope.",      "expert_", "ssm.",   "wkv.",
                                                       "kda.",       "shortconv.", "hyper_",  "posnet."};

/// Keys outside the families that change the computation unless they are 0.
constexpr std::array<std::string_view, 14> kMustBeZero = {"attn_logit_softcapping",
                                                          "final_logit_softcapping",
                                                          "router_logit_softcapping",
                                                          "use_parallel_residual",
                                                          "swin_norm",
                                                          "nextn_predict_layers",
                                                          "token_shift_count",
                                                          "rescale_every_n_layers",
                                                          "n_deepstack_layers",
                                                          "leading_dense_block_count",
                                                          "swiglu_clamp_exp",
                                                          "swiglu_clamp_shexp",
                                                          "decoder_block_count",
                                                          "hash_layer_count"};

/// Factors, for which 0 stands for "not set".
constexpr std::array<std::string_view, 8> kMustBeZeroOrOne = {
    "logit_scale",           "residual_scale",     "embedding_scale",           "attention.output_scale",
    "attention.value_scale", "rope.scaling.alpha", "interleave_moe_layer_step", "full_attention_interval"};

constexpr std::array<std::string_view, 2> kMustBeOne = {"attention.causal", "rope.scaling.yarn_attn_factor"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

/// NaN, which equals nothing, for what is no number.
double numberOf(const io::MetadataValue& value) {
  return std::visit(
      [](const auto& stored) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(stored)>>)
          return static_cast<double>(stored);
        else
          return std::numeric_limits<double>::quiet_NaN();
      },
      value);
}

bool isFollowed(std::string_view key, const io::MetadataEntry& entry, const ModelConfig& config) {
  const double number = numberOf(entry.value);
  if (key == "hidden_activation") {
    const auto* name = std::get_if<std::string>(&entry.value);
    return name != nullptr && (*name == "silu" || *name == "swish" || *name == "swiglu");
  }
  if (contains(kFollowed, key)) return true;
  if (isFollowedBy(*config.architecture, io::FileFormat::Gguf, key)) return true;
  if (contains(kMustBeOne, key)) return number == 1;
  if (contains(kMustBeZeroOrOne, key)) return number == 0 || number == 1;
  if (key == "attention.layer_norm_epsilon") return config.architecture->hasLayerNorms;
  if (key == "rope.scaling.yarn_log_multiplier") return number == 0 || config.ropeScaling != RopeScaling::Yarn;
  if (key == "rope.scaling.yarn_ext_factor") {  // −1: as the type says
    const double usual = config.ropeScaling == RopeScaling::Yarn ? 1 : 0;
    return number == usual || number == -1;
  }
  if (key == "attention.scale") {
    const double usual = 1 / std::sqrt(static_cast<double>(config.headSize));
    return number == 0 || std::abs(number - usual) <= 1e-6 * usual;
  }
  const bool matters = contains(kMustBeZero, key) ||
                       std::ranges::any_of(kFamilies, [&](std::string_view family) { return key.starts_with(family); });
  return !matters || number == 0;
}

}  // namespace

const io::MetadataEntry* findUnfollowedKey(const io::Checkpoint& checkpoint, const ModelConfig& config) {
  const io::Metadata& metadata = checkpoint.metadata();
  const std::string prefix = checkpoint.architecture() + '.';
  const auto found = std::ranges::find_if(metadata.entries(), [&](const io::MetadataEntry& entry) {
    const std::string_view key = entry.key;
    return key.starts_with(prefix) && !isFollowed(key.substr(prefix.size()), entry, config);
  });
  return found == metadata.entries().end() ? nullptr : &*found;
}

}  // namespace core::model
