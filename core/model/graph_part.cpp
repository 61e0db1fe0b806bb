#include "core/model/graph_part.h"

#include <algorithm>
#include <cassert>
#include <type_traits>

namespace core::model {

namespace {

template <typename Parameters>
bool areSame(const Parameters& a, const Parameters& b) {
  if constexpr (std::is_same_v<Parameters, RmsNorm>) {
    return a.weight == b.weight && a.epsilon == b.epsilon && a.alone == b.alone;
  } else if constexpr (std::is_same_v<Parameters, LayerNorm>) {
    return a.weight == b.weight && a.bias == b.bias && a.epsilon == b.epsilon;
  } else if constexpr (std::is_same_v<Parameters, ExpertMatMul>) {
    return a.weight == b.weight && a.bias == b.bias && a.used == b.used;
  } else if constexpr (std::is_same_v<Parameters, MixExperts>) {
    return a.used == b.used;
  } else if constexpr (std::is_same_v<Parameters, MatMul>) {
    return a.weight == b.weight && a.bias == b.bias && a.columns == b.columns;
  } else if constexpr (std::is_same_v<Parameters, Embed>) {
    return a.weight == b.weight;
  } else if constexpr (std::is_same_v<Parameters, EmbedPositions>) {
    return a.weight == b.weight && a.first == b.first && a.step == b.step;
  } else if constexpr (std::is_same_v<Parameters, MapColumns>) {
    return a.weight == b.weight && a.bias == b.bias && a.map == b.map;
  } else if constexpr (std::is_same_v<Parameters, ShortConv>) {
    return a.weight == b.weight && a.bias == b.bias && a.state == b.state;
  } else if constexpr (std::is_same_v<Parameters, Route>) {
    return a.weight == b.weight && a.bias == b.bias && a.isLike(b);
  } else if constexpr (std::is_same_v<Parameters, StoreKv>) {
    return a.layer == b.layer;
  } else if constexpr (std::is_same_v<Parameters, Attention>) {
    return a.layer == b.layer && a.heads == b.heads && a.scale == b.scale && a.window == b.window &&
           a.softCap == b.softCap && a.sinks == b.sinks && a.isCausal == b.isCausal;
  } else if constexpr (std::is_same_v<Parameters, Glu>) {
    return a.activation == b.activation;
  } else if constexpr (std::is_empty_v<Parameters>) {
    return true;
  } else {
    return a == b;
  }
}

bool areSame(const Op& a, const Op& b) {
  if (a.kind() != b.kind() || a.inputs != b.inputs || a.out != b.out) return false;
  return std::visit(
      [&b](const auto& parameters) {
        return areSame(parameters, std::get<std::decay_t<decltype(parameters)>>(b.parameters));
      },
      a.parameters);
}

}  // namespace

std::vector<bool> partings(const Graph& graph) {
  const std::size_t count = graph.ops.size();
  std::vector<std::size_t> lastUse(graph.values.size(), 0), lastOfLayer(graph.kv.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    for (const ValueId value : graph.ops[i].inputs) lastUse[value] = i;
    if (graph.ops[i].kind() == OpKind::Attention) lastOfLayer[graph.ops[i].as<Attention>().layer] = i;
  }
  std::vector<bool> found(count, false);
  std::size_t needed = 0;  // until which operation something is needed that was made before this one
  for (std::size_t i = 0; i < count; ++i) {
    const Op& op = graph.ops[i];
    found[i] = op.out != kNoValue && needed <= i;
    if (op.out != kNoValue) needed = std::max(needed, lastUse[op.out]);
    if (op.kind() == OpKind::StoreKv) needed = std::max(needed, lastOfLayer[op.as<StoreKv>().layer]);
  }
  return found;
}

std::size_t commonOperations(const Graph& a, const Graph& b) {
  if (a.ropeTables != b.ropeTables) return 0;
  const std::size_t most = std::min(a.ops.size(), b.ops.size());
  std::size_t common = 0;
  while (common < most && areSame(a.ops[common], b.ops[common])) ++common;
  return common;
}

GraphPart::GraphPart(const Graph& whole, ValueId entering) : m_whole(whole) {
  m_part.ropeTables = whole.ropeTables;
  if (entering != kNoValue) m_part.ops.push_back({Embed(), {}, newValue(entering)});
}

void GraphPart::add(const Op& op) {
  Op copy = op;
  for (ValueId& input : copy.inputs) input = m_values.at(input);
  if (auto* const store = std::get_if<StoreKv>(&copy.parameters)) store->layer = layerOf(store->layer);
  if (auto* const attention = std::get_if<Attention>(&copy.parameters)) attention->layer = layerOf(attention->layer);
  if (auto* const conv = std::get_if<ShortConv>(&copy.parameters)) conv->state = newState(conv->state);
  if (auto* const linear = std::get_if<LinearAttention>(&copy.parameters)) linear->state = newState(linear->state);
  if (op.out != kNoValue) copy.out = newValue(op.out);
  const auto* const weight = op.weight();
  if (weight != nullptr && *weight && std::ranges::find(m_counted, weight->get()) == m_counted.end()) {
    m_counted.push_back(weight->get());
    m_part.weightBytes += (*weight)->bytes();
  }
  m_part.ops.push_back(std::move(copy));
}

ValueId GraphPart::newValue(ValueId old) {
  m_part.values.push_back(m_whole.values[old]);
  return m_values[old] = static_cast<ValueId>(m_part.values.size() - 1);
}

std::uint32_t GraphPart::layerOf(std::uint32_t old) {
  const auto [place, isNew] = m_layers.try_emplace(old, static_cast<std::uint32_t>(m_part.kv.size()));
  if (isNew) m_part.kv.push_back(m_whole.kv[old]);
  return place->second;
}

std::uint32_t GraphPart::newState(std::uint32_t old) {
  m_part.states.push_back(m_whole.states[old]);
  return static_cast<std::uint32_t>(m_part.states.size() - 1);
}

Graph enteredBy(Graph part, std::span<const float> table) {
  const Value& entering = part.values[part.ops.front().out];
  auto rows = std::make_shared<quant::QuantizedTensor>();
  rows->name = entering.name;
  rows->shape = {table.size() / entering.width, entering.width};
  rows->layout = quant::Elements{tensor::DType::F32};
  rows->payload = std::as_bytes(table);
  part.ops.front().parameters = Embed{std::move(rows)};
  return part;
}

Graph tailBehind(const Graph& graph, std::size_t last) {
  assert(partings(graph)[last]);
  GraphPart part(graph, graph.ops[last].out);
  for (std::size_t op = last + 1; op < graph.ops.size(); ++op) part.add(graph.ops[op]);
  return part.take();
}

}  // namespace core::model
