#include "core/model/graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/adapter_graph.h"
#include "core/model/architectures/architecture.h"
#include "core/model/input_changes.h"

namespace core::model {

std::vector<ValueId> Graph::allValues() const {
  std::vector<ValueId> all;
  for (ValueId value = 0; value < values.size(); ++value)
    if (values[value].form == ValueForm::Floats) all.push_back(value);
  return all;
}

std::uint64_t Graph::tokenCount() const {
  const auto found = std::ranges::find(ops, OpKind::Embed, &Op::kind);
  return found == ops.end() ? vocabulary() : found->as<Embed>().weight->rows();
}

std::optional<std::uint32_t> Graph::mostPositions() const {
  const auto found = std::ranges::find(ops, OpKind::EmbedPositions, &Op::kind);
  if (found == ops.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found->as<EmbedPositions>().weight->rows());
}

std::optional<std::uint32_t> Graph::rowsTogether() const {
  constexpr std::uint32_t kRowsTogether = 128;
  const bool doesMatter = std::ranges::any_of(ops, [](const Op& op) {
    const auto* quantize = std::get_if<QuantizeRows>(&op.parameters);
    const auto* experts = std::get_if<ExpertMatMul>(&op.parameters);
    return (quantize != nullptr && quantize->quantizer.threshold > 0.0F) ||
           (experts != nullptr && experts->weight->input && experts->weight->input->threshold > 0.0F);
  });
  return doesMatter ? std::optional(kRowsTogether) : std::nullopt;
}

const Op& Graph::maker(ValueId value) const { return *std::ranges::find(ops, value, &Op::out); }

std::optional<ValueId> Graph::find(std::string_view name) const {
  const auto found = std::ranges::find(values, name, &Value::name);
  if (found == values.end()) return std::nullopt;
  return static_cast<ValueId>(found - values.begin());
}

Graph buildGraph(const ModelConfig& config, const ModelWeights& weights) {
  if (config.architecture == nullptr) throw Error(ErrorCode::Unsupported, "The model has no architecture to run.");
  return withAdapters(applyInputChanges(config.architecture->build(config, weights)), weights.adapters);
}

}  // namespace core::model
