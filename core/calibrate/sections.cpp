#include "core/calibrate/sections.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/model/graph_part.h"

namespace core::calibrate {

using model::Graph;
using model::kNoValue;
using model::Op;
using model::OpKind;
using model::ValueId;

namespace {

/// Collects the operations of a section and the inputs of its products.
class SectionBuilder {
 public:
  SectionBuilder(const Graph& whole, ValueId entering) : m_part(whole, entering) {
    if (entering != kNoValue) m_section.residual = whole.values[entering].name;
  }

  void add(const Op& op) {
    if (op.kind() == OpKind::MatMul) addInputOf(op);
    if (op.kind() == OpKind::ExpertMatMul) addExpertsOf(op);
    m_part.add(op);
  }

  /// Of a product whose result nobody needs only the input is looked at.
  void addInputOf(const Op& product) {
    const ValueId input = m_part.valueOf(product.inputs[0]);
    auto& inputs = m_section.inputs;
    auto found = std::ranges::find(inputs, input, &LinearInput::value);
    if (found == inputs.end()) found = inputs.insert(inputs.end(), {input, {}});
    found->weights.push_back(product.as<model::MatMul>().weight->name);
  }

  void addExpertsOf(const Op& op) {
    const auto& product = op.as<model::ExpertMatMul>();
    const ExpertInput input{m_part.valueOf(op.inputs[0]),
                            m_part.valueOf(op.inputs[1]),
                            static_cast<std::uint32_t>(product.weight->shape[0]),
                            product.used,
                            product.weight->rowValues(),
                            {}};
    auto& inputs = m_section.experts;
    auto found = std::ranges::find(inputs, input.value, &ExpertInput::value);
    if (found == inputs.end()) found = inputs.insert(inputs.end(), input);
    found->weights.push_back(product.weight->name);
  }

  Section take() {
    m_section.graph = m_part.take();
    return std::move(m_section);
  }

 private:
  model::GraphPart m_part;
  Section m_section;
};

bool multiplies(const Graph& graph, std::size_t first, std::size_t last) {
  return std::any_of(graph.ops.begin() + static_cast<std::ptrdiff_t>(first),
                     graph.ops.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                     [](const Op& op) { return op.kind() == OpKind::MatMul; });
}

}  // namespace

std::vector<Section> cutIntoSections(const Graph& graph) {
  const std::vector<bool> cuts = model::partings(graph);
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
  return model::enteredBy(section.graph, table);
}

}  // namespace core::calibrate
