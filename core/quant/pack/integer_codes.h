#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// The integers of a Uniform tensor as the packed layouts think of them: unsigned, 0 … 2^bits − 1, where value =
/// scale · (code − zero); in the weight's own order of columns.
class IntegerCodes {
 public:
  /// @pre the layout is Uniform, by row or group, with whole zero-points
  explicit IntegerCodes(const QuantizedTensor& tensor);

  std::uint32_t bits() const { return m_uniform.bits; }
  std::uint64_t rows() const { return m_shape[0]; }
  std::uint64_t columns() const { return m_shape[1]; }
  /// Of one row.
  std::uint64_t groups() const { return m_groups; }
  std::uint8_t code(std::uint64_t row, std::uint64_t column) const { return m_codes[row * columns() + column]; }
  const std::uint8_t* row(std::uint64_t row) const { return m_codes.data() + row * columns(); }
  float scale(std::uint64_t row, std::uint64_t group) const { return m_uniform.scales[row * m_groups + group]; }
  /// Half of the codes for symmetric ones, which zero is in the middle of.
  std::uint8_t zero(std::uint64_t row, std::uint64_t group) const;
  bool isSymmetric() const { return m_uniform.zeroPoints.empty(); }
  /// The group of every column.
  std::vector<std::int32_t> groupOfColumn() const;

 private:
  const Uniform& m_uniform;
  tensor::Shape m_shape;
  std::uint64_t m_groups;
  std::vector<std::uint32_t> m_order;  ///< stored column k is column m_order[k]; empty: in place
  std::vector<std::uint8_t> m_codes;
};

/// Whether the columns come out in an order of their own, with groups that lie so: GPTQ's act-order.
bool isReordered(const Scheme& scheme);

/// Codes of `bits` bits packed into little-endian 32-bit words, lowest bits first, without gaps.
/// @param count a multiple of what fills whole words, or the last word ends in zeros
void packWords(std::span<const std::uint8_t> codes, std::uint32_t bits, std::byte* words);
/// 32-bit words that `count` codes take.
std::uint64_t wordsOf(std::uint64_t count, std::uint32_t bits);

/// A scale as FP16 or BF16 bytes, or FP32. @pre the scale is one of that type
void storeScale(ScaleType type, float scale, std::byte* out);
/// The dtype scales of this type are stored in.
tensor::DType scaleDType(ScaleType type);

}  // namespace core::quant
