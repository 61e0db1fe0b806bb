#include "core/model/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/ops/vector_kernels.h"

namespace core::model::ops {

namespace {

constexpr std::size_t kTokenTile = 16;      // tokens that share one pass over the keys
constexpr std::size_t kPositionBlock = 64;  // positions read from the cache at once

/// A query's softmax so far: values weighted by e^(score − maximum), their sum not yet divided by `total`.
struct RunningSoftmax {
  std::size_t position = 0;  ///< the last that the query sees
  float maximum = -std::numeric_limits<float>::infinity();
  float total = 0.0F;
};

/// Buffers of one thread, reused from call to call.
struct Scratch {
  std::vector<float> queries, keys, values, scores, sums;
  std::vector<RunningSoftmax> states;
};

/// One key-value head and a tile of tokens: all queries of the tile's tokens that share this head.
class HeadTile {
 public:
  HeadTile(const AttentionShape& shape, std::size_t kvHead, std::size_t firstToken, std::size_t tokens,
           Scratch& scratch)
      : m_shape(shape), m_kvHead(kvHead), m_firstToken(firstToken), m_tokens(tokens), m_scratch(scratch) {
    const std::size_t count = m_tokens * group();
    m_scratch.queries.resize(count * shape.headSize);
    m_scratch.keys.resize(kPositionBlock * shape.headSize);
    m_scratch.values.resize(kPositionBlock * shape.valueHeadSize);
    m_scratch.scores.resize(count * kPositionBlock);
    m_scratch.sums.assign(count * shape.valueHeadSize, 0.0F);
    m_scratch.states.assign(count, RunningSoftmax());
  }

  void gatherQueries(const float* queries, std::uint32_t firstPosition, std::size_t lastToken) {
    for (std::size_t q = 0; q < m_scratch.states.size(); ++q) {
      const float* from = queries + row(q) * m_shape.headSize;
      float* to = m_scratch.queries.data() + q * m_shape.headSize;
      for (std::size_t i = 0; i < m_shape.headSize; ++i) to[i] = from[i] * m_shape.scale;
      m_scratch.states[q].position = firstPosition + (m_shape.isCausal ? m_firstToken + q / group() : lastToken);
    }
  }

  /// A sink is a position before all others, with a score and no value.
  void beginAtSinks(std::span<const float> sinks) {
    for (std::size_t q = 0; q < m_scratch.states.size() && !sinks.empty(); ++q) {
      m_scratch.states[q].maximum = sinks[row(q) % m_shape.heads];
      m_scratch.states[q].total = 1.0F;
    }
  }

  void attend(const KvRows& keys, const KvRows& values) {
    const std::size_t end = m_scratch.states.back().position + 1;
    const std::size_t begin = firstVisible(m_scratch.states.front().position) / kPositionBlock * kPositionBlock;
    for (std::size_t block = begin; block < end; block += kPositionBlock) {
      addBlock(keys, values, block, std::min(kPositionBlock, end - block));
    }
  }

  void writeResults(float* out) const {
    const std::size_t size = m_shape.valueHeadSize;
    for (std::size_t q = 0; q < m_scratch.states.size(); ++q) {
      for (std::size_t i = 0; i < size; ++i) {
        out[row(q) * size + i] = m_scratch.sums[q * size + i] / m_scratch.states[q].total;
      }
    }
  }

 private:
  std::size_t group() const { return m_shape.heads / m_shape.kvHeads; }
  /// Row of query q in [tokens, heads].
  std::size_t row(std::size_t q) const {
    return (m_firstToken + q / group()) * m_shape.heads + m_kvHead * group() + q % group();
  }
  std::size_t firstVisible(std::size_t position) const {
    const std::size_t window = m_shape.slidingWindow;
    return window != 0 && position + 1 > window ? position + 1 - window : 0;
  }

  void addBlock(const KvRows& keys, const KvRows& values, std::size_t first, std::size_t count) {
    const std::size_t headSize = m_shape.headSize;
    keys.read(first, count, m_kvHead, m_scratch.keys.data());
    values.read(first, count, m_kvHead, m_scratch.values.data());
    vectorKernels().dotRows(m_scratch.keys.data(), headSize, count, m_scratch.queries.data(), headSize,
                            m_scratch.states.size(), headSize, m_scratch.scores.data(), kPositionBlock);
    const bool isSeenByAll = m_scratch.states.front().position + 1 >= first + count &&
                             firstVisible(m_scratch.states.back().position) <= first;
    for (std::size_t q = 0; q < m_scratch.states.size(); ++q) weighQuery(q, first, count, !isSeenByAll);
    // A weight of zero would not do for what a query does not see: it may be infinite.
    if (isSeenByAll)
      vectorKernels().addProducts(m_scratch.scores.data(), kPositionBlock, 1, m_scratch.states.size(),
                                  m_scratch.values.data(), m_shape.valueHeadSize, count, m_shape.valueHeadSize,
                                  m_scratch.sums.data(), m_shape.valueHeadSize);
  }

  /// Scores become weights. @param add whether the values are added, too
  void weighQuery(std::size_t q, std::size_t first, std::size_t count, bool add) {
    RunningSoftmax& state = m_scratch.states[q];
    const std::size_t begin = std::max(firstVisible(state.position), first) - first;
    const std::size_t end = std::min(state.position + 1, first + count) - std::min(state.position + 1, first);
    if (begin >= end) return;
    const std::size_t size = m_shape.valueHeadSize;
    float* scores = m_scratch.scores.data() + q * kPositionBlock;
    float* sums = m_scratch.sums.data() + q * size;
    if (m_shape.softCap != 0.0F)
      for (std::size_t p = begin; p < end; ++p) scores[p] = m_shape.softCap * std::tanh(scores[p] / m_shape.softCap);
    const float maximum = std::max(state.maximum, *std::max_element(scores + begin, scores + end));
    const float correction = std::exp(state.maximum - maximum);  // 0 for the first block
    for (std::size_t i = 0; i < size; ++i) sums[i] *= correction;
    state.total *= correction;
    state.maximum = maximum;
    state.total += vectorKernels().exps(scores + begin, maximum, end - begin, scores + begin);
    if (!add) return;
    vectorKernels().addScaledRows(m_scratch.values.data() + begin * size, size, end - begin, scores + begin, size,
                                  sums);
  }

  const AttentionShape& m_shape;
  std::size_t m_kvHead;
  std::size_t m_firstToken;
  std::size_t m_tokens;
  Scratch& m_scratch;
};

}  // namespace

void attention(const AttentionShape& shape, const float* queries, std::size_t tokens, std::uint32_t firstPosition,
               const KvRows& keys, const KvRows& values, std::span<const float> sinks, float* out) {
  const std::size_t tiles = (tokens + kTokenTile - 1) / kTokenTile;
  const auto attendTile = [&](std::size_t task) {
    thread_local Scratch scratch;
    const std::size_t firstToken = task / shape.kvHeads * kTokenTile;
    HeadTile tile(shape, task % shape.kvHeads, firstToken, std::min(kTokenTile, tokens - firstToken), scratch);
    tile.gatherQueries(queries, firstPosition, tokens - 1);
    tile.beginAtSinks(sinks);
    tile.attend(keys, values);
    tile.writeResults(out);
  };
  parallelFor(tiles * shape.kvHeads, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t task = first; task < last; ++task) attendTile(task);
  });
}

}  // namespace core::model::ops
