#include "core/train/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/parallel.h"
#include "core/train/ops/products.h"
#include "core/train/ops/weight_panel.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kBlock = 64;  // queries that are computed together, with all the keys that the last of them sees

/// Where the heads of one sequence lie in [rows, heads · size].
struct Lane {
  std::size_t at, stride;
};

/// What the softmax of a head leaves, beside its weights, for the way back.
template <typename Real>
struct Trail {
  std::vector<Real> capSlopes;   ///< [length, length] 1 − tanh² of the scores; empty without a soft cap
  std::vector<Real> sinkShares;  ///< [length] a sink's share of each query's softmax
};

/// One head of one sequence.
template <typename Real>
class Head {
 public:
  /// @param sink null: none
  Head(const AttentionShape& shape, const Batch& batch, std::size_t sequence, std::size_t head, const Real* sink)
      : m_shape(shape), m_length(batch.length), m_firstRow(sequence * batch.length), m_head(head), m_sink(sink) {}

  /// Which of all heads of all sequences it is.
  std::size_t index() const { return m_firstRow / m_length * m_shape.heads + m_head; }

  Lane query() const { return lane(m_head, m_shape.heads, m_shape.headSize); }
  Lane key() const { return lane(kvHead(), m_shape.kvHeads, m_shape.headSize); }
  Lane value() const { return lane(kvHead(), m_shape.kvHeads, m_shape.valueHeadSize); }
  Lane out() const { return lane(m_head, m_shape.heads, m_shape.valueHeadSize); }

  /// P, [length, length], its upper triangle unspecified beyond the query's block.
  /// @param turnedKeys [headSize, length]
  void softmax(const Real* queries, const std::vector<Real>& turnedKeys, std::vector<Real>& weights,
               Trail<Real>& trail) const {
    weights.assign(m_length * m_length, Real{0});
    trail.capSlopes.assign(m_shape.softCap == 0.0F ? 0 : m_length * m_length, Real{0});
    trail.sinkShares.assign(m_length, Real{0});
    forEachBlock([&](std::size_t first, std::size_t end) {
      addProducts(queries + query().at + first * query().stride, {query().stride, 1}, end - first, turnedKeys.data(),
                  m_length, m_shape.headSize, end, weights.data() + first * m_length, m_length);
      for (std::size_t t = first; t < end; ++t) softmaxRow(weights.data() + t * m_length, t, end, trail);
    });
  }

  /// Blocks [first, end) of queries, which see keys [0, end).
  template <typename Visit>
  void forEachBlock(const Visit& visit) const {
    const std::size_t block = m_shape.isCausal ? kBlock : m_length;
    for (std::size_t first = 0; first < m_length; first += block) visit(first, std::min(first + block, m_length));
  }

  /// Rows of keys or values of the head as columns: [size, length].
  void turn(const Real* rows, Lane lane, std::size_t size, std::vector<Real>& out) const {
    out.resize(size * m_length);
    for (std::size_t t = 0; t < m_length; ++t)
      for (std::size_t i = 0; i < size; ++i) out[i * m_length + t] = rows[lane.at + t * lane.stride + i];
  }

  /// From P and ∂P to scale · ∂S, in place of ∂P.
  /// Of queries [first, end) and keys [0, end). @param sinkGradient is added to; null: not wanted
  void scoreGradients(std::size_t first, std::size_t end, const std::vector<Real>& weights, const Trail<Real>& trail,
                      std::vector<Real>& gradients, double* sinkGradient) const {
    for (std::size_t t = first; t < end; ++t) {
      const Real* const p = weights.data() + t * m_length;
      Real* const g = gradients.data() + t * m_length;
      double sum = 0.0;
      for (std::size_t i = 0; i < end; ++i) sum += static_cast<double>(p[i]) * static_cast<double>(g[i]);
      for (std::size_t i = 0; i < end; ++i)
        g[i] = p[i] * (g[i] - static_cast<Real>(sum)) * static_cast<Real>(m_shape.scale);
      for (std::size_t i = 0; i < end && !trail.capSlopes.empty(); ++i) g[i] *= trail.capSlopes[t * m_length + i];
      if (sinkGradient != nullptr) *sinkGradient -= static_cast<double>(trail.sinkShares[t]) * sum;
    }
  }

 private:
  std::size_t kvHead() const { return m_head / (m_shape.heads / m_shape.kvHeads); }
  Lane lane(std::size_t head, std::size_t heads, std::size_t size) const {
    return {(m_firstRow * heads + head) * size, heads * size};
  }

  void softmaxRow(Real* row, std::size_t position, std::size_t keys, Trail<Real>& trail) const {
    const std::size_t window = m_shape.window, end = m_shape.isCausal ? position + 1 : keys;
    const std::size_t begin = window != 0 && end > window ? end - window : 0;
    std::fill_n(row, begin, Real{0});
    std::fill(row + end, row + keys, Real{0});
    for (std::size_t i = begin; i < end; ++i) {
      row[i] *= static_cast<Real>(m_shape.scale);
      if (m_shape.softCap == 0.0F) continue;
      const auto cap = static_cast<Real>(m_shape.softCap);
      const Real tanh = std::tanh(row[i] / cap);
      row[i] = cap * tanh;
      trail.capSlopes[position * m_length + i] = 1 - tanh * tanh;
    }
    Real largest = *std::max_element(row + begin, row + end);
    if (m_sink != nullptr) largest = std::max(largest, *m_sink);
    const double ofSink = m_sink == nullptr ? 0.0 : std::exp(static_cast<double>(*m_sink - largest));
    double sum = ofSink;
    for (std::size_t i = begin; i < end; ++i) {
      row[i] = std::exp(row[i] - largest);
      sum += static_cast<double>(row[i]);
    }
    const auto inverse = static_cast<Real>(1.0 / sum);
    trail.sinkShares[position] = static_cast<Real>(ofSink / sum);
    for (std::size_t i = begin; i < end; ++i) row[i] *= inverse;
  }

  const AttentionShape& m_shape;
  std::size_t m_length, m_firstRow, m_head;
  const Real* m_sink;
};

/// [sequences, heads] at each sequence's α; empty without sinks.
template <typename Real>
std::vector<Real> sinksOf(const PassWeight* sinks, const AttentionShape& shape, const Batch& batch) {
  std::vector<Real> all;
  if (sinks == nullptr) return all;
  WeightVector<Real> values(*sinks);
  for (std::size_t sequence = 0; sequence < batch.sequences; ++sequence) {
    const Real* const own = values.at(batch.along[sequence], shape.heads);
    all.insert(all.end(), own, own + shape.heads);
  }
  return all;
}

/// Calls visit(head) for the heads of all sequences, in parallel; those that share keys one after the other.
template <typename Real, typename Visit>
void forEachHead(const AttentionShape& shape, const Batch& batch, const std::vector<Real>& sinks, const Visit& visit) {
  const std::size_t group = shape.heads / shape.kvHeads;
  parallelFor(batch.sequences * shape.kvHeads, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t task = first; task < last; ++task)
      for (std::size_t i = 0; i < group; ++i) {
        const std::size_t sequence = task / shape.kvHeads, head = task % shape.kvHeads * group + i;
        visit(Head<Real>(shape, batch, sequence, head,
                         sinks.empty() ? nullptr : sinks.data() + sequence * shape.heads + head));
      }
  });
}

}  // namespace

template <typename Real>
void attention(const AttentionShape& shape, const Batch& batch, const Real* queries, const Real* keys,
               const Real* values, const PassWeight* sinks, Real* out) {
  const std::size_t length = batch.length;
  std::fill_n(out, batch.rows() * shape.heads * shape.valueHeadSize, Real{0});
  forEachHead(shape, batch, sinksOf<Real>(sinks, shape, batch), [&](const Head<Real>& head) {
    thread_local std::vector<Real> weights, turnedKeys;
    thread_local Trail<Real> trail;
    head.turn(keys, head.key(), shape.headSize, turnedKeys);
    head.softmax(queries, turnedKeys, weights, trail);
    head.forEachBlock([&](std::size_t first, std::size_t end) {
      addProducts(weights.data() + first * length, {length, 1}, end - first, values + head.value().at,
                  head.value().stride, end, shape.valueHeadSize, out + head.out().at + first * head.out().stride,
                  head.out().stride);
    });
  });
}

template <typename Real>
void attentionReverse(const AttentionShape& shape, const Batch& batch, const Real* queries, const Real* keys,
                      const Real* values, const PassWeight* sinks, const Real* gradient,
                      const AttentionGradients<Real>& gradients) {
  const std::size_t length = batch.length;
  std::vector<double> ofSinks(batch.sequences * shape.heads, 0.0);
  forEachHead(shape, batch, sinksOf<Real>(sinks, shape, batch), [&](const Head<Real>& head) {
    thread_local std::vector<Real> weights, scores, turnedKeys, turnedValues;
    thread_local Trail<Real> trail;
    double* const ofSink = gradients.sinks == nullptr ? nullptr : &ofSinks[head.index()];
    const Lane query = head.query(), key = head.key(), value = head.value(), out = head.out();
    head.turn(keys, key, shape.headSize, turnedKeys);
    head.turn(values, value, shape.valueHeadSize, turnedValues);
    head.softmax(queries, turnedKeys, weights, trail);
    scores.assign(length * length, Real{0});
    head.forEachBlock([&](std::size_t first, std::size_t end) {
      const std::size_t count = end - first;
      const Real* const rows = gradient + out.at + first * out.stride;
      Real* const ofBlock = scores.data() + first * length;
      addProducts(weights.data() + first * length, {1, length}, end, rows, out.stride, count, shape.valueHeadSize,
                  gradients.values + value.at, value.stride);
      addProducts(rows, {out.stride, 1}, count, turnedValues.data(), length, shape.valueHeadSize, end, ofBlock, length);
      head.scoreGradients(first, end, weights, trail, scores, ofSink);
      addProducts(ofBlock, {length, 1}, count, keys + key.at, key.stride, end, shape.headSize,
                  gradients.queries + query.at + first * query.stride, query.stride);
      addProducts(ofBlock, {1, length}, end, queries + query.at + first * query.stride, query.stride, count,
                  shape.headSize, gradients.keys + key.at, key.stride);
    });
  });
  for (std::size_t i = 0; gradients.sinks != nullptr && i < ofSinks.size(); ++i)
    gradients.sinks[i % shape.heads] += static_cast<Real>(ofSinks[i]);
}

#define QS_INSTANTIATE(REAL)                                                                                 \
  template void attention(const AttentionShape&, const Batch&, const REAL*, const REAL*, const REAL*,        \
                          const PassWeight*, REAL*);                                                         \
  template void attentionReverse(const AttentionShape&, const Batch&, const REAL*, const REAL*, const REAL*, \
                                 const PassWeight*, const REAL*, const AttentionGradients<REAL>&);
QS_INSTANTIATE(float)
QS_INSTANTIATE(double)
#undef QS_INSTANTIATE

}  // namespace core::train::ops
