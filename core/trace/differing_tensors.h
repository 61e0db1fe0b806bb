#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trace/bare_graph.h"

namespace core::trace {

/// Where an operation uses a tensor.
struct TensorUse {
  std::size_t op;  ///< of the bare graphs
  bool isBias = false;
};

/// A tensor of which two models hold different versions.
struct DifferingTensor {
  std::string name;
  std::optional<std::uint32_t> layer;  ///< nothing: outside the blocks
  quant::QuantizedTensorPtr mine, other;
  std::vector<TensorUse> uses;  ///< in the order of computation; several for a tied output

  std::uint64_t values() const { return mine->shape.count(); }
};

/// What two models of one architecture hold otherwise, in the order of its first use. Tensors with the same bytes do
/// not differ. @throws Error (Unsupported) when they do not compute the same operations
std::vector<DifferingTensor> differingTensors(const BareGraph& mine, const BareGraph& other);

}  // namespace core::trace
