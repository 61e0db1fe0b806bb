#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/config_defaults.h"
#include "core/model/config_keys.h"

namespace core::model {

class ConfigWriter;

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
  const char* kvHeads;        ///< null: as many as heads
  const char* headSize;       ///< null: files do not say it
  const char* valueHeadSize;  ///< null: as headSize
  const char* normEpsilon;
  const char* ropeBase;  ///< null: nothing is rotated
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

/// Where a list says 0: those layers have none of it. Empty where there is no list. [layers]
/// @throws Error (InvalidFile) for another length; (Unsupported) where two layers have different numbers, not 0
std::vector<std::uint32_t> layersOfNone(const ConfigKeys& keys, const char* name, const ModelConfig& config);

/// How many experts there are, how many a token goes through, and how wide each is, by these names; nothing of it where
/// there are none. @throws Error (InvalidFile) naming key and value
struct ExpertNames {
  const char *experts, *used, *feedForward;
};
void readExperts(const ConfigKeys& keys, const ExpertNames& names, ModelConfig& config);
/// How wide the part for all tokens beside them is; 0: there is none. @throws Error (InvalidFile) naming key and value
void readSharedExpert(const ConfigKeys& keys, const char* name, std::uint32_t usual, ModelConfig& config);
/// @throws Error (Unsupported) where a folder has some layers without experts (Qwen)
void refuseLayersWithoutExperts(const ConfigKeys& keys);

/// In how many groups experts lie, and of how many of them a token's are chosen. @pre experts are known
struct ExpertGroupNames {
  const char *groups, *used;
  std::uint32_t usualGroups = 1;
  std::optional<std::uint32_t> usualUsed = {};
};
/// @throws Error (InvalidFile) naming key and value
void readExpertGroups(const ConfigKeys& keys, const ExpertGroupNames& names, ModelConfig& config);
inline constexpr ExpertGroupNames kGgufExpertGroups{"expert_group_count", "expert_group_used_count"};
inline constexpr ExpertNames kGgufExperts{"expert_count", "expert_used_count", "expert_feed_forward_length"};

/// Says them by these names.
void writeExperts(const ModelConfig& config, const ExpertNames& names, ConfigWriter& writer);

/// Which layers see a window only: of so many in a row, all but the last. [layers]
std::vector<std::uint32_t> windowPattern(std::uint32_t pattern, std::uint32_t layers);
/// By the kinds that a folder lists, if it does. @throws Error (Unsupported) for a kind that is neither whole nor a
/// window, (InvalidFile)
void readLayerTypes(const ConfigKeys& keys, ModelConfig& config);

/// The share of a head that is rotated, where rope_parameters say it (transformers 5). @throws Error (InvalidFile)
void readRotatedShare(const ConfigKeys& keys, ModelConfig& config);

/// What Yarn multiplies queries and keys by: 0.1 · ln(factor) + 1 (Peng et al. 2023).
float yarnMagnitude(float factor);

/// What LongRope multiplies them by: √(1 + ln(factor) / ln(original)) (Ding et al. 2024).
float longRopeMagnitude(double factor, std::uint32_t originalContext);

/// Says the kinds of layers as a folder lists them.
void writeLayerTypes(const ModelConfig& config, ConfigWriter& writer);

/// How many heads of keys each layer has, none where it keeps a state: layersOfNone() reads it.
void writeKeyHeads(const ModelConfig& config, const char* name, ConfigWriter& writer);

/// Llama 3's rule of frequencies. @throws Error (InvalidFile) naming key and value
struct Llama3Names {
  std::string originalContext;
  std::string lowFactor;
  std::string highFactor;
};
void readLlama3Scaling(const ConfigKeys& keys, const Llama3Names& names, ModelConfig& config);

}  // namespace core::model
