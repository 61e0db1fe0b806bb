#pragma once
#include <map>
#include <span>
#include <vector>

#include "core/model/graph.h"

namespace core::model {

/// For each operation, whether everything behind it needs of what was computed before only its result: a computation
/// may be parted there, and taken up again with what is remembered of that one value. In a Llama: the residual streams.
std::vector<bool> partings(const Graph& graph);

/// How many operations both graphs have in common from the first one on: the same with the same weights (objects, not
/// values), so that they compute the same.
std::size_t commonOperations(const Graph& a, const Graph& b);

/// Copies consecutive operations of a graph into one of their own. Where a value enters, the first operation is an
/// Embed without a weight: it gets a table of such values, and the "tokens" are rows of it (enteredBy).
class GraphPart {
 public:
  /// @param whole outlives this  @param entering kNoValue: the operations begin with the whole's own Embed
  GraphPart(const Graph& whole, ValueId entering);

  /// @pre its inputs are the entering value or results of operations that were added
  void add(const Op& op);
  /// What a value of the whole is called in the part.
  ValueId valueOf(ValueId ofTheWhole) const { return m_values.at(ofTheWhole); }
  Graph take() { return std::move(m_part); }

 private:
  ValueId newValue(ValueId old);
  std::uint32_t layerOf(std::uint32_t old);
  std::uint32_t newState(std::uint32_t old);

  const Graph& m_whole;
  Graph m_part;
  std::map<ValueId, ValueId> m_values;              ///< old → new
  std::map<std::uint32_t, std::uint32_t> m_layers;  ///< likewise
  std::vector<const void*> m_counted;               ///< weights
};

/// The part over these values. @param part of GraphPart with an entering value  @param table float32 [rows, width]; has
/// to outlive what is returned
Graph enteredBy(Graph part, std::span<const float> table);

/// Everything behind the parting `last`, entered by its result.
Graph tailBehind(const Graph& graph, std::size_t last);

}  // namespace core::model
