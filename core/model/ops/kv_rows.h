#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace core::model::ops {

enum class KvPrecision : std::uint8_t { F32, F16, Int8 };

/// The keys (or values) of one layer: a matrix [capacity, heads · headSize] that is filled row by row, in FP32, FP16 or
/// signed bytes under a scale in FP32 for every row and head (core/quant/row_scale.h).
class KvRows {
 public:
  /// The memory is reserved now and, by the operating system, occupied as rows are written.
  KvRows(std::size_t capacity, std::size_t heads, std::size_t headSize, KvPrecision precision);

  std::size_t width() const { return m_heads * m_headSize; }
  /// Stores `count` rows from row `first` on. @pre first + count ≤ capacity
  void write(std::size_t first, std::size_t count, const float* values);
  /// A head of rows [first, first + count) as count × headSize floats. @pre these rows have been written
  void read(std::size_t first, std::size_t count, std::size_t head, float* out) const;
  /// Of a row with so many heads.
  static std::uint64_t rowBytes(std::uint64_t heads, std::uint64_t headSize, KvPrecision precision);

 private:
  void writeBytes(std::size_t first, std::size_t count, const float* values);

  std::size_t m_capacity, m_heads, m_headSize;
  std::unique_ptr<float[]> m_floats;          // F32
  std::unique_ptr<std::uint16_t[]> m_halves;  // F16
  std::unique_ptr<std::int8_t[]> m_bytes;     // Int8
  std::unique_ptr<float[]> m_scales;          // Int8: [capacity, heads]
};

}  // namespace core::model::ops
