#include "core/train/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/parallel.h"
#include "core/train/ops/products.h"

namespace core::train::ops {

namespace {

constexpr std::size_t kBlock = 64;  // queries that are computed together, with all the keys that the last of them sees

/// Where the heads of one sequence lie in [rows, heads · size].
struct Lane {
  std::size_t at, stride;
};

/// One head of one sequence.
template <typename Real>
class Head {
 public:
  Head(const AttentionShape& shape, const Batch& batch, std::size_t sequence, std::size_t head)
      : m_shape(shape), m_length(batch.length), m_firstRow(sequence * batch.length), m_head(head) {}

  Lane query() const { return lane(m_head, m_shape.heads, m_shape.headSize); }
  Lane key() const { return lane(kvHead(), m_shape.kvHeads, m_shape.headSize); }
  Lane value() const { return lane(kvHead(), m_shape.kvHeads, m_shape.valueHeadSize); }
  Lane out() const { return lane(m_head, m_shape.heads, m_shape.valueHeadSize); }

  /// P, [length, length], its upper triangle unspecified beyond the query's block.
  /// @param turnedKeys [headSize, length]
  void softmax(const Real* queries, const std::vector<Real>& turnedKeys, std::vector<Real>& weights) const {
    weights.assign(m_length * m_length, Real{0});
    forEachBlock([&](std::size_t first, std::size_t end) {
      addProducts(queries + query().at + first * query().stride, {query().stride, 1}, end - first, turnedKeys.data(),
                  m_length, m_shape.headSize, end, weights.data() + first * m_length, m_length);
      for (std::size_t t = first; t < end; ++t) softmaxRow(weights.data() + t * m_length, t, end);
    });
  }

  /// Blocks [first, end) of queries, which see keys [0, end).
  template <typename Visit>
  void forEachBlock(const Visit& visit) const {
    for (std::size_t first = 0; first < m_length; first += kBlock) visit(first, std::min(first + kBlock, m_length));
  }

  /// Rows of keys or values of the head as columns: [size, length].
  void turn(const Real* rows, Lane lane, std::size_t size, std::vector<Real>& out) const {
    out.resize(size * m_length);
    for (std::size_t t = 0; t < m_length; ++t)
      for (std::size_t i = 0; i < size; ++i) out[i * m_length + t] = rows[lane.at + t * lane.stride + i];
  }

  /// From P and ∂P to scale · ∂S, in place of ∂P.
  /// Of queries [first, end) and keys [0, end).
  void scoreGradients(std::size_t first, std::size_t end, const std::vector<Real>& weights,
                      std::vector<Real>& gradients) const {
    for (std::size_t t = first; t < end; ++t) {
      const Real* const p = weights.data() + t * m_length;
      Real* const g = gradients.data() + t * m_length;
      double sum = 0.0;
      for (std::size_t i = 0; i < end; ++i) sum += static_cast<double>(p[i]) * static_cast<double>(g[i]);
      for (std::size_t i = 0; i < end; ++i)
        g[i] = p[i] * (g[i] - static_cast<Real>(sum)) * static_cast<Real>(m_shape.scale);
    }
  }

 private:
  std::size_t kvHead() const { return m_head / (m_shape.heads / m_shape.kvHeads); }
  Lane lane(std::size_t head, std::size_t heads, std::size_t size) const {
    return {(m_firstRow * heads + head) * size, heads * size};
  }

  void softmaxRow(Real* row, std::size_t position, std::size_t keys) const {
    const std::size_t window = m_shape.window, end = position + 1;
    const std::size_t begin = window != 0 && end > window ? end - window : 0;
    std::fill_n(row, begin, Real{0});
    std::fill(row + end, row + keys, Real{0});
    const Real largest = *std::max_element(row + begin, row + end);
    double sum = 0.0;
    for (std::size_t i = begin; i < end; ++i) {
      row[i] = std::exp((row[i] - largest) * static_cast<Real>(m_shape.scale));
      sum += static_cast<double>(row[i]);
    }
    const auto inverse = static_cast<Real>(1.0 / sum);
    for (std::size_t i = begin; i < end; ++i) row[i] *= inverse;
  }

  const AttentionShape& m_shape;
  std::size_t m_length, m_firstRow, m_head;
};

/// Calls visit(head) for the heads of all sequences, in parallel; those that share keys one after the other.
template <typename Real, typename Visit>
void forEachHead(const AttentionShape& shape, const Batch& batch, const Visit& visit) {
  const std::size_t group = shape.heads / shape.kvHeads;
  parallelFor(batch.sequences * shape.kvHeads, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t task = first; task < last; ++task)
      for (std::size_t i = 0; i < group; ++i)
        visit(Head<Real>(shape, batch, task / shape.kvHeads, task % shape.kvHeads * group + i));
  });
}

}  // namespace

template <typename Real>
void attention(const AttentionShape& shape, const Batch& batch, const Real* queries, const Real* keys,
               const Real* values, Real* out) {
  const std::size_t length = batch.length;
  std::fill_n(out, batch.rows() * shape.heads * shape.valueHeadSize, Real{0});
  forEachHead<Real>(shape, batch, [&](const Head<Real>& head) {
    thread_local std::vector<Real> weights, turnedKeys;
    head.turn(keys, head.key(), shape.headSize, turnedKeys);
    head.softmax(queries, turnedKeys, weights);
    head.forEachBlock([&](std::size_t first, std::size_t end) {
      addProducts(weights.data() + first * length, {length, 1}, end - first, values + head.value().at,
                  head.value().stride, end, shape.valueHeadSize, out + head.out().at + first * head.out().stride,
                  head.out().stride);
    });
  });
}

template <typename Real>
void attentionReverse(const AttentionShape& shape, const Batch& batch, const Real* queries, const Real* keys,
                      const Real* values, const Real* gradient, const AttentionGradients<Real>& gradients) {
  const std::size_t length = batch.length;
  forEachHead<Real>(shape, batch, [&](const Head<Real>& head) {
    thread_local std::vector<Real> weights, scores, turnedKeys, turnedValues;
    const Lane query = head.query(), key = head.key(), value = head.value(), out = head.out();
    head.turn(keys, key, shape.headSize, turnedKeys);
    head.turn(values, value, shape.valueHeadSize, turnedValues);
    head.softmax(queries, turnedKeys, weights);
    scores.assign(length * length, Real{0});
    head.forEachBlock([&](std::size_t first, std::size_t end) {
      const std::size_t count = end - first;
      const Real* const rows = gradient + out.at + first * out.stride;
      Real* const ofBlock = scores.data() + first * length;
      addProducts(weights.data() + first * length, {1, length}, end, rows, out.stride, count, shape.valueHeadSize,
                  gradients.values + value.at, value.stride);
      addProducts(rows, {out.stride, 1}, count, turnedValues.data(), length, shape.valueHeadSize, end, ofBlock, length);
      head.scoreGradients(first, end, weights, scores);
      addProducts(ofBlock, {length, 1}, count, keys + key.at, key.stride, end, shape.headSize,
                  gradients.queries + query.at + first * query.stride, query.stride);
      addProducts(ofBlock, {1, length}, end, queries + query.at + first * query.stride, query.stride, count,
                  shape.headSize, gradients.keys + key.at, key.stride);
    });
  });
}

template void attention(const AttentionShape&, const Batch&, const float*, const float*, const float*, float*);
template void attention(const AttentionShape&, const Batch&, const double*, const double*, const double*, double*);
template void attentionReverse(const AttentionShape&, const Batch&, const float*, const float*, const float*,
                               const float*, const AttentionGradients<float>&);
template void attentionReverse(const AttentionShape&, const Batch&, const double*, const double*, const double*,
                               const double*, const AttentionGradients<double>&);

}  // namespace core::train::ops
