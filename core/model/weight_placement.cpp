#include "core/model/weight_placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace core::model {

namespace {

/// Weights that move together: read alike, and of one layer. The order is the one in which they leave the device.
struct Rank {
  double readShare;
  std::uint32_t layersBehind;  ///< of the last layer first; the largest number for what belongs to none
  auto operator<=>(const Rank&) const = default;
};

constexpr std::uint32_t kNoLayer = std::numeric_limits<std::uint32_t>::max();

Rank rankOf(const WeightLoad& weight) {
  return {weight.readShare, weight.layer ? kNoLayer - 1 - *weight.layer : kNoLayer};
}

/// "3", "25–31", "0, 2–3"
std::string rangesOf(const std::set<std::uint32_t>& numbers) {
  std::string text;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (std::next(last) != numbers.end() && *std::next(last) == *last + 1) ++last;
    if (!text.empty()) text += ", ";
    text += first == last ? fmt::format("{}", *first) : fmt::format("{}–{}", *first, *last);
    first = std::next(last);
  }
  return text;
}

std::string withLayers(const char* of, const std::set<std::uint32_t>& layers) {
  return fmt::format("{}{} {}", of, layers.size() == 1 ? "layer" : "layers", rangesOf(layers));
}

/// The number in "blk.3.attn_q".
std::optional<std::uint32_t> layerIn(std::string_view name) {
  constexpr std::string_view kBlock = "blk.";
  if (!name.starts_with(kBlock)) return std::nullopt;
  std::uint32_t layer = 0;
  const char* const begin = name.data() + kBlock.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), layer);
  if (error != std::errc() || end == begin) return std::nullopt;
  return layer;
}

}  // namespace

std::string hostPartsOf(std::span<const WeightLoad> weights, const std::vector<bool>& isOnHost) {
  std::set<std::uint32_t> experts, layers;
  bool hasTable = false, hasOutput = false;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!isOnHost[i]) continue;
    if (weights[i].kind == WeightLoad::Kind::Table)
      hasTable = true;
    else if (!weights[i].layer)
      hasOutput = true;
    else
      (weights[i].kind == WeightLoad::Kind::Experts ? experts : layers).insert(*weights[i].layer);
  }
  std::erase_if(experts, [&](std::uint32_t layer) { return layers.contains(layer); });  // all of it is said once
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (hasTable) add("the embedding");
  if (!experts.empty()) add(withLayers("experts of ", experts));
  if (!layers.empty()) add(withLayers("", layers));
  if (hasOutput) add("the output");
  return text;
}

std::optional<WeightPlacement> placeWeights(std::span<const WeightLoad> weights, const MemoryRoom& room) {
  WeightPlacement placement{.isOnHost = std::vector<bool>(weights.size(), false), .hostParts = {}};
  std::map<Rank, std::vector<std::size_t>> groups;
  std::uint64_t onDevice = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    groups[rankOf(weights[i])].push_back(i);
    onDevice += weights[i].bytes;
  }
  for (const auto& [rank, group] : groups) {
    if (onDevice <= room.device) break;
    for (const std::size_t i : group) {
      placement.isOnHost[i] = true;
      placement.hostBytes += weights[i].bytes;
      onDevice -= weights[i].bytes;
    }
  }
  if (onDevice > room.device || placement.hostBytes > room.host) return std::nullopt;
  placement.hostParts = hostPartsOf(weights, placement.isOnHost);
  return placement;
}

WeightLoad weightLoadOf(const Graph& graph, const Op& op) {
  WeightLoad load;
  const quant::QuantizedTensor& tensor = **op.weight();
  if (op.out != kNoValue) load.layer = layerIn(graph.values[op.out].name);
  if (op.kind() == OpKind::Embed || op.kind() == OpKind::EmbedPositions) {
    load.kind = WeightLoad::Kind::Table;
    load.readShare = 1.0 / static_cast<double>(std::max<std::uint64_t>(tensor.rows(), 1));
  } else if (const auto* experts = std::get_if<ExpertMatMul>(&op.parameters)) {
    load.kind = WeightLoad::Kind::Experts;
    load.readShare = static_cast<double>(experts->used) / static_cast<double>(tensor.shape[0]);
  }
  return load;
}

void addUse(WeightLoad& weight, const WeightLoad& again) {
  weight.readShare += again.readShare;
  weight.kind = std::max(weight.kind, again.kind);
  if (weight.layer != again.layer) weight.layer.reset();
}

}  // namespace core::model
