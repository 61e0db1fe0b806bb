#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/model/observers.h"

namespace core::model {

/// Whether every value is a number: neither NaN nor infinite.
bool allFinite(std::span<const float> values);

/// Finds where a computation leaves the numbers. Shown every activation of a run over `tokens` from the first position
/// on, it throws at the first one that holds NaN or an infinite value.
class NonFiniteSearch {
 public:
  NonFiniteSearch(const Graph& graph, std::span<const TokenId> tokens, KvType cacheType)
      : m_graph(graph), m_tokens(tokens), m_cacheType(cacheType) {}

  /// An executor's hook.
  /// @throws Error (NotFinite): the sentence names activation, position, token and cause; `where` is the tensor that
  /// the
  ///         activation was computed with, or, where an operation has no weights, the one nearest before it
  void look(const Observation& observation);

 private:
  struct Finding;
  struct Cause;
  const quant::QuantizedTensor& nearestWeight(const Op& op) const;
  void remember(const Observation& observation);
  /// The expert whose matrix made a value of a product of experts.
  std::size_t expertOf(const Finding& finding) const;
  Cause causeOf(const Finding& finding) const;
  Cause causeInWeights(const Finding& finding) const;
  Cause overflow(const Finding& finding) const;

  const Graph& m_graph;
  std::span<const TokenId> m_tokens;
  KvType m_cacheType;
  std::map<ValueId, std::vector<float>> m_routes;  ///< the last ones that were seen, [rows, width]
  std::size_t m_firstRow = 0;                      ///< position of their first row
  ValueId m_tooLargeForHalf = kNoValue;            ///< a key or value that an FP16 cache turns into infinity
};

}  // namespace core::model
