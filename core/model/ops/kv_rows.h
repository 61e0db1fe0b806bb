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

 private:
  std::size_t m_capacity, m_heads, m_headSize, m_headBytes;
  KvFormat m_format;
  std::unique_ptr<std::uint8_t[]> m_bytes;  ///< [capacity, heads, headBytes]
};

}  // namespace core::model::ops
