#include "core/model/adapter_graph.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/input_changes.h"

namespace core::model {

namespace {

class Pass {
 public:
  Pass(Graph graph, std::span<const AdapterFactors> pairs) : m_graph(std::move(graph)) {
    for (const AdapterFactors& pair : pairs) m_pairs.emplace(pair.target, &pair);
  }

  Graph run() {
    const Graph before = m_graph;
    m_graph.ops.clear();
    for (const Op& op : before.ops) {
      const auto* const product = std::get_if<MatMul>(&op.parameters);
      const auto found = product == nullptr ? m_pairs.end() : m_pairs.find(product->weight->name);
      if (found == m_pairs.end())
        m_graph.ops.push_back(op);
      else
        adapt(op, plainValue(before, op.inputs[0]), *found->second);
    }
    for (const auto& [name, pair] : m_pairs)
      if (!m_used.contains(name))
        throw Error(
            ErrorCode::InvalidArgument,
            fmt::format("An adapter changes {}, which no product of the model has.", io::inQuotes(pair->target)),
            pair->target);
    return std::move(m_graph);
  }

 private:
  void adapt(const Op& op, ValueId input, const AdapterFactors& pair) {
    const quant::QuantizedTensor& weight = *op.as<MatMul>().weight;
    const quant::QuantizedTensor &a = *pair.a, &b = *pair.b;
    if (a.rowValues() != weight.rowValues() || b.rows() != weight.rows() || b.rowValues() != a.rows())
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Factors of {} and {} do not fit {}, which is {}.", a.shape.toString(),
                              b.shape.toString(), io::inQuotes(weight.name), weight.shape.toString()),
                  weight.name);
    Op base = op;
    base.out = value(op.out, "base", weight.rows());
    const ValueId down = value(op.out, "lora_a", a.rows()), up = value(op.out, "lora_b", b.rows());
    // The matrix is the newer part of the sum: where a cause is looked for, it is looked for there (non_finite.cpp).
    const std::vector<ValueId> parts = {up, base.out};
    m_graph.ops.push_back(std::move(base));
    m_graph.ops.push_back({MatMul{pair.a}, {input}, down});
    m_graph.ops.push_back({MatMul{pair.b}, {down}, up});
    m_graph.ops.push_back({Add(), parts, op.out});
    m_used.insert(pair.target);
  }

  ValueId value(ValueId of, std::string_view what, std::uint64_t width) {
    m_graph.values.push_back({fmt::format("{}_{}", m_graph.values[of].name, what), static_cast<std::uint32_t>(width)});
    return static_cast<ValueId>(m_graph.values.size() - 1);
  }

  Graph m_graph;
  std::map<std::string_view, const AdapterFactors*> m_pairs;  ///< by target
  std::set<std::string_view> m_used;
};

}  // namespace

Graph withAdapters(Graph graph, std::span<const AdapterFactors> pairs) {
  if (pairs.empty()) return graph;
  return Pass(std::move(graph), pairs).run();
}

}  // namespace core::model
