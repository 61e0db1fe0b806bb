#include "core/train/plain_graph.h"

#include "core/model/input_changes.h"

namespace core::train {

using model::Op;
using model::OpKind;

namespace {
bool isInputChange(const Op& op) { return op.kind() == OpKind::ArrangeColumns || op.kind() == OpKind::QuantizeRows; }

/// Stacks of experts quantize their inputs themselves.
quant::QuantizedTensorPtr withoutInputChange(const quant::QuantizedTensor& experts) {
  auto plain = std::make_shared<quant::QuantizedTensor>(experts);
  plain->input.reset();
  return plain;
}
}  // namespace

PlainGraph plainGraph(const model::Graph& graph) {
  PlainGraph plain{graph, {}};
  plain.graph.ops.clear();
  for (std::size_t index = 0; index < graph.ops.size(); ++index) {
    if (isInputChange(graph.ops[index])) continue;
    Op op = graph.ops[index];
    if (auto* product = std::get_if<model::MatMul>(&op.parameters)) {
      product->columns = quant::Columns::OfTheWeight;
      op.inputs = {model::plainValue(graph, op.inputs[0])};
    }
    if (auto* experts = std::get_if<model::ExpertMatMul>(&op.parameters); experts != nullptr && experts->weight->input)
      experts->weight = withoutInputChange(*experts->weight);
    plain.graph.ops.push_back(std::move(op));
    plain.sources.push_back(index);
  }
  return plain;
}

}  // namespace core::train
