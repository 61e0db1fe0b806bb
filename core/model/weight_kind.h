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
  RopeFactors,  ///< divisors of the frequencies of rotary embedding
  // of a block
  AttentionNorm,
  Query,
  QueryBias,
  QueryNorm,
  Key,
  KeyBias,
  KeyNorm,
  Value,
  ValueBias,
  QueryKeyValue,  ///< the three of them, one below the other
  AttentionOutput,
  AttentionOutputBias,
  AttentionPostNorm,  ///< of what the attention adds
  FeedForwardNorm,
  Gate,
  Up,
  GateUp,  ///< both, one below the other
  Down,
  FeedForwardPostNorm,  ///< of what the feed-forward part adds
};
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
