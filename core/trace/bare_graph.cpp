#include "core/trace/bare_graph.h"

#include <algorithm>

namespace core::trace {

using model::Graph;
using model::kNoValue;
using model::Op;
using model::OpKind;
using model::ValueId;

namespace {

bool prepares(const Op& op) { return op.kind() == OpKind::ArrangeColumns || op.kind() == OpKind::QuantizeRows; }

}  // namespace

BareGraph::BareGraph(const Graph& whole) : graph(whole) {
  graph.ops.clear();
  std::vector<const Op*> preparing(whole.values.size(), nullptr);  // the value's maker, where it prepares
  for (const Op& op : whole.ops) {
    if (prepares(op)) {
      preparing[op.out] = &op;
      continue;
    }
    std::vector<model::OpParameters> before;
    Op bare = op;
    if (op.kind() == OpKind::MatMul) {
      ValueId input = op.inputs[0];
      for (; preparing[input] != nullptr; input = preparing[input]->inputs[0])
        before.insert(before.begin(), preparing[input]->parameters);
      bare.inputs = {input};
    }
    graph.ops.push_back(std::move(bare));
    preparations.push_back(std::move(before));
  }
}

std::vector<std::size_t> residualOps(const Graph& graph) {
  const std::size_t count = graph.ops.size();
  std::vector<std::size_t> lastUse(graph.values.size(), 0), lastOfLayer(graph.kv.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    for (const ValueId value : graph.ops[i].inputs) lastUse[value] = i;
    if (graph.ops[i].kind() == OpKind::Attention) lastOfLayer[graph.ops[i].as<model::Attention>().layer] = i;
  }
  std::vector<std::size_t> found;
  std::size_t needed = 0;  // until which operation something is needed that was made before this one
  for (std::size_t i = 0; i < count && graph.ops[i].kind() != OpKind::TakeRows; ++i) {
    const Op& op = graph.ops[i];
    if (op.out != kNoValue && needed <= i && (op.kind() == OpKind::Embed || op.kind() == OpKind::Add))
      found.push_back(i);
    if (op.out != kNoValue) needed = std::max(needed, lastUse[op.out]);
    if (op.kind() == OpKind::StoreKv) needed = std::max(needed, lastOfLayer[op.as<model::StoreKv>().layer]);
  }
  return found;
}

}  // namespace core::trace
