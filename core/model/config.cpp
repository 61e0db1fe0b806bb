#include "core/model/config.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/metadata_limits.h"
#include "core/model/rope_scaling.h"
#include "core/model/understood_keys.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMaxVocabulary = 1U << 24U;
constexpr std::uint32_t kMaxWidth = 1U << 17U;
constexpr std::uint32_t kMaxFeedForward = 1U << 20U;
constexpr std::uint32_t kMaxLayers = 1024;
constexpr std::uint32_t kMaxHeads = 1024;
constexpr std::uint32_t kMaxHeadSize = 1024;

std::string cannotChat(const io::Checkpoint& checkpoint, std::string_view what) {
  return fmt::format("{} is {}: it opens for inspection, but cannot chat yet.", checkpoint.name(), what);
}

std::string_view article(std::string_view word) {
  return !word.empty() && std::string_view("aeiou").find(word.front()) != std::string_view::npos ? "an" : "a";
}

/// The sentence about a property that rules a file out before any number of it is read.
std::optional<std::string> unsupportedKind(const io::Checkpoint& checkpoint) {
  if (checkpoint.kind() != io::ModelKind::Model) return cannotChat(checkpoint, io::describe(checkpoint.kind()));
  if (checkpoint.format() != io::FileFormat::Gguf) return cannotChat(checkpoint, "a safetensors model");
  const std::string& architecture = checkpoint.architecture();
  if (architecture.empty()) return cannotChat(checkpoint, "a file that names no architecture");
  if (architecture != "llama") {
    return cannotChat(checkpoint, fmt::format("{} {} model", article(architecture), architecture));
  }
  const MetadataLimits limits(checkpoint.metadata());
  if (limits.integer("llama.expert_count", 0, 0, 1U << 16U) > 0) {
    return cannotChat(checkpoint, "a mixture-of-experts model");
  }
  for (const char* key : {"llama.attention.head_count_kv", "llama.attention.head_count", "llama.feed_forward_length"}) {
    const io::MetadataArray* list = std::get_if<io::MetadataArray>(checkpoint.metadata().find(key));
    if (list != nullptr && !uniformValue(*list)) {
      return cannotChat(checkpoint, fmt::format("a model whose layers differ ({} is a list)", key));
    }
  }
  const auto scaling = checkpoint.metadata().string("llama.rope.scaling.type");
  if (scaling && !isKnownScaling(*scaling)) {
    return cannotChat(checkpoint, fmt::format("a model with rotary scaling of type {}", io::inQuotes(*scaling)));
  }
  for (const io::TensorInfo& tensor : checkpoint.tensors()) {
    if (tensor.isReadable() || !tensor.pieceOf.empty()) continue;
    return cannotChat(checkpoint, fmt::format("a model whose tensor {} cannot be read as weights ({})",
                                              io::inQuotes(tensor.name), tensor.unreadable));
  }
  return std::nullopt;
}

/// Rows of the embedding: the vocabulary the model really has. The tokenizer may know fewer or more.
std::uint32_t vocabularySize(const io::Checkpoint& checkpoint) {
  const auto index = checkpoint.find("token_embd.weight");
  if (!index) {
    throw Error(ErrorCode::Unsupported,
                cannotChat(checkpoint, "a file without the tensor token_embd.weight, which models that can chat have"),
                "token_embd.weight");
  }
  const tensor::Shape& shape = checkpoint.tensors()[*index].shape;
  if (shape.rank() != 2 || shape[0] == 0 || shape[0] > kMaxVocabulary) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The embedding should have the shape [vocabulary, width] with at most {} rows, but has {}.",
                            kMaxVocabulary, shape.toString()),
                "token_embd.weight");
  }
  return static_cast<std::uint32_t>(shape[0]);
}

void readHeads(const MetadataLimits& limits, ModelConfig& config) {
  config.heads = limits.integer("llama.attention.head_count", std::nullopt, 1, kMaxHeads);
  config.kvHeads = limits.integer("llama.attention.head_count_kv", config.heads, 1, kMaxHeads);
  if (config.heads % config.kvHeads != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of heads ({}) should be a multiple of the number of key-value heads ({}).",
                            config.heads, config.kvHeads),
                "llama.attention.head_count_kv");
  }
  std::optional<std::uint32_t> headSize;
  if (config.width % config.heads == 0) headSize = config.width / config.heads;
  config.headSize = limits.integer("llama.attention.key_length", headSize, 1, kMaxHeadSize);
  config.valueHeadSize = limits.integer("llama.attention.value_length", config.headSize, 1, kMaxHeadSize);
}

}  // namespace

ModelConfig ModelConfig::fromCheckpoint(const io::Checkpoint& checkpoint) {
  if (const auto sentence = unsupportedKind(checkpoint)) throw Error(ErrorCode::Unsupported, *sentence);
  const io::Metadata& metadata = checkpoint.metadata();
  const MetadataLimits limits(metadata);
  ModelConfig config;
  config.architecture = checkpoint.architecture();
  config.vocabulary = vocabularySize(checkpoint);
  config.contextLength = limits.integer("llama.context_length", std::nullopt, 1, ModelConfig::kMaxContext);
  config.width = limits.integer("llama.embedding_length", std::nullopt, 1, kMaxWidth);
  config.layers = limits.integer("llama.block_count", std::nullopt, 1, kMaxLayers);
  config.feedForward = limits.integer("llama.feed_forward_length", std::nullopt, 1, kMaxFeedForward);
  config.normEpsilon = limits.real("llama.attention.layer_norm_rms_epsilon", 1e-5F, 0.0F, 1.0F);
  config.slidingWindow = limits.integer("llama.attention.sliding_window", 0, 0, ModelConfig::kMaxContext);
  readHeads(limits, config);
  readRope(limits, metadata, config);
  if (const io::MetadataEntry* entry = findUnfollowedKey(metadata, config)) {
    throw Error(ErrorCode::Unsupported,
                cannotChat(checkpoint, fmt::format("a model with {} set to {}", io::inQuotes(entry->key),
                                                   io::inQuotes(io::toDisplayText(entry->value)))),
                entry->key);
  }
  return config;
}

std::optional<std::string> whyNotRunnable(const io::Checkpoint& checkpoint) {
  try {
    ModelConfig::fromCheckpoint(checkpoint);
    return std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace core::model
