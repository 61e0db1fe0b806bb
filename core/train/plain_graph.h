#pragma once
#include <cstddef>
#include <vector>

#include "core/model/graph.h"

namespace core::train {

/// A model's computation with nothing but exact numbers: without what weights ask of their inputs (ArrangeColumns,
/// QuantizeRows; model::applyInputChanges), products taking the model's own columns and values. Two models of one
/// architecture have the same plain operations, however they are quantized.
struct PlainGraph {
  model::Graph graph;
  std::vector<std::size_t> sources;  ///< of each operation: which one of the model's graph it is
};

PlainGraph plainGraph(const model::Graph& graph);

}  // namespace core::train
