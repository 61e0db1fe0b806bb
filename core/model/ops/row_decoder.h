#pragma once
#include <cstddef>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::model::ops {

/// Gives rows of a packed weight as float32, exactly as quant::dequantizeRows does, but through loops written for speed
/// where a layout is common.
class RowDecoder {
 public:
  explicit RowDecoder(const quant::QuantizedTensor& tensor) : m_tensor(tensor) {}

  /// Rows [first, first + count) as count × rowValues floats: in `scratch`, or where they are if nothing needs
  /// decoding.
  const float* rows(std::size_t first, std::size_t count, std::vector<float>& scratch) const;

 private:
  const quant::QuantizedTensor& m_tensor;
};

}  // namespace core::model::ops
