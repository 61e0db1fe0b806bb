#include "core/train/ops/linear_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/parallel.h"

namespace core::train::ops {

namespace {

/// A query or key as it is used: x · factor, factor 1 / sqrt(Σ x² + epsilon), or 1 where nothing is normed.
template <typename Real>
struct Normed {
  std::vector<Real> values;
  Real factor = 1;
  bool isNormed = false;

  void read(const model::LinearAttention& shape, const Real* x) {
    isNormed = shape.normEpsilon != 0.0F;
    Real squares = 0;
    for (std::size_t i = 0; i < shape.keySize; ++i) squares += x[i] * x[i];
    factor = isNormed ? 1 / std::sqrt(squares + static_cast<Real>(shape.normEpsilon)) : Real{1};
    values.resize(shape.keySize);
    for (std::size_t i = 0; i < shape.keySize; ++i) values[i] = x[i] * factor;
  }
  /// Adds factor · (g − n (n · g)), n being the values: what g is for them, for x.
  void addBack(const std::vector<Real>& g, Real* to) const {
    Real along = 0;
    for (std::size_t i = 0; isNormed && i < g.size(); ++i) along += g[i] * values[i];
    for (std::size_t i = 0; i < g.size(); ++i) to[i] += factor * (g[i] - values[i] * along);
  }
};

/// One head of one sequence.
template <typename Real>
class HeadInTime {
 public:
  HeadInTime(const model::LinearAttention& shape, const Batch& batch, const LinearAttentionInputs<Real>& in,
             std::size_t sequence, std::uint32_t head)
      : m_shape(shape),
        m_in(in),
        m_keys(shape.keySize),
        m_size(shape.valueSize),
        m_length(batch.length),
        m_first(sequence * batch.length),
        m_head(head),
        m_keyHead(shape.keyHeadOf(head)) {}

  /// @param keep whether the state of every token stays, for reverse()
  void forward(bool keep, Real* out) {
    m_states.assign((keep ? m_length + 1 : 1) * m_keys * m_size, Real{0});
    std::vector<Real> added(m_size);
    for (std::size_t t = 0; t < m_length; ++t) {
      Real* const state = m_states.data() + (keep ? t + 1 : 0) * m_keys * m_size;
      if (keep) std::copy_n(state - m_keys * m_size, m_keys * m_size, state);
      read(t);
      for (std::size_t i = 0; i < m_keys * m_size; ++i) state[i] *= m_decay;
      addedOf(t, state, added);
      for (std::size_t i = 0; i < m_keys; ++i)
        for (std::size_t j = 0; j < m_size; ++j) state[i * m_size + j] += m_key.values[i] * added[j];
      if (out == nullptr) continue;
      Real* const result = out + valueAt(t);
      for (std::size_t j = 0; j < m_size; ++j) {
        Real sum = 0;
        for (std::size_t i = 0; i < m_keys; ++i) sum += state[i * m_size + j] * m_query.values[i];
        result[j] = sum * static_cast<Real>(m_shape.scale);
      }
    }
  }

  void reverse(const Real* gradient, const LinearAttentionGradients<Real>& to) {
    forward(true, nullptr);
    std::vector<Real> ofState(m_keys * m_size, Real{0}), decayed(m_keys * m_size), added(m_size), ofAdded(m_size),
        ofQuery(m_keys), ofKey(m_keys);
    const auto scale = static_cast<Real>(m_shape.scale);
    for (std::size_t t = m_length; t-- > 0;) {
      read(t);
      const Real *const before = m_states.data() + t * m_keys * m_size, *const state = before + m_keys * m_size;
      for (std::size_t i = 0; i < decayed.size(); ++i) decayed[i] = before[i] * m_decay;
      addedOf(t, decayed.data(), added);
      const Real* const ofOut = gradient + valueAt(t);
      std::fill(ofAdded.begin(), ofAdded.end(), Real{0});
      for (std::size_t i = 0; i < m_keys; ++i) {
        Real query = 0, key = 0;
        for (std::size_t j = 0; j < m_size; ++j) {
          Real& g = ofState[i * m_size + j];
          g += scale * m_query.values[i] * ofOut[j];
          query += scale * state[i * m_size + j] * ofOut[j];
          key += g * added[j];
          ofAdded[j] += g * m_key.values[i];
        }
        ofQuery[i] = query;
        ofKey[i] = key;
      }
      reverseAdded(t, ofAdded, decayed, ofKey, ofState, to);
      Real ofDecay = 0;
      for (std::size_t i = 0; i < ofState.size(); ++i) {
        ofDecay += ofState[i] * before[i];
        ofState[i] *= m_decay;
      }
      const std::size_t row = (m_first + t) * m_shape.heads + m_head, keyRow = keyAt(t);
      if (to.decay != nullptr) to.decay[row] += ofDecay;
      if (to.query != nullptr) m_query.addBack(ofQuery, to.query + keyRow);
      if (to.key != nullptr) m_key.addBack(ofKey, to.key + keyRow);
    }
  }

 private:
  std::size_t keyAt(std::size_t t) const { return ((m_first + t) * m_shape.keyHeads + m_keyHead) * m_keys; }
  std::size_t valueAt(std::size_t t) const { return ((m_first + t) * m_shape.heads + m_head) * m_size; }

  void read(std::size_t t) {
    m_query.read(m_shape, m_in.query + keyAt(t));
    m_key.read(m_shape, m_in.key + keyAt(t));
    m_decay = m_in.decay[(m_first + t) * m_shape.heads + m_head];
    m_strength = m_in.strength[(m_first + t) * m_shape.heads + m_head];
  }

  /// v − m; times the strength it is what token t adds. @param state decayed
  Real differenceOf(std::size_t t, const Real* state, std::size_t j) const {
    Real known = 0;
    for (std::size_t i = 0; m_shape.isDelta && i < m_keys; ++i) known += state[i * m_size + j] * m_key.values[i];
    return m_in.value[valueAt(t) + j] - known;
  }
  void addedOf(std::size_t t, const Real* state, std::vector<Real>& added) const {
    for (std::size_t j = 0; j < m_size; ++j) added[j] = m_strength * differenceOf(t, state, j);
  }

  void reverseAdded(std::size_t t, const std::vector<Real>& ofAdded, const std::vector<Real>& decayed,
                    std::vector<Real>& ofKey, std::vector<Real>& ofState, const LinearAttentionGradients<Real>& to) {
    Real ofStrength = 0;
    for (std::size_t j = 0; j < m_size; ++j) {
      ofStrength += ofAdded[j] * differenceOf(t, decayed.data(), j);
      const Real ofValue = m_strength * ofAdded[j];
      if (to.value != nullptr) to.value[valueAt(t) + j] += ofValue;
      for (std::size_t i = 0; m_shape.isDelta && i < m_keys; ++i) {
        ofKey[i] -= decayed[i * m_size + j] * ofValue;
        ofState[i * m_size + j] -= m_key.values[i] * ofValue;
      }
    }
    if (to.strength != nullptr) to.strength[(m_first + t) * m_shape.heads + m_head] += ofStrength;
  }

  const model::LinearAttention& m_shape;
  const LinearAttentionInputs<Real>& m_in;
  std::size_t m_keys, m_size, m_length, m_first, m_head, m_keyHead;
  std::vector<Real> m_states;  ///< before the first token, and behind each; or the last only
  Normed<Real> m_query, m_key;
  Real m_decay = 0, m_strength = 0;
};

}  // namespace

template <typename Real>
void linearAttention(const model::LinearAttention& shape, const Batch& batch, const LinearAttentionInputs<Real>& in,
                     Real* out) {
  parallelFor(batch.sequences * shape.heads, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      HeadInTime<Real>(shape, batch, in, i / shape.heads, static_cast<std::uint32_t>(i % shape.heads))
          .forward(false, out);
  });
}

template <typename Real>
void linearAttentionReverse(const model::LinearAttention& shape, const Batch& batch,
                            const LinearAttentionInputs<Real>& in, const Real* gradient,
                            const LinearAttentionGradients<Real>& gradients) {
  // Heads that share a key head add to the same gradients: they go one after the other.
  parallelFor(batch.sequences * shape.keyHeads, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      for (std::uint32_t head = 0; head < shape.heads; ++head)
        if (shape.keyHeadOf(head) == i % shape.keyHeads)
          HeadInTime<Real>(shape, batch, in, i / shape.keyHeads, head).reverse(gradient, gradients);
  });
}

template void linearAttention(const model::LinearAttention&, const Batch&, const LinearAttentionInputs<float>&, float*);
template void linearAttention(const model::LinearAttention&, const Batch&, const LinearAttentionInputs<double>&,
                              double*);
template void linearAttentionReverse(const model::LinearAttention&, const Batch&, const LinearAttentionInputs<float>&,
                                     const float*, const LinearAttentionGradients<float>&);
template void linearAttentionReverse(const model::LinearAttention&, const Batch&, const LinearAttentionInputs<double>&,
                                     const double*, const LinearAttentionGradients<double>&);

}  // namespace core::train::ops
