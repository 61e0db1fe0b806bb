#include "core/model/graph_builder.h"

#include <cassert>

namespace core::model {

GraphBuilder::GraphBuilder(const ModelConfig& config, const ModelWeights& weights) {
  m_graph.config = config;
  m_graph.ropeFrequencies = config.ropeFrequencies(weights.ropeFrequencyFactors);
  m_graph.weightBytes = weights.bytes();
}

ValueId GraphBuilder::makeValue(std::string name, std::uint64_t width) {
  m_graph.values.push_back({std::move(name), static_cast<std::uint32_t>(width)});
  return static_cast<ValueId>(m_graph.values.size() - 1);
}

ValueId GraphBuilder::embed(std::string name, const quant::QuantizedTensorPtr& weight) {
  const ValueId out = makeValue(std::move(name), weight->rowValues());
  m_graph.ops.push_back({.kind = OpKind::Embed, .out = out, .weight = weight, .bias = nullptr});
  return out;
}

ValueId GraphBuilder::rmsNorm(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight) {
  assert(weight->shape.count() == width(in));
  const ValueId out = makeValue(std::move(name), width(in));
  m_graph.ops.push_back({.kind = OpKind::RmsNorm, .in = in, .out = out, .weight = weight, .bias = nullptr});
  return out;
}

ValueId GraphBuilder::matMul(std::string name, ValueId in, const quant::QuantizedTensorPtr& weight,
                             const quant::QuantizedTensorPtr& bias) {
  assert(weight->rowValues() == width(in));
  const ValueId out = makeValue(std::move(name), weight->rows());
  m_graph.ops.push_back({.kind = OpKind::MatMul, .in = in, .out = out, .weight = weight, .bias = bias});
  return out;
}

void GraphBuilder::rope(ValueId inPlace) {
  assert(width(inPlace) % m_graph.config.headSize == 0);
  m_graph.ops.push_back({.kind = OpKind::Rope, .in = inPlace, .out = inPlace, .weight = nullptr, .bias = nullptr});
}

void GraphBuilder::storeKv(ValueId key, ValueId value, std::uint32_t layer) {
  m_graph.ops.push_back(
      {.kind = OpKind::StoreKv, .in = key, .second = value, .weight = nullptr, .bias = nullptr, .layer = layer});
}

ValueId GraphBuilder::attention(std::string name, ValueId query, std::uint32_t outWidth, std::uint32_t layer) {
  const ValueId out = makeValue(std::move(name), outWidth);
  m_graph.ops.push_back(
      {.kind = OpKind::Attention, .in = query, .out = out, .weight = nullptr, .bias = nullptr, .layer = layer});
  return out;
}

ValueId GraphBuilder::swiGlu(std::string name, ValueId gate, ValueId up) {
  assert(width(gate) == width(up));
  const ValueId out = makeValue(std::move(name), width(gate));
  m_graph.ops.push_back(
      {.kind = OpKind::SwiGlu, .in = gate, .second = up, .out = out, .weight = nullptr, .bias = nullptr});
  return out;
}

ValueId GraphBuilder::add(std::string name, ValueId a, ValueId b) {
  assert(width(a) == width(b));
  const ValueId out = makeValue(std::move(name), width(a));
  m_graph.ops.push_back({.kind = OpKind::Add, .in = a, .second = b, .out = out, .weight = nullptr, .bias = nullptr});
  return out;
}

ValueId GraphBuilder::takeRows(std::string name, ValueId in) {
  const ValueId out = makeValue(std::move(name), width(in));
  m_graph.ops.push_back({.kind = OpKind::TakeRows, .in = in, .out = out, .weight = nullptr, .bias = nullptr});
  return out;
}

}  // namespace core::model
