#include "core/model/config.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/model/metadata_limits.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMaxVocabulary = 1U << 24U;
constexpr std::uint32_t kMaxContext = 1U << 28U;
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
  if (checkpoint.format() != io::FileFormat::Gguf) return cannotChat(checkpoint, "a safetensors model");
  if (checkpoint.kind() != io::ModelKind::Model) {
    return cannotChat(checkpoint, io::describe(checkpoint.kind()));
  }
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
    const io::MetadataValue* value = checkpoint.metadata().find(key);
    if (value != nullptr && std::holds_alternative<io::MetadataArray>(*value)) {
      return cannotChat(checkpoint, fmt::format("a model whose layers differ ({} is a list)", key));
    }
  }
  const std::string scaling = checkpoint.metadata().string("llama.rope.scaling.type").value_or("none");
  if (scaling != "none" && scaling != "linear" && scaling != "llama3") {
    return cannotChat(checkpoint, fmt::format("a model with rotary scaling of type \"{}\"", scaling));
  }
  return std::nullopt;
}

/// Rows of the embedding: the vocabulary the model really has. The tokenizer may know fewer or more.
std::uint32_t vocabularySize(const io::Checkpoint& checkpoint) {
  const tensor::TensorView embedding = checkpoint.view("token_embd.weight");
  if (embedding.shape.rank() != 2 || embedding.shape[0] == 0 || embedding.shape[0] > kMaxVocabulary) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The embedding should have the shape [vocabulary, width] with at most {} rows, but has {}.",
                            kMaxVocabulary, embedding.shape.toString()),
                "token_embd.weight");
  }
  return static_cast<std::uint32_t>(embedding.shape[0]);
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

void readRope(const MetadataLimits& limits, const io::Metadata& metadata, ModelConfig& config) {
  config.ropeBase = limits.real("llama.rope.freq_base", 10000.0F, 1.0F, 1e12F);
  config.ropeDimensions = limits.integer("llama.rope.dimension_count", config.headSize, 2, config.headSize);
  if (config.ropeDimensions % 2 != 0) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The number of rotated dimensions should be even, but is {}.", config.ropeDimensions),
                "llama.rope.dimension_count");
  }
  const std::string scaling = metadata.string("llama.rope.scaling.type").value_or("none");
  config.ropeFactor = limits.real("llama.rope.scaling.factor", 1.0F, 1e-3F, 1e4F);
  config.ropeOriginalContext =
      limits.integer("llama.rope.scaling.original_context_length", config.ropeOriginalContext, 1, kMaxContext);
  if (scaling == "linear") config.ropeScaling = RopeScaling::Linear;
  if (scaling != "llama3") return;
  config.ropeScaling = RopeScaling::Llama3;
  config.ropeLowFrequencyFactor = limits.real("llama.rope.scaling.low_freq_factor", 1.0F, 1e-3F, 1e4F);
  config.ropeHighFrequencyFactor = limits.real("llama.rope.scaling.high_freq_factor", 4.0F, 1e-3F, 1e4F);
  if (config.ropeHighFrequencyFactor <= config.ropeLowFrequencyFactor) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The high frequency factor ({}) should be greater than the low one ({}).",
                            config.ropeHighFrequencyFactor, config.ropeLowFrequencyFactor),
                "llama.rope.scaling.high_freq_factor");
  }
}

/// Llama 3.1's rule: wavelengths beyond the original context are stretched by `factor`, short ones are kept, those
/// between are blended.
double llama3Scaled(double frequency, const ModelConfig& config) {
  const double wavelength = 2.0 * std::numbers::pi / frequency;
  const double context = config.ropeOriginalContext;
  if (wavelength < context / config.ropeHighFrequencyFactor) return frequency;
  if (wavelength > context / config.ropeLowFrequencyFactor) return frequency / config.ropeFactor;
  const double smooth = (context / wavelength - config.ropeLowFrequencyFactor) /
                        (config.ropeHighFrequencyFactor - config.ropeLowFrequencyFactor);
  return (1.0 - smooth) * frequency / config.ropeFactor + smooth * frequency;
}

}  // namespace

std::vector<float> ModelConfig::ropeFrequencies(const std::vector<float>& frequencyFactors) const {
  const std::size_t pairs = ropeDimensions / 2;
  if (!frequencyFactors.empty() && frequencyFactors.size() != pairs) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("There should be {} frequency factors, one per pair, but there are {}.", pairs,
                            frequencyFactors.size()),
                "rope_freqs.weight");
  }
  std::vector<float> frequencies(pairs);
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    double frequency = std::pow(static_cast<double>(ropeBase), -2.0 * static_cast<double>(pair) / ropeDimensions);
    if (!frequencyFactors.empty()) {
      if (!(frequencyFactors[pair] > 0.0F) || !std::isfinite(frequencyFactors[pair])) {
        throw Error(
            ErrorCode::InvalidFile,
            fmt::format("Frequency factors should be positive, but number {} is {}.", pair, frequencyFactors[pair]),
            "rope_freqs.weight");
      }
      frequency /= frequencyFactors[pair];  // the factors already contain the Llama 3 rule
    } else if (ropeScaling == RopeScaling::Llama3) {
      frequency = llama3Scaled(frequency, *this);
    }
    if (ropeScaling == RopeScaling::Linear) frequency /= ropeFactor;
    frequencies[pair] = static_cast<float>(frequency);
  }
  return frequencies;
}

ModelConfig ModelConfig::fromCheckpoint(const io::Checkpoint& checkpoint) {
  if (const auto sentence = unsupportedKind(checkpoint)) throw Error(ErrorCode::Unsupported, *sentence);
  const io::Metadata& metadata = checkpoint.metadata();
  const MetadataLimits limits(metadata);
  ModelConfig config;
  config.architecture = checkpoint.architecture();
  config.vocabulary = vocabularySize(checkpoint);
  config.contextLength = limits.integer("llama.context_length", std::nullopt, 1, kMaxContext);
  config.width = limits.integer("llama.embedding_length", std::nullopt, 1, kMaxWidth);
  config.layers = limits.integer("llama.block_count", std::nullopt, 1, kMaxLayers);
  config.feedForward = limits.integer("llama.feed_forward_length", std::nullopt, 1, kMaxFeedForward);
  config.normEpsilon = limits.real("llama.attention.layer_norm_rms_epsilon", 1e-5F, 0.0F, 1.0F);
  config.slidingWindow = limits.integer("llama.attention.sliding_window", 0, 0, kMaxContext);
  readHeads(limits, config);
  readRope(limits, metadata, config);
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
