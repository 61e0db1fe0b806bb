#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/quant/quantized_tensor.h"

namespace core::model {

/// What a weight does in a decoder: where builders of graphs look for it, and what an architecture's table of weights
/// (architecture.h) has a row for.
enum class WeightKind : std::uint8_t {
  // beside the blocks
  Embedding,
  OutputNorm,
  Output,
  RopeFactors,       ///< divisors of the frequencies of rotary embedding
  RopeShortFactors,  ///< the same within the original context,
  RopeLongFactors,   ///< and for longer ones
  Positions,         ///< learned ones, a table of rows
  OutputNormBias,
  PerLayerEmbedding,   ///< a table of what each layer adds for a token
  PerLayerProjection,  ///< what each layer adds, made of the embedding
  PerLayerNorm,
  TokenTypes,  ///< a table: what is added for the part of a text that a token is in
  EmbeddingNorm,
  EmbeddingNormBias,
  // of a block
  AttentionNorm,
  AttentionNormBias,
  Query,
  QueryBias,
  QueryNorm,
  Key,
  KeyBias,
  KeyNorm,
  Value,
  ValueBias,
  QueryKeyValue,  ///< the three of them, one below the other
  QueryKeyValueBias,
  Sinks,  ///< scores of attention that have no value
  AttentionOutput,
  AttentionOutputBias,
  AttentionPostNorm,  ///< of what the attention adds, or (BERT) of the sum
  AttentionPostNormBias,
  FeedForwardNorm,
  FeedForwardNormBias,
  Gate,
  Up,
  UpBias,
  GateUp,  ///< both, one below the other
  Down,
  DownBias,
  Router,  ///< says which experts a token goes through
  RouterBias,
  RouterScale,  ///< of each column that the router reads
  ChoiceBias,   ///< is added to the scores that experts are chosen by
  ExpertScale,  ///< of what each expert makes
  GateExperts,  ///< a matrix for each
  GateExpertsBias,
  UpExperts,
  UpExpertsBias,
  GateUpExperts,  ///< both: rows of the one and of the other in turn
  GateUpExpertsBias,
  GateUpStack,  ///< both, of each expert one below the other
  DownExperts,
  DownExpertsBias,
  FeedForwardPostNorm,  ///< of what the feed-forward part adds, or of the sum
  FeedForwardPostNormBias,
  RecurrentInput,  ///< makes what a layer that keeps a state reads: several matrices, one below the other
  RecurrentGate,   ///< of what it makes
  Strength,        ///< how much of a token is kept: a number for each head
  Decay,           ///< how much of the past is forgotten: likewise
  DecayBias,
  DecayFactor,  ///< of each head
  Convolution,  ///< taps of each column
  ConvolutionBias,
  Skip,  ///< how much of what is read goes past the state
  RecurrentNorm,
  RecurrentOutput,
  QueryDown,  ///< makes what queries are made of, behind a norm
  QueryDownNorm,
  LatentDown,  ///< makes what keys and values are made of, behind a norm, and the part of keys that turns
  LatentNorm,
  KeyValueUp,  ///< makes keys and values of it, head by head,
  KeyUp,       ///< or the ones
  ValueUp,     ///< and the others
  SharedGate,  ///< of a feed-forward part for all tokens beside the experts
  SharedUp,
  SharedDown,
  SharedGateUp,  ///< both, one below the other
  SharedRouter,  ///< makes how much that part counts
  // where each of the two has norms of its own (Gemma 4)
  SharedPostNorm,
  ExpertNorm,
  ExpertPostNorm,
  PerLayerGate,
  PerLayerOutput,
  PerLayerPostNorm,
  LayerScale,  ///< of all that runs through
};
inline constexpr WeightKind kLastBesideBlocks = WeightKind::EmbeddingNormBias;
inline constexpr std::size_t kWeightKinds = static_cast<std::size_t>(WeightKind::LayerScale) + 1;

/// One tensor per kind; null where there is none.
class WeightSet {
 public:
  quant::QuantizedTensorPtr& operator[](WeightKind kind) { return m_tensors[static_cast<std::size_t>(kind)]; }
  const quant::QuantizedTensorPtr& operator[](WeightKind kind) const {
    return m_tensors[static_cast<std::size_t>(kind)];
  }
  auto begin() { return m_tensors.begin(); }
  auto end() { return m_tensors.end(); }
  auto begin() const { return m_tensors.begin(); }
  auto end() const { return m_tensors.end(); }

 private:
  std::array<quant::QuantizedTensorPtr, kWeightKinds> m_tensors;
};

}  // namespace core::model
