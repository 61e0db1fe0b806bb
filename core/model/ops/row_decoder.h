#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/model/ops/packed_rows.h"
#include "core/quant/quantized_tensor.h"

namespace core::model::ops {

/// Gives rows of a packed weight as float32, exactly as quant::dequantizeRows does. What the kernels decode in
/// registers (RowFormat) goes through them; other 4-bit codes, whose sixteen values per group fit a vector register,
/// through another.
class RowDecoder {
 public:
  explicit RowDecoder(const quant::QuantizedTensor& tensor, quant::Columns columns = quant::Columns::OfTheWeight);

  /// Rows [first, first + count) as count × rowValues floats: in `scratch`, or where they are if nothing needs
  /// decoding.
  const float* rows(std::size_t first, std::size_t count, std::vector<float>& scratch) const;

  /// out[i] = Σ_j row[first + i][j] · x[j], i < count: what VectorKernels::dotRows makes of rows(), bit for bit,
  /// without a decoded row on the way where there is a kernel for that.
  void dot(std::size_t first, std::size_t count, const float* x, float* out, std::vector<float>& scratch) const;

  /// Whether the kernels decode it in registers, and then what they are given for rows [first, first + count): valid
  /// until this thread asks for others.
  bool isPacked() const { return m_way == Way::Packed; }
  RowFormat format() const { return m_format; }
  PackedRows packedRows(std::size_t first, std::size_t count) const;

 private:
  enum class Way { InPlace, Packed, IntegerNibbles, CodeBookNibbles, General };
  Way chooseWay(quant::Columns columns);
  bool findPackedFormat();
  bool findPackedBlocks(tensor::DType dtype);
  bool findPackedGroups(const quant::Grouping& grouping);
  void decodeIntegerRow(std::size_t row, float* out) const;
  void decodeCodeBookRow(std::size_t row, float* out) const;

  const quant::QuantizedTensor& m_tensor;
  quant::Columns m_columns;
  RowFormat m_format{};  ///< of Way::Packed
  PackedRows m_rows;     ///< the first, without scales that are decoded when they are asked for
  Way m_way;
};

}  // namespace core::model::ops
