#pragma once
#include <string>

#include "core/model/graph.h"

namespace core::model {

/// Appends operations to a Graph and names their outputs. Every architecture is written with it.
/// Each method makes a new value, except rope, which works in place, and storeKv, which has no output.
class GraphBuilder {
 public:
  /// Takes the rotary frequencies and the size of the weights from the model.
  GraphBuilder(const ModelConfig& config, const ModelWeights& weights);

  ValueId embed(std::string name, const quant::QuantizedTensorPtr& weight);
  ValueId rmsNorm(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight);
  ValueId matMul(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight,
                 const quant::QuantizedTensorPtr& bias = nullptr);
  void rope(ValueId inPlace);
  void storeKv(ValueId key, ValueId value, std::uint32_t layer);
  ValueId attention(std::string name, ValueId query, std::uint32_t outWidth, std::uint32_t layer);
  ValueId swiGlu(std::string name, ValueId gate, ValueId up);
  ValueId add(std::string name, ValueId a, ValueId b);
  ValueId takeRows(std::string name, ValueId in);

  Graph take() { return std::move(m_graph); }

 private:
  ValueId makeValue(std::string name, std::uint64_t width);
  std::uint32_t width(ValueId value) const { return m_graph.values[value].width; }

  Graph m_graph;
};

}  // namespace core::model
