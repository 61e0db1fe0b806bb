#include "core/calibrate/sections.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

namespace core::calibrate {

using model::Graph;
using model::kNoValue;
using model::Op;
using model::OpKind;
using model::ValueId;

namespace {

/// For each operation, whether everything behind it needs of what is before only its result.
std::vector<bool> findCuts(const Graph& graph) {
  const std::size_t count = graph.ops.size();
  std::vector<std::size_t> lastUse(graph.values.size(), 0), lastOfLayer(graph.kv.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    for (const ValueId value : graph.ops[i].inputs) lastUse[value] = i;
    if (graph.ops[i].kind() == OpKind::Attention) lastOfLayer[graph.ops[i].as<model::Attention>().layer] = i;
  }
  std::vector<bool> cuts(count, false);
  std::size_t needed = 0;  // until which operation something is needed that was made before this one
  for (std::size_t i = 0; i < count; ++i) {
    const Op& op = graph.ops[i];
    cuts[i] = op.out != kNoValue && needed <= i;
    if (op.out != kNoValue) needed = std::max(needed, lastUse[op.out]);
    if (op.kind() == OpKind::StoreKv) needed = std::max(needed, lastOfLayer[op.as<model::StoreKv>().layer]);
  }
  return cuts;
}

/// Copies operations first … last into a graph of their own.
class SectionBuilder {
 public:
  SectionBuilder(const Graph& whole, ValueId entering) : m_whole(whole) {
    m_section.graph.ropeTables = whole.ropeTables;
    if (entering == kNoValue) return;
    m_section.residual = whole.values[entering].name;
    m_section.graph.ops.push_back({model::Embed(), {}, newValue(entering)});
  }

  void add(const Op& op) {
    Op copy = op;
    for (ValueId& input : copy.inputs) input = m_values.at(input);
    if (op.kind() == OpKind::MatMul) noteProduct(op, copy.inputs[0]);
    renumberLayer(copy);
    if (op.out != kNoValue) copy.out = newValue(op.out);
    countBytes(copy);
    m_section.graph.ops.push_back(std::move(copy));
  }

  /// A product whose result nobody needs: only its input is looked at.
  void addInputOf(const Op& product) { noteProduct(product, m_values.at(product.inputs[0])); }

  Section take() { return std::move(m_section); }

 private:
  ValueId newValue(ValueId old) {
    m_section.graph.values.push_back(m_whole.values[old]);
    return m_values[old] = static_cast<ValueId>(m_section.graph.values.size() - 1);
  }

  void noteProduct(const Op& product, ValueId input) {
    auto& inputs = m_section.inputs;
    auto found = std::ranges::find(inputs, input, &LinearInput::value);
    if (found == inputs.end()) found = inputs.insert(inputs.end(), {input, {}});
    found->weights.push_back(product.as<model::MatMul>().weight->name);
  }

  void renumberLayer(Op& op) {
    if (auto* const store = std::get_if<model::StoreKv>(&op.parameters)) store->layer = layerOf(store->layer);
    if (auto* const attention = std::get_if<model::Attention>(&op.parameters))
      attention->layer = layerOf(attention->layer);
  }

  std::uint32_t layerOf(std::uint32_t old) {
    const auto [place, isNew] = m_layers.try_emplace(old, static_cast<std::uint32_t>(m_section.graph.kv.size()));
    if (isNew) m_section.graph.kv.push_back(m_whole.kv[old]);
    return place->second;
  }

  void countBytes(const Op& op) {
    const auto* const weight = op.weight();
    if (weight != nullptr && *weight && m_counted.insert(weight->get()).second)
      m_section.graph.weightBytes += (*weight)->bytes();
  }

  const Graph& m_whole;
  Section m_section;
  std::map<ValueId, ValueId> m_values;              ///< old → new
  std::map<std::uint32_t, std::uint32_t> m_layers;  ///< likewise
  std::set<const void*> m_counted;
};

bool multiplies(const Graph& graph, std::size_t first, std::size_t last) {
  return std::any_of(graph.ops.begin() + static_cast<std::ptrdiff_t>(first),
                     graph.ops.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                     [](const Op& op) { return op.kind() == OpKind::MatMul; });
}

}  // namespace

std::vector<Section> cutIntoSections(const Graph& graph) {
  const std::vector<bool> cuts = findCuts(graph);
  std::vector<Section> sections;
  std::size_t first = 0;
  ValueId entering = kNoValue;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const bool isLast = i + 1 == graph.ops.size();
    if ((!cuts[i] && !isLast) || !multiplies(graph, first, i)) continue;
    SectionBuilder builder(graph, entering);
    for (std::size_t op = first; op < i; ++op) builder.add(graph.ops[op]);
    if (isLast && graph.ops[i].kind() == OpKind::MatMul)
      builder.addInputOf(graph.ops[i]);
    else
      builder.add(graph.ops[i]);
    sections.push_back(builder.take());
    first = i + 1;
    entering = graph.ops[i].out;
  }
  return sections;
}

Graph enteredBy(const Section& section, std::span<const float> table) {
  assert(!section.residual.empty());
  Graph graph = section.graph;
  const std::uint64_t width = graph.values[graph.ops.front().out].width;
  auto rows = std::make_shared<quant::QuantizedTensor>();
  rows->name = section.residual;
  rows->shape = {table.size() / width, width};
  rows->layout = quant::Elements{tensor::DType::F32};
  rows->payload = std::as_bytes(table);
  graph.ops.front().parameters = model::Embed{std::move(rows)};
  return graph;
}

}  // namespace core::calibrate
