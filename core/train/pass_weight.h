#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/graph.h"
#include "core/train/weight_source.h"

namespace core::train {

/// Index into the weights of a pass.
using WeightId = std::uint32_t;

/// What an operation does with a weight.
/// Bias: any vector beside the operation's own weight, sinks among them.
enum class WeightRole : std::uint8_t { Matrix, Bias, Norm, Embedding };

struct WeightUse {
  std::size_t op;  ///< of Graph::ops
  WeightRole role;
};

/// A weight as a pass sees it: a place that values come from. One that several operations use (an output tied to the
/// embedding) is one weight, and its gradient the sum over its uses.
struct PassWeight {
  std::string name;
  std::uint64_t rows = 0, width = 0;  ///< vectors have one row
  std::vector<WeightUse> uses = {};   ///< at least one, in the graph's order
  std::shared_ptr<const WeightSource> base = nullptr;
  /// The other end of a line, or null: at α the weight is base + α · (target − base).
  std::shared_ptr<const WeightSource> target = nullptr;

  std::uint64_t count() const { return rows * width; }
};

/// The graph's weights, decoded as they are needed; in the type that products with them run in
/// (QuantizedTensor::compute). Tensors that are one object are one weight.
std::vector<PassWeight> weightsOf(const model::Graph& graph);

/// Lines from the weights of one graph to those of another that computes the same: the same operations in the same
/// order, of the same shapes and parameters (epsilon, frequencies, windows). Weights that are one object in both have
/// no target.
/// @throws Error (InvalidArgument) naming a weight whose shape differs, or for graphs of different operations
std::vector<PassWeight> weightsBetween(const model::Graph& from, const model::Graph& to);

}  // namespace core::train
