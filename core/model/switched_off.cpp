#include "core/model/switched_off.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/input_changes.h"
#include "core/quant/decoded_copy.h"

namespace core::model {

namespace {

struct AttentionOutput {
  const Attention& attention;
  const KvShape& kv;
  quant::QuantizedTensorPtr weight;
};

AttentionOutput outputOf(const Graph& graph, std::uint32_t layer) {
  const auto attention = std::ranges::find_if(
      graph.ops, [&](const Op& op) { return op.kind() == OpKind::Attention && op.as<Attention>().layer == layer; });
  if (attention == graph.ops.end())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The model has the layers 0 to {}; there is no layer {}.", graph.kv.size() - 1, layer));
  const auto product = std::find_if(attention, graph.ops.end(), [&](const Op& op) {
    return op.kind() == OpKind::MatMul && plainValue(graph, op.inputs[0]) == attention->out;
  });
  return {attention->as<Attention>(), graph.kv[layer], product->as<MatMul>().weight};
}

std::shared_ptr<quant::QuantizedTensor> zeros(const quant::QuantizedTensor& tensor) {
  auto copy = quant::decodedCopy(tensor);
  std::ranges::fill(quant::valuesOf(*copy), 0.0F);
  return copy;
}

void switchOff(const quant::QuantizedTensor& tensor, Replacements& result) { result[tensor.name] = zeros(tensor); }

}  // namespace

Replacements withoutHead(const Graph& graph, std::uint32_t layer, std::uint32_t head) {
  const AttentionOutput output = outputOf(graph, layer);
  if (head >= output.attention.heads)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A layer has the heads 0 to {}; there is no head {}.", output.attention.heads - 1, head));
  auto copy = quant::decodedCopy(*output.weight);
  const auto values = quant::valuesOf(*copy);
  const std::size_t width = copy->rowValues(), size = output.kv.valueHeadSize;
  for (std::size_t row = 0; row < copy->rows(); ++row)
    std::ranges::fill(values.subspan(row * width + head * size, size), 0.0F);
  return {{copy->name, copy}};
}

Replacements withoutLayer(const Graph& graph, std::uint32_t layer) {
  Replacements result;
  const AttentionOutput output = outputOf(graph, layer);
  switchOff(*output.weight, result);
  // Biases of the attention's output are added with it.
  const auto product = std::ranges::find_if(
      graph.ops, [&](const Op& op) { return op.kind() == OpKind::MatMul && op.as<MatMul>().weight == output.weight; });
  if (const auto& bias = product->as<MatMul>().bias) switchOff(*bias, result);
  const auto unit = std::find_if(product, graph.ops.end(), [](const Op& op) {
    return op.kind() == OpKind::Glu || (op.kind() == OpKind::Map && op.as<Map>().function == Map::Function::GeluTanh);
  });
  const auto down = std::find_if(unit, graph.ops.end(), [&](const Op& op) {
    const bool isProduct = op.kind() == OpKind::MatMul || op.kind() == OpKind::ExpertMatMul;
    return isProduct && plainValue(graph, op.inputs[0]) == unit->out;
  });
  switchOff(**down->weight(), result);
  if (const auto& bias = *down->vector()) switchOff(*bias, result);
  return result;
}

}  // namespace core::model
