#pragma once
#include <string>
#include <string_view>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
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

/// What most folders call them.
inline constexpr SizeNames kUsualFolderSizes{"max_position_embeddings",
                                             "hidden_size",
                                             "num_hidden_layers",
                                             "intermediate_size",
                                             "num_attention_heads",
                                             "num_key_value_heads",
                                             "head_dim",
                                             nullptr,
                                             "rms_norm_eps",
                                             "rope_theta"};

/// What holds where a file is silent; a count without one is required.
struct ConfigDefaults {
  std::optional<std::uint32_t> context = {};
  std::optional<std::uint32_t> kvHeads = {};  ///< nothing: as many as heads
  float normEpsilon = 1e-5F;
  std::uint32_t feedForwardWidths = 0;  ///< how many times the width its feed-forward part is; 0: it has to be said
};

/// Fills in the sizes, checked against their limits and each other.
/// @throws Error (InvalidFile) naming key and value
void readSizes(const ConfigKeys& keys, const SizeNames& names, const ConfigDefaults& defaults, ModelConfig& config);

/// How many experts there are, how many a token goes through, and how wide each is, by these names; nothing of it where
/// there are none. @throws Error (InvalidFile) naming key and value
struct ExpertNames {
  const char *experts, *used, *feedForward;
};
void readExperts(const ConfigKeys& keys, const ExpertNames& names, ModelConfig& config);
inline constexpr ExpertNames kGgufExperts{"expert_count", "expert_used_count", "expert_feed_forward_length"};

/// Which layers see a window only: of so many in a row, all but the last.
void setWindowPattern(std::uint32_t pattern, ModelConfig& config);
/// By the kinds that a folder lists, if it does. @throws Error (Unsupported) for a kind that is neither whole nor a
/// window, (InvalidFile)
void readLayerTypes(const ConfigKeys& keys, ModelConfig& config);

/// What Yarn multiplies queries and keys by: 0.1 · ln(factor) + 1 (Peng et al. 2023).
float yarnMagnitude(float factor);

/// Llama 3's rule of frequencies. @throws Error (InvalidFile) naming key and value
struct Llama3Names {
  std::string originalContext;
  std::string lowFactor;
  std::string highFactor;
};
void readLlama3Scaling(const ConfigKeys& keys, const Llama3Names& names, ModelConfig& config);

}  // namespace core::model
