#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::model {

struct Architecture;

enum class RopeScaling : std::uint8_t { None, Linear, Llama3 };

/// How rotary embedding pairs the elements of a head.
enum class RopePairing : std::uint8_t {
  Adjacent,  ///< (2i, 2i+1): GGUF files of some architectures (their Q/K rows are permuted for it)
  Halves     ///< (i, i + d/2): Hugging Face order
};

/// Hyper-parameters of a decoder-only transformer, validated: every count is positive and within limits,
/// heads is a multiple of kvHeads, ropeDimensions ≤ headSize and even.
struct ModelConfig {
  static constexpr std::uint32_t kMaxContext = 1U << 28U;

  const Architecture* architecture = nullptr;  ///< what it is one of (architectures/architecture.h)
  std::uint32_t vocabulary = 0;
  std::uint32_t contextLength = 0;
  std::uint32_t width = 0;  ///< embedding length
  std::uint32_t layers = 0;
  std::uint32_t feedForward = 0;
  std::uint32_t heads = 0;
  std::uint32_t kvHeads = 0;
  std::uint32_t headSize = 0;  ///< of queries and keys; need not be width / heads
  std::uint32_t valueHeadSize = 0;
  float normEpsilon = 1e-5F;
  float ropeBase = 10000.0F;
  std::uint32_t ropeDimensions = 0;
  RopePairing ropePairing = RopePairing::Adjacent;
  RopeScaling ropeScaling = RopeScaling::None;
  float ropeFactor = 1.0F;                   ///< Linear and Llama3: how many times longer waves are
  float ropeLowFrequencyFactor = 1.0F;       ///< Llama3
  float ropeHighFrequencyFactor = 4.0F;      ///< Llama3
  std::uint32_t ropeOriginalContext = 8192;  ///< Llama3
  std::uint32_t slidingWindow = 0;           ///< 0: none (Mistral 7B v0.1: 4096)
  std::vector<std::uint32_t> isWindowed;     ///< [layers] 1: sees the window only; empty: every layer, if there is one
  std::vector<std::uint32_t> isRotated;      ///< [layers] 0: without rotary embedding; empty: every layer has it
  float ropeWindowBase = 0.0F;               ///< of windowed layers, which are not scaled; 0: as the others (Gemma 3)
  float attentionScale = 0.0F;               ///< of products of queries and keys; 0: 1 / sqrt(headSize)
  float embeddingScale = 1.0F;               ///< what is embedded is multiplied by
  float residualScale = 1.0F;                ///< what a part of a block adds is multiplied by
  float logitScale = 1.0F;                   ///< logits are multiplied by
  float logitSoftCap = 0.0F;                 ///< and capped at; 0: not

  std::uint32_t windowOf(std::uint32_t layer) const {
    return isWindowed.empty() || isWindowed[layer] ? slidingWindow : 0;
  }

  /// Per-pair angular frequencies [ropeDimensions / 2], scaling and the optional rope_freqs.weight tensor applied.
  std::vector<float> ropeFrequencies(const std::vector<float>& frequencyFactors = {}) const;
  /// Those of windowed layers. @pre ropeWindowBase is not 0
  std::vector<float> ropeWindowFrequencies() const;

  /// @throws Error (Unsupported) "… opens for inspection, but cannot chat yet" for other architectures and for keys
  /// that
  ///         change the computation in a way no graph here follows, (InvalidFile) naming key and value for anything out
  ///         of range.
  static ModelConfig fromCheckpoint(const io::Checkpoint& checkpoint);
};

/// Nothing when the checkpoint can be run; otherwise the sentence that says why it cannot chat (yet).
std::optional<std::string> whyNotRunnable(const io::Checkpoint& checkpoint);

}  // namespace core::model
