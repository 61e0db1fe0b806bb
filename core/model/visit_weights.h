#pragma once
#include "core/model/weights.h"

namespace core::model {

/// Calls visit(tensor) for every place of a tensor in a model, empty ones and those that share a tensor included.
/// @tparam Weights ModelWeights, const or not: then visit may put another tensor there
template <typename Weights, typename Visit>
void visitWeights(Weights& weights, const Visit& visit) {
  visit(weights.embedding);
  visit(weights.outputNorm);
  visit(weights.output);
  for (auto& block : weights.blocks) {
    for (auto* tensor : {&block.attentionNorm, &block.query, &block.key, &block.value, &block.attentionOutput,
                         &block.queryBias, &block.keyBias, &block.valueBias, &block.attentionOutputBias,
                         &block.feedForwardNorm, &block.gate, &block.up, &block.down}) {
      visit(*tensor);
    }
  }
}

}  // namespace core::model
