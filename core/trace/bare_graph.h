#pragma once
#include <vector>

#include "core/model/graph.h"

namespace core::trace {

/// A model's graph with what products do to their inputs folded into them: two models of one architecture then have the
/// same operations over the same values, whatever their weights ask for.
struct BareGraph {
  model::Graph graph;  ///< without ArrangeColumns and QuantizeRows: products take the floats that those took
  /// [ops] of products: ArrangeColumns and QuantizeRows, in their order; empty for other operations.
  std::vector<std::vector<model::OpParameters>> preparations;

  explicit BareGraph(const model::Graph& graph);
};

/// Operations whose result is all that later ones need of what came before: a residual stream. Ascending; the embedding
/// is one, nothing behind TakeRows is.
std::vector<std::size_t> residualOps(const model::Graph& graph);

}  // namespace core::trace
