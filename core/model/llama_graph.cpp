#include <fmt/format.h>

#include <cmath>

#include "core/model/graph_builder.h"

namespace core::model {

namespace {

/// x + Wo · attention(rope(Wq n), rope(Wk n), Wv n) with n = norm(x)
ValueId addAttention(GraphBuilder& builder, const ModelConfig& config, const BlockWeights& block, const Rope& rope,
                     ValueId x) {
  const std::uint32_t layer = builder.addLayer({config.kvHeads, config.headSize, config.valueHeadSize});
  const auto name = [layer](const char* role) { return fmt::format("blk.{}.{}", layer, role); };
  const ValueId norm = builder.rmsNorm(name("attn_norm"), x, block.attentionNorm, config.normEpsilon);
  const ValueId query = builder.matMul(name("attn_q"), norm, block.query, block.queryBias);
  const ValueId key = builder.matMul(name("attn_k"), norm, block.key, block.keyBias);
  const ValueId value = builder.matMul(name("attn_v"), norm, block.value, block.valueBias);
  const ValueId turnedQuery = builder.rope(name("attn_q_rope"), query, rope);
  const ValueId turnedKey = builder.rope(name("attn_k_rope"), key, rope);
  builder.storeKv(turnedKey, value, layer);
  const float scale = 1.0F / std::sqrt(static_cast<float>(config.headSize));
  const ValueId heads =
      builder.attention(name("attn_heads"), turnedQuery, {layer, config.heads, scale, config.slidingWindow});
  const ValueId output = builder.matMul(name("attn_output"), heads, block.attentionOutput, block.attentionOutputBias);
  return builder.add(name("attn_residual"), x, output);
}

/// x + Wdown · (silu(Wgate n) · (Wup n)) with n = norm(x)
ValueId addFeedForward(GraphBuilder& builder, const ModelConfig& config, const BlockWeights& block, std::uint32_t layer,
                       ValueId x) {
  const auto name = [layer](const char* role) { return fmt::format("blk.{}.{}", layer, role); };
  const ValueId norm = builder.rmsNorm(name("ffn_norm"), x, block.feedForwardNorm, config.normEpsilon);
  const ValueId gate = builder.matMul(name("ffn_gate"), norm, block.gate);
  const ValueId up = builder.matMul(name("ffn_up"), norm, block.up);
  const ValueId hidden = builder.glu(name("ffn_hidden"), gate, up, Activation::Silu);
  const ValueId down = builder.matMul(name("ffn_down"), hidden, block.down);
  return builder.add(name("ffn_residual"), x, down);
}

}  // namespace

Graph buildLlamaGraph(const ModelConfig& config, const ModelWeights& weights) {
  GraphBuilder builder(weights.bytes());
  const Rope rope{config.headSize, builder.addRopeTable(config.ropeFrequencies(weights.ropeFrequencyFactors)),
                  config.ropePairing};
  ValueId x = builder.embed("token_embd", weights.embedding);
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    x = addAttention(builder, config, weights.blocks[layer], rope, x);
    x = addFeedForward(builder, config, weights.blocks[layer], layer, x);
  }
  x = builder.takeRows("last_residual", x);
  x = builder.rmsNorm("output_norm", x, weights.outputNorm, config.normEpsilon);
  builder.matMul("logits", x, weights.output);
  return builder.take();
}

}  // namespace core::model
