#include "gpu/value_places.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "gpu/shaders/common/interface.h"
#include "gpu/vk/alignment.h"

namespace gpu {

namespace {

using core::model::Op;
using core::model::OpKind;
using core::model::ValueId;

constexpr std::uint64_t kAlignFloats = vk::kOffsetAlignment / sizeof(float);

struct Lifetime {
  std::size_t first = ~std::size_t{0}, last = 0;
  bool isUsed() const { return first != ~std::size_t{0}; }
};

/// The value in whose place each one lies, usually itself.
std::vector<ValueId> sharedPlaces(const core::model::Graph& graph, const std::vector<Step>& steps) {
  std::vector<ValueId> root(graph.values.size());
  std::iota(root.begin(), root.end(), ValueId{0});
  std::vector<std::uint32_t> readers(graph.values.size(), 0);
  for (const Op& op : graph.ops) {
    for (const ValueId input : op.inputs) ++readers[input];
  }
  for (const Step& step : steps) {
    for (const Op* op : step.ops) {
      // TakeRows copies nothing: its output is a window into its input, which lives as long.
      if (op->kind() == OpKind::TakeRows) root[op->out] = root[op->inputs[0]];
      // A window is not rotated in place: the rest of it may be read later.
      const bool ownsPlace = !op->inputs.empty() && root[op->inputs[0]] == op->inputs[0];
      if (op->kind() == OpKind::Rope && ownsPlace && readers[op->inputs[0]] == 1) root[op->out] = op->inputs[0];
    }
  }
  return root;
}

std::uint64_t aligned(std::uint64_t floats) { return (floats + kAlignFloats - 1) / kAlignFloats * kAlignFloats; }

/// What the inputs of stacks of experts take of a token once they are quantized.
std::uint64_t expertInputFloats(const core::model::Graph& graph) {
  std::uint64_t most = 0;
  for (const Op& op : graph.ops) {
    if (op.kind() != OpKind::ExpertMatMul) continue;
    const auto& product = op.as<core::model::ExpertMatMul>();
    if (!product.weight->input) continue;
    most = std::max<std::uint64_t>(most, std::uint64_t{expertSlots(graph, op)} *
                                             quantizedStride(*product.weight->input, product.weight->rowValues()));
  }
  return aligned(most);
}

}  // namespace

std::uint32_t expertSlots(const core::model::Graph& graph, const Op& op) {
  const auto& product = op.as<core::model::ExpertMatMul>();
  return graph.values[op.inputs[0]].width == product.weight->rowValues() ? 1 : product.used;
}

std::uint32_t quantizedStride(const core::quant::InputQuantizer& quantizer, std::uint64_t width) {
  const auto values = static_cast<std::uint32_t>(width);
  return strideOf(quantizer.makesCodes() ? core::model::CodedRow(values).words() : values);
}

ValuePlaces placeValues(const core::model::Graph& graph, const std::vector<Step>& steps) {
  const std::size_t count = graph.values.size();
  ValuePlaces places;
  places.offset.assign(count, 0);
  places.stride.resize(count);
  for (std::size_t v = 0; v < count; ++v) places.stride[v] = strideOf(graph.values[v].words());

  const std::vector<ValueId> root = sharedPlaces(graph, steps);
  std::vector<Lifetime> life(count);
  for (std::size_t s = 0; s < steps.size(); ++s) {
    for (const ValueId value : steps[s].writes()) life[root[value]].first = std::min(life[root[value]].first, s);
    for (const ValueId value : steps[s].writes()) life[root[value]].last = std::max(life[root[value]].last, s);
    for (const ValueId value : steps[s].reads()) life[root[value]].last = std::max(life[root[value]].last, s);
  }

  std::map<std::uint64_t, std::pair<std::uint64_t, std::size_t>> taken;  // offset → (size, last step)
  std::vector<ValueId> order;
  for (ValueId v = 0; v < count; ++v) {
    if (life[v].isUsed() && root[v] == v) order.push_back(v);
  }
  std::stable_sort(order.begin(), order.end(), [&](ValueId a, ValueId b) { return life[a].first < life[b].first; });
  for (const ValueId v : order) {
    std::erase_if(taken, [&](const auto& range) { return range.second.second < life[v].first; });
    const std::uint64_t size = aligned(places.stride[v]);
    std::uint64_t at = 0;
    for (const auto& [offset, range] : taken) {
      if (at + size <= offset) break;
      at = std::max(at, offset + range.first);
    }
    taken[at] = {size, life[v].last};
    places.offset[v] = at;
    places.rowFloats = std::max(places.rowFloats, at + size);
  }
  for (ValueId v = 0; v < count; ++v) places.offset[v] = places.offset[root[v]];
  places.expertInputs = places.rowFloats;
  places.rowFloats += expertInputFloats(graph);
  return places;
}

}  // namespace gpu
