#pragma once
#include "core/io/checkpoint.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

/// Assembles and decodes the weights that lie in several tensors. What opening said can be assembled has to be.
inline void useWeights(const core::io::Checkpoint& model) {
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const auto& tensor = model.tensors()[i];
    if (tensor.assembly == core::io::Assembly::None) continue;
    const auto weight = core::quant::loadTensor(model, i);
    const bool isWhole = weight->shape == tensor.shape && weight->shape.count() == tensor.parameters;
    if (!isWhole || core::quant::dequantize(*weight).size() != tensor.parameters) __builtin_trap();
    if (weight->scheme && !weight->scheme->problem().empty()) __builtin_trap();
    if (model.find(tensor.codesName.empty() ? tensor.name : tensor.codesName) != i) __builtin_trap();
  }
}
