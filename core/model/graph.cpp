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
  for (const Op& op : ops) {
    const auto* const positions = std::get_if<EmbedPositions>(&op.parameters);
    if (positions != nullptr && positions->step != 0)
      return static_cast<std::uint32_t>(positions->weight->rows() - positions->first);
  }
  return std::nullopt;
}

bool Graph::readsWholeTexts() const {
  return std::ranges::any_of(ops, [](const Op& op) {
    const auto* const attention = std::get_if<Attention>(&op.parameters);
    return attention != nullptr && !attention->isCausal;
  });
}

std::optional<std::uint32_t> Graph::rowsTogether() const {
  constexpr std::uint32_t kRowsTogether = 128, kLongestText = 2048;
  if (readsWholeTexts()) return std::min(mostPositions().value_or(kLongestText), kLongestText);
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
