#include "core/model/architectures/decoder_parts.h"

#include <fmt/format.h>

#include <cmath>

#include "core/quant/quantizer.h"

namespace core::model {

namespace {

std::string of(std::uint32_t layer, const char* name) { return fmt::format("blk.{}.{}", layer, name); }

}  // namespace

DecoderParts::DecoderParts(const ModelConfig& config, const ModelWeights& weights)
    : m_config(config), m_weights(weights), m_builder(weights.bytes()) {
  const auto& factors = weights.shared[WeightKind::RopeFactors];
  m_rope = {
      config.headSize,
      m_builder.addRopeTable(config.ropeFrequencies(factors ? quant::dequantize(*factors) : std::vector<float>())),
      config.ropePairing};
}

ValueId DecoderParts::embed() { return m_builder.embed("token_embd", m_weights.shared[WeightKind::Embedding]); }

ValueId DecoderParts::norm(const char* name, std::uint32_t layer, WeightKind weight, ValueId x) {
  return m_builder.rmsNorm(of(layer, name), x, m_weights.blocks[layer][weight], m_config.normEpsilon);
}

ValueId DecoderParts::project(const char* name, const WeightSet& block, std::uint32_t layer, WeightKind weight,
                              WeightKind bias, ValueId x) {
  return m_builder.matMul(of(layer, name), x, block[weight], block[bias]);
}

ValueId DecoderParts::attention(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  const std::uint32_t kept = m_builder.addLayer({m_config.kvHeads, m_config.headSize, m_config.valueHeadSize});
  ValueId query = project("attn_q", block, layer, WeightKind::Query, WeightKind::QueryBias, x);
  ValueId key = project("attn_k", block, layer, WeightKind::Key, WeightKind::KeyBias, x);
  const ValueId value = project("attn_v", block, layer, WeightKind::Value, WeightKind::ValueBias, x);
  if (block[WeightKind::QueryNorm]) {
    query = norm("attn_q_norm", layer, WeightKind::QueryNorm, query);
    key = norm("attn_k_norm", layer, WeightKind::KeyNorm, key);
  }
  query = m_builder.rope(of(layer, "attn_q_rope"), query, m_rope);
  key = m_builder.rope(of(layer, "attn_k_rope"), key, m_rope);
  m_builder.storeKv(key, value, kept);
  const float scale = 1.0F / std::sqrt(static_cast<float>(m_config.headSize));
  const ValueId heads =
      m_builder.attention(of(layer, "attn_heads"), query, {kept, m_config.heads, scale, m_config.slidingWindow});
  return project("attn_output", block, layer, WeightKind::AttentionOutput, WeightKind::AttentionOutputBias, heads);
}

ValueId DecoderParts::gatedFeedForward(std::uint32_t layer, ValueId x, Activation activation) {
  const WeightSet& block = m_weights.blocks[layer];
  const ValueId gate = m_builder.matMul(of(layer, "ffn_gate"), x, block[WeightKind::Gate]);
  const ValueId up = m_builder.matMul(of(layer, "ffn_up"), x, block[WeightKind::Up]);
  const ValueId hidden = m_builder.glu(of(layer, "ffn_hidden"), gate, up, activation);
  return m_builder.matMul(of(layer, "ffn_down"), hidden, block[WeightKind::Down]);
}

ValueId DecoderParts::add(const char* name, std::uint32_t layer, ValueId x, ValueId y) {
  return m_builder.add(of(layer, name), x, y);
}

void DecoderParts::logits(ValueId x) {
  x = m_builder.takeRows("last_residual", x);
  x = m_builder.rmsNorm("output_norm", x, m_weights.shared[WeightKind::OutputNorm], m_config.normEpsilon);
  m_builder.matMul("logits", x, m_weights.shared[WeightKind::Output]);
}

Graph buildPreNormDecoder(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  ValueId x = parts.embed();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const ValueId attended = parts.attention(layer, parts.norm("attn_norm", layer, WeightKind::AttentionNorm, x));
    x = parts.add("attn_residual", layer, x, attended);
    const ValueId fed = parts.gatedFeedForward(layer, parts.norm("ffn_norm", layer, WeightKind::FeedForwardNorm, x));
    x = parts.add("ffn_residual", layer, x, fed);
  }
  parts.logits(x);
  return parts.take();
}

}  // namespace core::model
