#pragma once
#include <cstddef>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::model::ops {

/// Gives rows of a packed weight as float32, exactly as quant::dequantizeRows does. 4-bit codes, whose sixteen values
/// per group or block fit a vector register, go through kernels of their own.
class RowDecoder {
 public:
  explicit RowDecoder(const quant::QuantizedTensor& tensor, quant::Columns columns = quant::Columns::OfTheWeight);

  /// Rows [first, first + count) as count × rowValues floats: in `scratch`, or where they are if nothing needs
  /// decoding.
  const float* rows(std::size_t first, std::size_t count, std::vector<float>& scratch) const;

  /// out[i] = Σ_j row[first + i][j] · x[j], i < count: what VectorKernels::dotRows makes of rows(), bit for bit,
  /// without a decoded row on the way where there is a kernel for that.
  void dot(std::size_t first, std::size_t count, const float* x, float* out, std::vector<float>& scratch) const;

 private:
  enum class Way { InPlace, IntegerNibbles, CodeBookNibbles, Q4_0, General };
  static Way chooseWay(const quant::QuantizedTensor& tensor, quant::Columns columns);
  void decodeIntegerRow(std::size_t row, float* out) const;
  void decodeCodeBookRow(std::size_t row, float* out) const;

  const quant::QuantizedTensor& m_tensor;
  quant::Columns m_columns;
  Way m_way;
};

}  // namespace core::model::ops
