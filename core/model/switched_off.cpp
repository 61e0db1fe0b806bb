#include "core/model/switched_off.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/quant/decoded_copy.h"

namespace core::model {

namespace {

struct AttentionOutput {
  const Attention& attention;
  const KvShape& kv;
  quant::QuantizedTensorPtr weight;
};

bool isOfLayer(const Graph& graph, const Op& op, std::uint32_t layer) {
  return op.out != kNoValue && graph.values[op.out].name.starts_with(fmt::format("blk.{}.", layer));
}

void checkLayer(const Graph& graph, std::uint32_t layer) {
  std::uint32_t count = 0;
  while (std::ranges::any_of(graph.ops, [&](const Op& op) { return isOfLayer(graph, op, count); })) ++count;
  if (layer >= count)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The model has the layers 0 to {}; there is no layer {}.", count - 1, layer));
}

AttentionOutput outputOf(const Graph& graph, std::uint32_t layer) {
  checkLayer(graph, layer);
  const auto attention = std::ranges::find_if(
      graph.ops, [&](const Op& op) { return op.kind() == OpKind::Attention && isOfLayer(graph, op, layer); });
  if (attention == graph.ops.end())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Layer {} keeps a state and has no heads of attention.", layer));
  // The one product behind it, before which there may be a gate.
  const auto product =
      std::find_if(attention, graph.ops.end(), [](const Op& op) { return op.kind() == OpKind::MatMul; });
  return {attention->as<Attention>(), graph.kv[attention->as<Attention>().layer], product->as<MatMul>().weight};
}

/// What a layer adds to all that runs through: the products that its values of these names are.
bool isOutput(const Graph& graph, const Op& op, std::uint32_t layer) {
  static constexpr std::string_view kOutputs[] = {"attn_output",   "shortconv_out",  "ssm_out",      "ffn_down",
                                                  "ffn_down_exps", "ffn_down_shexp", "per_layer_out"};
  if ((op.kind() != OpKind::MatMul && op.kind() != OpKind::ExpertMatMul) || !isOfLayer(graph, op, layer)) return false;
  const std::string_view name = graph.values[op.out].name;
  return std::ranges::any_of(kOutputs, [&](std::string_view output) {
    return name == fmt::format("blk.{}.{}", layer, output) || name == fmt::format("blk.{}.{}_base", layer, output);
  });
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
  const std::size_t width = copy->rowValues(), size = width / output.attention.heads;
  for (std::size_t row = 0; row < copy->rows(); ++row)
    std::ranges::fill(values.subspan(row * width + head * size, size), 0.0F);
  return {{copy->name, copy}};
}

Replacements withoutLayer(const Graph& graph, std::uint32_t layer) {
  checkLayer(graph, layer);
  Replacements result;
  for (const Op& op : graph.ops) {
    if (!isOutput(graph, op, layer)) continue;
    switchOff(**op.weight(), result);
    if (const auto& bias = *op.vector()) switchOff(*bias, result);
  }
  return result;
}

}  // namespace core::model
