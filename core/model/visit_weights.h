#pragma once
#include "core/model/weights.h"

namespace core::model {

/// Calls visit(tensor) for every place of a tensor in a model, empty ones and those that share a tensor included.
/// @tparam Weights ModelWeights, const or not: then visit may put another tensor there
template <typename Weights, typename Visit>
void visitWeights(Weights& weights, const Visit& visit) {
  for (auto& tensor : weights.shared) visit(tensor);
  for (auto& block : weights.blocks)
    for (auto& tensor : block) visit(tensor);
}

}  // namespace core::model
