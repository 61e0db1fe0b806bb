#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::model {

struct Architecture;

enum class RopeScaling : std::uint8_t { None, Linear, Llama3, Yarn, LongRope };

/// How rotary embedding pairs the elements of a head.
enum class RopePairing : std::uint8_t {
  Adjacent,  ///< (2i, 2i+1): GGUF files of some architectures (their Q/K rows are permuted for it)
  Halves     ///< (i, i + d/2): Hugging Face order
};

/// Which head of queries and keys a head of values goes with.
enum class HeadOrder : std::uint8_t {
  Grouped,  ///< h / (heads / keyHeads): neighbours share one
  Repeated  ///< h mod keyHeads
};

/// How the rows of an encoder's tokens become one embedding of the text (sentence-transformers' 1_Pooling, llama.cpp's
/// pooling_type).
enum class Pooling : std::uint8_t {
  Mean,   ///< of all tokens
  First,  ///< that of the first token, [CLS]
  Last
};

/// What keeps the past of a layer as a state, where it does. heads of values, of queries and keys; sizes of both.
struct RecurrentSizes {
  std::uint32_t taps = 0;  ///< of the convolution: rows that it sees
  std::uint32_t heads = 0, keyHeads = 0;
  std::uint32_t keySize = 0, valueSize = 0;  ///< of a head
  HeadOrder order = HeadOrder::Grouped;

  std::uint32_t keyWidth() const { return keyHeads * keySize; }
  std::uint32_t valueWidth() const { return heads * valueSize; }
  /// Columns that are convolved: queries, keys and values.
  std::uint32_t mixedWidth() const { return 2 * keyWidth() + valueWidth(); }
};

/// Hyper-parameters of a decoder or an encoder, validated: every count is positive and within limits (those of
/// attention where there is any), heads is a multiple of kvHeads, ropeDimensions ≤ headSize and even.
struct ModelConfig {
  static constexpr std::uint32_t kMaxContext = 1U << 28U;

  const Architecture* architecture = nullptr;  ///< what it is one of (architectures/architecture.h)
  std::uint32_t vocabulary = 0;
  std::uint32_t contextLength = 0;
  std::uint32_t width = 0;  ///< embedding length
  std::uint32_t layers = 0;
  std::uint32_t feedForward = 0;  ///< of the widest layer
  std::uint32_t heads = 0;
  std::uint32_t kvHeads = 0;
  std::uint32_t headSize = 0;  ///< of queries and keys; need not be width / heads
  std::uint32_t valueHeadSize = 0;
  float normEpsilon = 1e-5F;
  float ropeBase = 10000.0F;
  std::uint32_t ropeDimensions = 0;
  RopePairing ropePairing = RopePairing::Adjacent;
  RopeScaling ropeScaling = RopeScaling::None;
  float ropeFactor = 1.0F;                   ///< Linear, Llama3 and Yarn: how many times longer waves are
  float ropeLowFrequencyFactor = 1.0F;       ///< Llama3
  float ropeHighFrequencyFactor = 4.0F;      ///< Llama3
  std::uint32_t ropeOriginalContext = 8192;  ///< Llama3, Yarn and LongRope: what it was trained with before
  float ropeFastTurns = 32.0F;               ///< Yarn: waves that turn as often within that context are kept,
  float ropeSlowTurns = 1.0F;                ///< those that turn no more than this are stretched by the factor
  bool hasWholeRopeBounds = true;            ///< Yarn: the pairs between which is blended are whole numbers
  float ropeMagnitude = 1.0F;                ///< what is rotated is multiplied by
  std::vector<float> ropeShortFactors, ropeLongFactors;  ///< LongRope: divisors of the frequencies, [rotated pairs]
  std::uint32_t usedContext = 0;  ///< positions that it is run with: beyond the original ones, LongRope's long factors
                                  ///< hold; 0: contextLength
  std::uint32_t slidingWindow = 0;        ///< 0: none (Mistral 7B v0.1: 4096)
  std::vector<std::uint32_t> isWindowed;  ///< [layers] 1: sees the window only; empty: every layer, if there is one
  std::vector<std::uint32_t> isRotated;   ///< [layers] 0: without rotary embedding; empty: every layer has it
  float ropeWindowBase = 0.0F;            ///< of windowed layers, which are not scaled; 0: as the others (Gemma 3)
  float attentionScale = 0.0F;            ///< of products of queries and keys; 0: 1 / sqrt(headSize)
  std::uint32_t ropeTurnedPairs = 0;      ///< the first so many pairs turn, all others stand still; 0: all turn
  std::array<std::uint32_t, 3> ropeSections{};  ///< pairs that turn by each of a picture's positions, which for text
                                                ///< are one; zeros: no file says it (Qwen 3.5)
  float attentionGrowth = 0.0F;             ///< of queries at positions beyond ropeOriginalContext (RopeTable::growth)
  std::vector<std::uint32_t> feedForwards;  ///< [layers]; empty: all feedForward
  std::vector<std::uint32_t> isRecurrent;   ///< [layers] 1: keeps a state, not keys and values; empty: none does
  RecurrentSizes recurrent;                 ///< of those layers
  std::uint32_t windowHeadSize = 0;         ///< of windowed layers, their values', too; 0: as the others
  std::uint32_t windowKvHeads = 0;          ///< likewise
  std::uint32_t sharedKvLayers = 0;         ///< so many last layers take an earlier one's keys and values (Gemma 4)
  std::uint32_t latentRank = 0;   ///< keys and values are made of so many numbers (DeepSeek-V2's MLA); 0: they are not
  std::uint32_t queryRank = 0;    ///< likewise queries
  bool isLatentSplit = false;     ///< the file has what makes keys apart from what makes values
  std::uint32_t denseLayers = 0;  ///< so many first layers have no experts
  std::uint32_t sharedFeedForward = 0;  ///< of a part for all tokens beside the experts; 0: there is none
  float yarnOfAll = 0.0F;               ///< how much of Yarn's magnitude the scale of attention has (DeepSeek-V2)
  float expertScale = 1.0F;             ///< what the experts make together is multiplied by
  bool areExpertsSigmoid = false;       ///< they are chosen, and count, by sigmoids, else by a softmax (Route)
  bool hasExpertBias = false;           ///< of the choice
  std::uint32_t expertGroups = 1, usedExpertGroups = 1;
  float expertSumEpsilon = 0.0F;        ///< is added to the sum of what the chosen count
  bool areGateUpStacked = false;        ///< experts have gate and up in one stack, one below the other
  std::uint32_t perLayerWidth = 0;      ///< of an embedding of its own for each layer; 0: none (Gemma 4)
  float attentionSoftCap = 0.0F;        ///< of them, scaled; 0: none (Gemma 2)
  std::uint32_t experts = 0;            ///< of every feed-forward part; 0: none, it is one for all tokens
  std::uint32_t usedExperts = 0;        ///< that a token goes through
  std::uint32_t expertFeedForward = 0;  ///< what feedForward is for each expert
  bool areExpertWeightsNormed = true;   ///< those of the chosen add up to 1; else of all
  float embeddingScale = 1.0F;          ///< what is embedded is multiplied by
  float residualScale = 1.0F;           ///< what a part of a block adds is multiplied by
  float logitScale = 1.0F;              ///< logits are multiplied by
  float logitSoftCap = 0.0F;            ///< and capped at; 0: not
  // of encoders
  std::uint32_t firstPosition = 0;  ///< row of the first position in the table of positions (RoBERTa: 2)
  std::uint32_t tokenTypes = 1;     ///< of BERT: parts of a text
  bool hasExactGelu = false;        ///< by the error function
  Pooling pooling = Pooling::Mean;  ///< that its makers chose

  /// Whether it is run with more positions than it was trained with before its rotary embedding was scaled.
  bool isBeyondOriginal() const { return (usedContext != 0 ? usedContext : contextLength) > ropeOriginalContext; }
  std::uint32_t windowOf(std::uint32_t layer) const {
    return isWindowed.empty() || isWindowed[layer] ? slidingWindow : 0;
  }
  bool isRecurrentAt(std::uint32_t layer) const { return !isRecurrent.empty() && isRecurrent[layer] != 0; }
  bool keepsKeysAt(std::uint32_t layer) const { return !isRecurrentAt(layer) && layer < layers - sharedKvLayers; }
  bool hasExpertsAt(std::uint32_t layer) const { return experts != 0 && layer >= denseLayers; }
  std::uint32_t feedForwardOf(std::uint32_t layer) const {
    return feedForwards.empty() ? feedForward : feedForwards[layer];
  }
  std::uint32_t headSizeOf(std::uint32_t layer) const {
    return windowHeadSize != 0 && windowOf(layer) != 0 ? windowHeadSize : headSize;
  }
  std::uint32_t valueHeadSizeOf(std::uint32_t layer) const {
    return windowHeadSize != 0 && windowOf(layer) != 0 ? windowHeadSize : valueHeadSize;
  }
  /// What a cache keeps of a position in this layer: heads, and elements of a key and of a value. Latent numbers that
  /// are not made keys and values of every head lie in whole slots (slotStride).
  struct KeptSizes {
    std::uint32_t heads, keySize, valueSize;
  };
  KeptSizes keptOf(std::uint32_t layer) const {
    const std::uint32_t latent = (latentRank + 31) / 32 * 32;
    if (isLatentSplit) return {1, latent + ropeDimensions, latent};
    return {kvHeadsOf(layer), headSizeOf(layer), valueHeadSizeOf(layer)};
  }
  std::uint32_t kvHeadsOf(std::uint32_t layer) const {
    return windowKvHeads != 0 && windowOf(layer) != 0 ? windowKvHeads : kvHeads;
  }

  /// Per-pair angular frequencies [ropeDimensions / 2], scaling and the factors of a file's tensor or of the config
  /// applied. Yarn: Peng et al. 2023; LongRope: Ding et al. 2024. @throws Error (InvalidFile) for factors that are none
  std::vector<float> ropeFrequencies(const std::vector<float>& factorsOfFile = {}) const;
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
