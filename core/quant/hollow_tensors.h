#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// Tensors as schemes would make them, but without their weights: shape, layout, column changes and what becomes of
/// inputs, so that a plan can ask everybody who works by these (graphs, device layouts) instead of guessing. Their
/// payload is empty, scales are those of made-up rows: whoever decodes one is wrong. Making one takes microseconds,
/// not a pass over the weights.
class HollowTensors {
 public:
  /// @throws Error (InvalidArgument) as quantize() for a shape the scheme cannot hold
  QuantizedTensorPtr quantized(const std::string& name, const Scheme& scheme, const tensor::Shape& shape);
  /// Elements as a file stores them.
  static QuantizedTensorPtr stored(const std::string& name, tensor::DType dtype, const tensor::Shape& shape);

 private:
  const QuantizedTensor& rows(const Scheme& scheme, std::uint64_t rowValues);
  std::map<std::pair<std::string, std::uint64_t>, QuantizedTensorPtr> m_rows;  ///< by scheme and width
};

/// Whether a tensor is one of these.
bool isHollow(const QuantizedTensor& tensor);
/// QuantizedTensor::bytes(), of hollow tensors too: what they would take.
std::uint64_t plannedBytes(const QuantizedTensor& tensor);

}  // namespace core::quant
