#pragma once
#include <vector>

#include "core/model/graph.h"

namespace core::trace {

/// A model's plain graph (core/train/plain_graph.h) with what its weights ask of their inputs folded into the products:
/// it computes what the model does, and two models of one architecture have the same operations over the same values.
struct BareGraph {
  model::Graph graph;  ///< without ArrangeColumns and QuantizeRows: products take the floats that those took
  /// [ops] of products: ArrangeColumns and QuantizeRows, in their order; empty for other operations.
  std::vector<std::vector<model::OpParameters>> preparations;

  explicit BareGraph(const model::Graph& graph);
};

/// Operations that make the residual stream: the embedding and each sum that goes on through the model, up to TakeRows.
/// Ascending.
std::vector<std::size_t> residualOps(const model::Graph& graph);

/// Those of them whose result is all that later ones need of what came before. Where later layers see the keys of
/// earlier ones, or each layer adds an embedding of its own (Gemma 4), those between are not among them.
std::vector<std::size_t> resumableOps(const model::Graph& graph);

}  // namespace core::trace
