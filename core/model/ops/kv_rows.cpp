#include "core/model/ops/kv_rows.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "core/numeric/half.h"
#include "core/quant/row_scale.h"

namespace core::model::ops {

KvRows::KvRows(std::size_t capacity, std::size_t heads, std::size_t headSize, KvPrecision precision)
    : m_capacity(capacity), m_heads(heads), m_headSize(headSize) {
  // Not make_unique: it would write zeros to every page and so occupy the whole capacity at once.
  if (precision == KvPrecision::F32) m_floats.reset(new float[capacity * width()]);
  if (precision == KvPrecision::F16) m_halves.reset(new std::uint16_t[capacity * width()]);
  if (precision != KvPrecision::Int8) return;
  m_bytes.reset(new std::int8_t[capacity * width()]);
  m_scales.reset(new float[capacity * heads]);
}

std::uint64_t KvRows::rowBytes(std::uint64_t heads, std::uint64_t headSize, KvPrecision precision) {
  switch (precision) {
    case KvPrecision::F32:
      return heads * headSize * sizeof(float);
    case KvPrecision::F16:
      return heads * headSize * sizeof(std::uint16_t);
    case KvPrecision::Int8:
      return heads * (headSize + sizeof(float));
  }
  return 0;
}

void KvRows::write(std::size_t first, std::size_t count, const float* values) {
  assert(first + count <= m_capacity);
  const std::size_t start = first * width();
  const std::size_t n = count * width();
  if (m_floats) {
    std::copy_n(values, n, m_floats.get() + start);
  } else if (m_halves) {
    numeric::floatToHalf(std::span(values, n), std::span(m_halves.get() + start, n));
  } else {
    writeBytes(first, count, values);
  }
}

void KvRows::writeBytes(std::size_t first, std::size_t count, const float* values) {
  constexpr float kLargestCode = 127.0F;
  for (std::size_t head = first * m_heads; head < (first + count) * m_heads; ++head, values += m_headSize) {
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i < m_headSize; ++i) largest = std::max(largest, quant::magnitudeBits(values[i]));
    const quant::RowScale scale = quant::rowScale(largest, kLargestCode);
    m_scales[head] = scale.scale;
    for (std::size_t i = 0; i < m_headSize; ++i) {
      const float code = scale.inverse == 0.0F ? 0.0F : quant::roundToEven(values[i] * scale.inverse);
      m_bytes[head * m_headSize + i] = static_cast<std::int8_t>(static_cast<std::int32_t>(code));
    }
  }
}

void KvRows::read(std::size_t first, std::size_t count, std::size_t head, float* out) const {
  assert(first + count <= m_capacity && head < m_heads);
  for (std::size_t row = first; row < first + count; ++row, out += m_headSize) {
    const std::size_t at = row * m_heads + head, start = at * m_headSize;
    if (m_floats) {
      std::copy_n(m_floats.get() + start, m_headSize, out);
    } else if (m_halves) {
      numeric::halfToFloat(std::span<const std::uint16_t>(m_halves.get() + start, m_headSize),
                           std::span(out, m_headSize));
    } else {
      for (std::size_t i = 0; i < m_headSize; ++i) out[i] = static_cast<float>(m_bytes[start + i]) * m_scales[at];
    }
  }
}

}  // namespace core::model::ops
