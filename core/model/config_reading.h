#pragma once
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_defaults.h"
#include "core/model/config_keys.h"

namespace core::model {

/// "NAME is WHAT: it opens for inspection, but cannot chat yet."
std::string cannotChat(const io::Checkpoint& checkpoint, std::string_view what);
/// "a llama", "an opt"
std::string withArticle(std::string_view word);
/// Throws Error (Unsupported) for a key that changes the computation in a way no graph here follows.
[[noreturn]] void refuseKey(const io::Checkpoint& checkpoint, const io::MetadataEntry& entry);

/// What a format calls the hyper-parameters that all formats have, behind its prefix.
struct SizeNames {
  const char* context;
  const char* width;
  const char* layers;
  const char* feedForward;
  const char* heads;
  const char* kvHeads;
  const char* headSize;
  const char* valueHeadSize;  ///< null: as headSize
  const char* normEpsilon;
  const char* ropeBase;
};

inline constexpr SizeNames kGgufSizes{
    "context_length",       "embedding_length",       "block_count",
    "feed_forward_length",  "attention.head_count",   "attention.head_count_kv",
    "attention.key_length", "attention.value_length", "attention.layer_norm_rms_epsilon",
    "rope.freq_base"};
inline constexpr SizeNames kFolderSizes{"max_position_embeddings",
                                        "hidden_size",
                                        "num_hidden_layers",
                                        "intermediate_size",
                                        "num_attention_heads",
                                        "num_key_value_heads",
                                        "head_dim",
                                        nullptr,
                                        "rms_norm_eps",
                                        "rope_theta"};

/// Fills in the sizes, checked against their limits and each other.
/// @throws Error (InvalidFile) naming key and value
void readSizes(const ConfigKeys& keys, const SizeNames& names, const ConfigDefaults& defaults, ModelConfig& config);

/// Llama 3's rule of frequencies. @throws Error (InvalidFile) naming key and value
struct Llama3Names {
  std::string originalContext;
  std::string lowFactor;
  std::string highFactor;
};
void readLlama3Scaling(const ConfigKeys& keys, const Llama3Names& names, ModelConfig& config);

}  // namespace core::model
