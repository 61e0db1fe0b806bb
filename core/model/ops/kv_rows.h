#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace core::model::ops {

enum class KvPrecision : std::uint8_t { F32, F16 };

/// The keys (or values) of one layer: a matrix [capacity, width] that is filled row by row, in FP32 or FP16.
class KvRows {
 public:
  /// The memory is reserved now and, by the operating system, occupied as rows are written.
  KvRows(std::size_t capacity, std::size_t width, KvPrecision precision);

  std::size_t width() const { return m_width; }
  /// Stores `count` rows from row `first` on. @pre first + count ≤ capacity
  void write(std::size_t first, std::size_t count, const float* values);
  /// Columns [column, column + columns) of rows [first, first + count) as count × columns floats.
  /// @pre these rows have been written
  void read(std::size_t first, std::size_t count, std::size_t column, std::size_t columns, float* out) const;

 private:
  std::size_t m_capacity;
  std::size_t m_width;
  std::unique_ptr<float[]> m_floats;          // F32
  std::unique_ptr<std::uint16_t[]> m_halves;  // F16
};

}  // namespace core::model::ops
