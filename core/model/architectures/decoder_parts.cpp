#include "core/model/architectures/decoder_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/model/architectures/architecture.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

std::string of(std::uint32_t layer, const char* name) { return fmt::format("blk.{}.{}", layer, name); }

std::optional<WeightKind> biasOfNorm(WeightKind norm) {
  switch (norm) {
    case WeightKind::OutputNorm:
      return WeightKind::OutputNormBias;
    case WeightKind::AttentionNorm:
      return WeightKind::AttentionNormBias;
    case WeightKind::FeedForwardNorm:
      return WeightKind::FeedForwardNormBias;
    default:
      return std::nullopt;
  }
}

}  // namespace

DecoderParts::DecoderParts(const ModelConfig& config, const ModelWeights& weights)
    : m_config(config), m_weights(weights), m_builder(weights.bytes()) {
  const auto isZero = [](std::uint32_t flag) { return flag == 0; };
  if (!config.isRotated.empty() && std::ranges::all_of(config.isRotated, isZero)) return;
  const auto& shared = weights.shared;
  const auto& factors = shared[WeightKind::RopeFactors] ? shared[WeightKind::RopeFactors]
                        : config.isBeyondOriginal()     ? shared[WeightKind::RopeLongFactors]
                                                        : shared[WeightKind::RopeShortFactors];
  const std::vector<float> divisors = factors ? quant::dequantize(*factors) : std::vector<float>();
  m_rope = {config.headSize, m_builder.addRopeTable(config.ropeFrequencies(divisors), config.ropeMagnitude),
            config.ropePairing};
  m_windowRope = m_rope;
  if (config.ropeWindowBase != 0.0F) m_windowRope.table = m_builder.addRopeTable(config.ropeWindowFrequencies());
}

ValueId DecoderParts::scaled(std::string name, ValueId x, float scale) {
  return scale == 1.0F ? x : m_builder.map(std::move(name), x, {Map::Function::Scale, scale});
}

ValueId DecoderParts::embed() {
  const ValueId x = scaled("token_embd_scaled", m_builder.embed("token_embd", m_weights.shared[WeightKind::Embedding]),
                           m_config.embeddingScale);
  const auto& positions = m_weights.shared[WeightKind::Positions];
  return positions ? m_builder.add("embedded", x, m_builder.embedPositions("position_embd", positions)) : x;
}

ValueId DecoderParts::normed(std::string name, ValueId x, const WeightSet& weights, WeightKind weight) {
  if (!m_config.architecture->hasLayerNorms)
    return m_builder.rmsNorm(std::move(name), x, weights[weight], m_config.normEpsilon);
  const auto bias = biasOfNorm(weight);
  return m_builder.layerNorm(std::move(name), x,
                             {weights[weight], bias ? weights[*bias] : nullptr, m_config.normEpsilon});
}

ValueId DecoderParts::norm(const char* name, std::uint32_t layer, WeightKind weight, ValueId x) {
  return normed(of(layer, name), x, m_weights.blocks[layer], weight);
}

ValueId DecoderParts::project(const char* name, const WeightSet& block, std::uint32_t layer, WeightKind weight,
                              WeightKind bias, ValueId x) {
  return m_builder.matMul(of(layer, name), x, block[weight], block[bias]);
}

DecoderParts::Heads DecoderParts::heads(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  if (!block[WeightKind::QueryKeyValue])
    return {project("attn_q", block, layer, WeightKind::Query, WeightKind::QueryBias, x),
            project("attn_k", block, layer, WeightKind::Key, WeightKind::KeyBias, x),
            project("attn_v", block, layer, WeightKind::Value, WeightKind::ValueBias, x)};
  const ValueId all = project("attn_qkv", block, layer, WeightKind::QueryKeyValue, WeightKind::QueryKeyValueBias, x);
  const std::uint32_t queries = m_config.heads * m_config.headSize, keys = m_config.kvHeads * m_config.headSize,
                      values = m_config.kvHeads * m_config.valueHeadSize;
  return {m_builder.slice(of(layer, "attn_q"), all, {0}, queries),
          m_builder.slice(of(layer, "attn_k"), all, {queries}, keys),
          m_builder.slice(of(layer, "attn_v"), all, {queries + keys}, values)};
}

ValueId DecoderParts::attention(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  const std::uint32_t kept = m_builder.addLayer({m_config.kvHeads, m_config.headSize, m_config.valueHeadSize});
  auto [query, key, value] = heads(layer, x);
  if (block[WeightKind::QueryNorm]) {
    query = norm("attn_q_norm", layer, WeightKind::QueryNorm, query);
    key = norm("attn_k_norm", layer, WeightKind::KeyNorm, key);
  }
  const std::uint32_t window = m_config.windowOf(layer);
  if (m_config.isRotated.empty() || m_config.isRotated[layer] != 0) {
    const Rope& rope = window != 0 ? m_windowRope : m_rope;
    query = m_builder.rope(of(layer, "attn_q_rope"), query, rope);
    key = m_builder.rope(of(layer, "attn_k_rope"), key, rope);
  }
  m_builder.storeKv(key, value, kept);
  const float usual = 1.0F / std::sqrt(static_cast<float>(m_config.headSize));
  const float scale = m_config.attentionScale != 0.0F ? m_config.attentionScale : usual;
  const ValueId attended =
      m_builder.attention(of(layer, "attn_heads"), query,
                          {kept, m_config.heads, scale, window, m_config.attentionSoftCap, block[WeightKind::Sinks]});
  return project("attn_output", block, layer, WeightKind::AttentionOutput, WeightKind::AttentionOutputBias, attended);
}

ValueId DecoderParts::gatedUnit(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  const Activation activation = m_config.architecture->activation;
  ValueId gate = kNoValue, up = kNoValue;
  if (const auto& both = block[WeightKind::GateUp]) {
    const ValueId all = m_builder.matMul(of(layer, "ffn_gate_up"), x, both);
    gate = m_builder.slice(of(layer, "ffn_gate"), all, {0}, m_config.feedForward);
    up = m_builder.slice(of(layer, "ffn_up"), all, {m_config.feedForward}, m_config.feedForward);
  } else {
    gate = m_builder.matMul(of(layer, "ffn_gate"), x, block[WeightKind::Gate]);
    up = m_builder.matMul(of(layer, "ffn_up"), x, block[WeightKind::Up]);
  }
  return m_builder.glu(of(layer, "ffn_hidden"), gate, up, activation);
}

ValueId DecoderParts::feedForward(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  if (block[WeightKind::Router]) return expertFeedForward(layer, x);
  ValueId hidden = kNoValue;
  if (block[WeightKind::Gate] || block[WeightKind::GateUp]) {
    hidden = gatedUnit(layer, x);
  } else {
    const ValueId up = project("ffn_up", block, layer, WeightKind::Up, WeightKind::UpBias, x);
    hidden = m_builder.map(of(layer, "ffn_hidden"), up, {Map::Function::GeluTanh});
  }
  return project("ffn_down", block, layer, WeightKind::Down, WeightKind::DownBias, hidden);
}

ValueId DecoderParts::expertProduct(const char* name, std::uint32_t layer, ValueId x, ValueId routes, WeightKind weight,
                                    WeightKind bias) {
  const WeightSet& block = m_weights.blocks[layer];
  return m_builder.expertMatMul(of(layer, name), x, routes, {block[weight], block[bias], m_config.usedExperts});
}

ValueId DecoderParts::expertFeedForward(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  const std::uint32_t used = m_config.usedExperts;
  const ValueId logits = project("ffn_router", block, layer, WeightKind::Router, WeightKind::RouterBias, x);
  const ValueId routes = m_builder.route(of(layer, "ffn_routes"), logits, {used, m_config.areExpertWeightsNormed});
  ValueId gate = kNoValue, up = kNoValue;
  if (block[WeightKind::GateUpExperts]) {
    const ValueId both =
        expertProduct("ffn_gate_up_exps", layer, x, routes, WeightKind::GateUpExperts, WeightKind::GateUpExpertsBias);
    const std::uint32_t width = used * slotStride(m_config.expertFeedForward);
    gate = m_builder.slice(of(layer, "ffn_gate_exps"), both, {0, 2}, width);
    up = m_builder.slice(of(layer, "ffn_up_exps"), both, {1, 2}, width);
  } else {
    gate = expertProduct("ffn_gate_exps", layer, x, routes, WeightKind::GateExperts, WeightKind::GateExpertsBias);
    up = expertProduct("ffn_up_exps", layer, x, routes, WeightKind::UpExperts, WeightKind::UpExpertsBias);
  }
  const ValueId hidden = m_builder.glu(of(layer, "ffn_hidden"), gate, up, m_config.architecture->activation);
  const ValueId down =
      expertProduct("ffn_down_exps", layer, hidden, routes, WeightKind::DownExperts, WeightKind::DownExpertsBias);
  return m_builder.mixExperts(of(layer, "ffn_down"), down, routes, used, m_config.width);
}

ValueId DecoderParts::add(const char* name, std::uint32_t layer, ValueId x, ValueId y) {
  return m_builder.add(of(layer, name), x, scaled(of(layer, name) + "_scaled", y, m_config.residualScale));
}

void DecoderParts::logits(ValueId x) {
  x = m_builder.takeRows("last_residual", x);
  x = normed("output_norm", x, m_weights.shared, WeightKind::OutputNorm);
  const bool isScaled = m_config.logitScale != 1.0F, isCapped = m_config.logitSoftCap != 0.0F;
  x = m_builder.matMul(isScaled || isCapped ? "output" : "logits", x, m_weights.shared[WeightKind::Output]);
  x = scaled(isCapped ? "output_scaled" : "logits", x, m_config.logitScale);
  if (isCapped) m_builder.map("logits", x, {Map::Function::SoftCap, m_config.logitSoftCap});
}

Graph buildPreNormDecoder(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  ValueId x = parts.embed();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const ValueId attended = parts.attention(layer, parts.norm("attn_norm", layer, WeightKind::AttentionNorm, x));
    x = parts.add("attn_residual", layer, x, attended);
    const ValueId fed = parts.feedForward(layer, parts.norm("ffn_norm", layer, WeightKind::FeedForwardNorm, x));
    x = parts.add("ffn_residual", layer, x, fed);
  }
  parts.logits(x);
  return parts.take();
}

Graph buildNormedOnBothSides(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  ValueId x = parts.embed();
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const ValueId attended = parts.attention(layer, parts.norm("attn_norm", layer, WeightKind::AttentionNorm, x));
    x = parts.add("attn_residual", layer, x,
                  parts.norm("attn_post_norm", layer, WeightKind::AttentionPostNorm, attended));
    const ValueId fed = parts.feedForward(layer, parts.norm("ffn_norm", layer, WeightKind::FeedForwardNorm, x));
    x = parts.add("ffn_residual", layer, x, parts.norm("ffn_post_norm", layer, WeightKind::FeedForwardPostNorm, fed));
  }
  parts.logits(x);
  return parts.take();
}

}  // namespace core::model
