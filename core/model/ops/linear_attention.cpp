#include "core/model/ops/linear_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/parallel.h"

namespace core::model::ops {

namespace {

/// What a query or key is multiplied with so that it has length 1.
float inverseLength(const LinearAttention& shape, const float* x) {
  if (shape.normEpsilon == 0.0F) return 1.0F;
  float squares = 0.0F;
  for (std::size_t i = 0; i < shape.keySize; ++i) squares += x[i] * x[i];
  return 1.0F / std::sqrt(squares + shape.normEpsilon);
}

/// One head's matrix, through all tokens.
class Head {
 public:
  Head(const LinearAttention& shape, std::uint32_t head, float* state)
      : m_shape(shape), m_head(head), m_keyHead(shape.keyHeadOf(head)), m_state(state), m_added(shape.valueSize) {}

  void read(const LinearAttentionInputs& in, std::size_t token, float* out) {
    const std::size_t keys = m_shape.keySize, values = m_shape.valueSize;
    const std::size_t keyAt = (token * m_shape.keyHeads + m_keyHead) * keys, at = token * m_shape.heads + m_head;
    const float *const query = in.query + keyAt, *const key = in.key + keyAt, *const value = in.value + at * values;
    const float ofKey = inverseLength(m_shape, key);
    for (std::size_t i = 0; i < keys * values; ++i) m_state[i] *= in.decay[at];
    std::fill(m_added.begin(), m_added.end(), 0.0F);
    if (m_shape.isDelta) multiply(key, ofKey, m_added.data());
    for (std::size_t j = 0; j < values; ++j) m_added[j] = in.strength[at] * (value[j] - m_added[j]);
    for (std::size_t i = 0; i < keys; ++i)
      for (std::size_t j = 0; j < values; ++j) m_state[i * values + j] += key[i] * ofKey * m_added[j];
    float* const result = out + at * values;
    std::fill_n(result, values, 0.0F);
    multiply(query, inverseLength(m_shape, query) * m_shape.scale, result);
  }

 private:
  /// out += factor · Sᵀx
  void multiply(const float* x, float factor, float* out) const {
    const std::size_t values = m_shape.valueSize;
    for (std::size_t i = 0; i < m_shape.keySize; ++i)
      for (std::size_t j = 0; j < values; ++j) out[j] += x[i] * factor * m_state[i * values + j];
  }

  const LinearAttention& m_shape;
  std::size_t m_head, m_keyHead;
  float* m_state;
  std::vector<float> m_added;
};

}  // namespace

void linearAttention(const LinearAttention& shape, const LinearAttentionInputs& in, std::size_t tokens,
                     const float* from, float* to, float* out) {
  const std::size_t each = std::size_t{shape.keySize} * shape.valueSize;
  parallelFor(shape.heads, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t head = first; head < last; ++head) {
      float* const state = to + head * each;
      if (from == nullptr)
        std::fill_n(state, each, 0.0F);
      else
        std::copy_n(from + head * each, each, state);
      Head walker(shape, static_cast<std::uint32_t>(head), state);
      for (std::size_t token = 0; token < tokens; ++token) walker.read(in, token, out);
    }
  });
}

}  // namespace core::model::ops
