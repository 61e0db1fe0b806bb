#include "core/model/step_work.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/model/kv_traffic.h"
#include "core/quant/hollow_tensors.h"

namespace core::model {

namespace {

/// "blk.3.attn_q" → "attn_q"
std::string_view nameInLayer(std::string_view value) {
  constexpr std::string_view kLayer = "blk.";
  if (!value.starts_with(kLayer)) return value;
  const std::size_t dot = value.find('.', kLayer.size());
  return dot == std::string_view::npos ? value : value.substr(dot + 1);
}

/// Whether a step of that name makes this value: it is one of those between " + ".
bool makes(std::string_view part, std::string_view value) {
  constexpr std::string_view kBetween = " + ";
  while (true) {
    const std::size_t end = part.find(kBetween);
    if (part.substr(0, end) == value) return true;
    if (end == std::string_view::npos) return false;
    part.remove_prefix(end + kBetween.size());
  }
}

std::uint64_t weightBytesOf(const Op& op) {
  std::uint64_t bytes = 0;
  for (const quant::QuantizedTensorPtr* tensor : {op.weight(), op.vector()}) {
    if (tensor == nullptr || !*tensor) continue;
    const std::uint64_t all = quant::plannedBytes(**tensor);
    const std::uint64_t rows = (*tensor)->shape.rank() > 1 ? (*tensor)->shape[0] : 1;
    if (op.kind() == OpKind::Embed || op.kind() == OpKind::EmbedPositions)
      bytes += all / rows;
    else if (op.kind() == OpKind::ExpertMatMul)
      bytes += all / rows * op.as<ExpertMatMul>().used;
    else
      bytes += all;
  }
  return bytes;
}

/// Of one token; attention aside, which grows with the positions.
std::uint64_t multiplyAddsOf(const Graph& graph, const Op& op) {
  switch (op.kind()) {
    case OpKind::MatMul:
      return op.as<MatMul>().weight->shape.count();
    case OpKind::ExpertMatMul: {
      const ExpertMatMul& experts = op.as<ExpertMatMul>();
      return experts.weight->shape.count() / experts.weight->shape[0] * experts.used;
    }
    case OpKind::ShortConv:
      return std::uint64_t{op.as<ShortConv>().taps()} * graph.values[op.out].width;
    case OpKind::LinearAttention: {
      const LinearAttention& linear = op.as<LinearAttention>();
      // The decay is one product, what is added and what is asked are multiply-adds of the whole state, as is Sᵀk.
      return std::uint64_t{linear.stateFloats()} * (linear.isDelta ? 3U : 2U);
    }
    default:
      return 0;
  }
}

/// Of one token of attention that sees one position.
std::uint64_t multiplyAddsOfAPosition(const Graph& graph, const Attention& attention) {
  const KvShape& kv = graph.kv[attention.layer];
  return std::uint64_t{attention.heads} * (std::uint64_t{kv.headSize} + kv.valueHeadSize);
}

std::uint64_t stateBytesOf(const Graph& graph, const Op& op) {
  if (op.kind() == OpKind::ShortConv) return sizeof(float) * std::uint64_t{graph.states[op.as<ShortConv>().state]};
  if (op.kind() == OpKind::LinearAttention)
    return sizeof(float) * std::uint64_t{graph.states[op.as<LinearAttention>().state]};
  return 0;
}

/// Σ min(i, window) for i = 1 … tokens; all of them see each other where nothing is causal.
std::uint64_t positionsSeen(const Attention& attention, std::uint64_t tokens) {
  if (!attention.isCausal) return tokens * tokens;
  const std::uint64_t within = attention.window == 0 ? tokens : std::min<std::uint64_t>(tokens, attention.window);
  return within * (within + 1) / 2 + (tokens - within) * within;
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  weightBytes += other.weightBytes;
  kvBytes += other.kvBytes;
  operations += other.operations;
  return *this;
}

Work workOf(const Graph& graph, const Op& op, KvType type, std::uint32_t positions) {
  Work work{weightBytesOf(op), stateBytesOf(graph, op), 2 * multiplyAddsOf(graph, op)};
  if (op.kind() != OpKind::Attention) return work;
  const Attention& attention = op.as<Attention>();
  const std::uint32_t all = positions + 1;
  const std::uint32_t seen = attention.window == 0 ? all : std::min(all, attention.window);
  work.kvBytes = kvBytesRead(graph, attention, type, all);
  work.operations = 2 * seen * multiplyAddsOfAPosition(graph, attention);
  return work;
}

Work tokenWork(const Graph& graph, KvType type, std::uint32_t positions) {
  Work work;
  for (const Op& op : graph.ops) work += workOf(graph, op, type, positions);
  return work;
}

Work workOf(const Graph& graph, const StepTime& step, KvType type, std::uint32_t positions) {
  Work work;
  for (const Op& op : graph.ops)
    if (op.out != kNoValue && makes(step.part, nameInLayer(graph.values[op.out].name)))
      work += workOf(graph, op, type, positions);
  return work;
}

std::uint64_t promptOperations(const Graph& graph, std::uint32_t tokens) {
  std::uint64_t multiplyAdds = 0, rows = tokens;
  for (const Op& op : graph.ops) {
    if (op.kind() == OpKind::TakeRows) rows = 1;
    multiplyAdds += op.kind() == OpKind::Attention
                        ? multiplyAddsOfAPosition(graph, op.as<Attention>()) * positionsSeen(op.as<Attention>(), tokens)
                        : rows * multiplyAddsOf(graph, op);
  }
  return 2 * multiplyAdds;
}

ModelPart partOf(OpKind kind, std::string_view part) {
  switch (kind) {
    case OpKind::Embed:
    case OpKind::EmbedPositions:
      return ModelPart::Embedding;
    case OpKind::Attention:
    case OpKind::StoreKv:
      return ModelPart::Attention;
    case OpKind::ShortConv:
    case OpKind::LinearAttention:
      return ModelPart::State;
    case OpKind::Route:
    case OpKind::ExpertMatMul:
    case OpKind::MixExperts:
      // Matrices of each head are experts to the graph.
      return part.starts_with("attn_") ? ModelPart::Attention : ModelPart::FeedForward;
    case OpKind::TakeRows:
      return ModelPart::Output;
    default:
      break;
  }
  constexpr std::array<std::pair<std::string_view, ModelPart>, 14> kBeginnings{
      {{"attn_", ModelPart::Attention},
       {"kv_", ModelPart::Attention},
       {"ssm_", ModelPart::State},
       {"shortconv_", ModelPart::State},
       {"ffn_", ModelPart::FeedForward},
       {"expert", ModelPart::FeedForward},
       {"scaled", ModelPart::FeedForward},  // behind it, the whole layer
       {"embedded", ModelPart::Embedding},
       {"token_", ModelPart::Embedding},
       {"position_", ModelPart::Embedding},
       {"per_layer_", ModelPart::Embedding},
       {"output", ModelPart::Output},
       {"logits", ModelPart::Output},
       {"result", ModelPart::Output}}};
  const auto* const found =
      std::ranges::find_if(kBeginnings, [part](const auto& entry) { return part.starts_with(entry.first); });
  return found == kBeginnings.end() ? ModelPart::Other : found->second;
}

}  // namespace core::model
