#include "core/trace/bare_graph.h"

#include <algorithm>
#include <utility>

#include "core/train/plain_graph.h"

namespace core::trace {

using model::Graph;
using model::kNoValue;
using model::Op;
using model::OpKind;
using model::ValueId;

BareGraph::BareGraph(const Graph& whole) {
  train::PlainGraph plain = train::plainGraph(whole);
  graph = std::move(plain.graph);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const Op& made = whole.ops[plain.sources[i]];
    preparations.emplace_back();
    if (made.kind() != OpKind::MatMul && made.kind() != OpKind::ExpertMatMul) continue;
    graph.ops[i].parameters = made.parameters;  // the columns that its weight has, what experts do to their inputs
    for (ValueId value = made.inputs[0]; value != graph.ops[i].inputs[0];) {
      const Op& preparing = whole.maker(value);
      preparations.back().insert(preparations.back().begin(), preparing.parameters);
      value = preparing.inputs[0];
    }
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
