#include "core/trace/bare_graph.h"

#include <algorithm>
#include <utility>

#include "core/model/graph_part.h"
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
  std::vector<std::size_t> makers(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.ops.size(); ++i)
    if (graph.ops[i].out != kNoValue) makers[graph.ops[i].out] = i;
  const auto taken = std::ranges::find(graph.ops, OpKind::TakeRows, &Op::kind);
  std::vector<std::size_t> found;
  // What is added to the stream comes second; norms, scales and the like leave it the stream.
  for (ValueId value = taken == graph.ops.end() ? kNoValue : taken->inputs[0]; value != kNoValue;) {
    const Op& op = graph.ops[makers[value]];
    if (op.kind() == OpKind::Add || op.kind() == OpKind::Embed) found.push_back(makers[value]);
    const bool goesOn = !op.inputs.empty() && graph.values[op.inputs[0]].width == graph.values[value].width;
    value = goesOn ? op.inputs[0] : kNoValue;
  }
  std::ranges::reverse(found);
  return found;
}

std::vector<std::size_t> resumableOps(const Graph& graph) {
  const std::vector<bool> parted = model::partings(graph);
  std::vector<std::size_t> found;
  for (const std::size_t op : residualOps(graph))
    if (parted[op]) found.push_back(op);
  return found;
}

}  // namespace core::trace
