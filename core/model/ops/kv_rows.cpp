#include "core/model/ops/kv_rows.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "core/numeric/half.h"

namespace core::model::ops {

KvRows::KvRows(std::size_t capacity, std::size_t width, KvPrecision precision) : m_capacity(capacity), m_width(width) {
  // Not make_unique: it would write zeros to every page and so occupy the whole capacity at once.
  if (precision == KvPrecision::F32) m_floats.reset(new float[capacity * width]);
  if (precision == KvPrecision::F16) m_halves.reset(new std::uint16_t[capacity * width]);
}

void KvRows::write(std::size_t first, std::size_t count, const float* values) {
  assert(first + count <= m_capacity);
  const std::size_t start = first * m_width;
  const std::size_t n = count * m_width;
  if (m_floats) {
    std::copy_n(values, n, m_floats.get() + start);
  } else {
    numeric::floatToHalf(std::span(values, n), std::span(m_halves.get() + start, n));
  }
}

void KvRows::read(std::size_t first, std::size_t count, std::size_t column, std::size_t columns, float* out) const {
  assert(first + count <= m_capacity && column + columns <= m_width);
  for (std::size_t row = first; row < first + count; ++row, out += columns) {
    const std::size_t start = row * m_width + column;
    if (m_floats) {
      std::copy_n(m_floats.get() + start, columns, out);
    } else {
      numeric::halfToFloat(std::span<const std::uint16_t>(m_halves.get() + start, columns), std::span(out, columns));
    }
  }
}

}  // namespace core::model::ops
