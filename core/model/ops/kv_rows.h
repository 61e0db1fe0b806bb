#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/model/kv_type.h"

namespace core::model::ops {

/// The keys (or values) of one layer: a matrix [capacity, heads · headSize] that is filled row by row, each head of a
/// row in a format (KvFormat).
class KvRows {
 public:
  /// The memory is reserved now and, by the operating system, occupied as rows are written.
  KvRows(std::size_t capacity, std::size_t heads, std::size_t headSize, KvFormat format);

  std::size_t width() const { return m_heads * m_headSize; }
  /// Stores `count` rows from row `first` on. @pre first + count ≤ capacity
  void write(std::size_t first, std::size_t count, const float* values);
  /// A head of rows [first, first + count) as count × headSize floats. @pre these rows have been written
  void read(std::size_t first, std::size_t count, std::size_t head, float* out) const;
  /// Of a row, as it is stored.
  std::size_t rowBytes() const { return m_heads * m_headBytes; }
  /// Rows from `first` on, as they are stored. @pre within the capacity
  std::uint8_t* row(std::size_t first) { return m_bytes.get() + first * rowBytes(); }
  const std::uint8_t* row(std::size_t first) const { return m_bytes.get() + first * rowBytes(); }

 private:
  std::size_t m_capacity, m_heads, m_headSize, m_headBytes;
  KvFormat m_format;
  std::unique_ptr<std::uint8_t[]> m_bytes;  ///< [capacity, heads, headBytes]
};

}  // namespace core::model::ops
