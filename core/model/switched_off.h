#pragma once
#include <map>
#include <string>

#include "core/model/graph.h"

namespace core::model {

/// Tensors that take the place of a model's own, for Recipe::replacements.
using Replacements = std::map<std::string, quant::QuantizedTensorPtr>;

/// A head of a layer says nothing: its columns of the attention's output matrix are 0. The matrix becomes floats.
/// @throws Error (InvalidArgument) for a layer or head that is not there
Replacements withoutHead(const Graph& graph, std::uint32_t layer, std::uint32_t head);

/// A layer passes on what it gets: what its matrices add to the residual stream is 0.
/// @throws Error (InvalidArgument) for a layer that is not there
Replacements withoutLayer(const Graph& graph, std::uint32_t layer);

}  // namespace core::model
