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
  AttentionPostNorm,  ///< of what the attention adds
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
  GateExperts,  ///< a matrix for each
  GateExpertsBias,
  UpExperts,
  UpExpertsBias,
  GateUpExperts,  ///< both: rows of the one and of the other in turn
  GateUpExpertsBias,
  DownExperts,
  DownExpertsBias,
  FeedForwardPostNorm,  ///< of what the feed-forward part adds
};
inline constexpr WeightKind kLastBesideBlocks = WeightKind::OutputNormBias;
inline constexpr std::size_t kWeightKinds = static_cast<std::size_t>(WeightKind::FeedForwardPostNorm) + 1;

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
