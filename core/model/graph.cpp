#include "core/model/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"

namespace core::model {

std::vector<ValueId> Graph::allValues() const {
  std::vector<ValueId> all(values.size());
  std::iota(all.begin(), all.end(), ValueId{0});
  return all;
}

std::uint64_t Graph::tokenCount() const {
  const auto found = std::ranges::find(ops, OpKind::Embed, &Op::kind);
  return found == ops.end() ? vocabulary() : found->as<Embed>().weight->rows();
}

const Op& Graph::maker(ValueId value) const { return *std::ranges::find(ops, value, &Op::out); }

std::optional<ValueId> Graph::find(std::string_view name) const {
  const auto found = std::ranges::find(values, name, &Value::name);
  if (found == values.end()) return std::nullopt;
  return static_cast<ValueId>(found - values.begin());
}

Graph buildGraph(const ModelConfig& config, const ModelWeights& weights) {
  if (config.architecture == "llama") return buildLlamaGraph(config, weights);
  throw Error(ErrorCode::Unsupported,
              fmt::format("Models of architecture \"{}\" cannot be run yet; llama can.", config.architecture),
              "general.architecture");
}

}  // namespace core::model
