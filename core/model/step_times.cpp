#include "core/model/step_times.h"

#include <algorithm>

namespace core::model {

std::string_view nameOf(OpKind kind) {
  switch (kind) {
    case OpKind::Embed:
    case OpKind::EmbedPositions:
      return "embedding";
    case OpKind::RmsNorm:
    case OpKind::LayerNorm:
      return "norm";
    case OpKind::MatMul:
      return "product";
    case OpKind::Rope:
      return "RoPE";
    case OpKind::StoreKv:
      return "KV cache";
    case OpKind::Attention:
      return "attention";
    case OpKind::Glu:
      return "gated activation";
    case OpKind::Add:
      return "sum";
    case OpKind::TakeRows:
      return "choice of rows";
    case OpKind::ArrangeColumns:
      return "order of columns";
    case OpKind::QuantizeRows:
      return "quantization of inputs";
    case OpKind::Map:
    case OpKind::MapColumns:
      return "activation";
    case OpKind::Slice:
    case OpKind::JoinHeads:
      return "copy";
    case OpKind::Route:
      return "router";
    case OpKind::ExpertMatMul:
      return "product of experts";
    case OpKind::MixExperts:
      return "mix of experts";
    case OpKind::ShortConv:
      return "convolution";
    case OpKind::LinearAttention:
      return "linear attention";
  }
  return "";
}

namespace {

/// "blk.3.attn_q + blk.3.attn_k" → "attn_q + attn_k"
std::string withoutLayers(std::string_view values) {
  constexpr std::string_view kBlock = "blk.", kBetween = " + ";
  std::string parts;
  while (!values.empty()) {
    std::string_view value = values.substr(0, values.find(kBetween));
    values.remove_prefix(std::min(values.size(), value.size() + kBetween.size()));
    if (value.starts_with(kBlock)) value.remove_prefix(std::min(value.find('.', kBlock.size()), value.size() - 1) + 1);
    if (!parts.empty()) parts += kBetween;
    parts += value;
  }
  return parts;
}

}  // namespace

void StepTimes::add(OpKind kind, std::string_view value, double seconds) {
  std::string part = withoutLayers(value);
  auto step =
      std::ranges::find_if(m_steps, [&](const StepTime& known) { return known.kind == kind && known.part == part; });
  if (step == m_steps.end()) step = m_steps.insert(step, {kind, std::move(part), 0.0, 0});
  step->seconds += seconds;
  ++step->count;
}

double StepTimes::total() const {
  double seconds = 0;
  for (const StepTime& step : m_steps) seconds += step.seconds;
  return seconds;
}

}  // namespace core::model
