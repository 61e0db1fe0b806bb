#include "core/model/architectures/decoder_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/model/architectures/architecture.h"
#include "core/model/non_finite.h"
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
    case WeightKind::EmbeddingNorm:
      return WeightKind::EmbeddingNormBias;
    case WeightKind::AttentionPostNorm:
      return WeightKind::AttentionPostNormBias;
    case WeightKind::FeedForwardPostNorm:
      return WeightKind::FeedForwardPostNormBias;
    default:
      return std::nullopt;
  }
}

}  // namespace

DecoderParts::DecoderParts(const ModelConfig& config, const ModelWeights& weights)
    : m_config(config), m_weights(weights), m_builder(weights.bytes()), m_kept(config.layers, 0) {
  const auto isZero = [](std::uint32_t flag) { return flag == 0; };
  if (!config.isRotated.empty() && std::ranges::all_of(config.isRotated, isZero)) return;
  const auto& shared = weights.shared;
  const auto& factors = shared[WeightKind::RopeFactors] ? shared[WeightKind::RopeFactors]
                        : config.isBeyondOriginal()     ? shared[WeightKind::RopeLongFactors]
                                                        : shared[WeightKind::RopeShortFactors];
  const std::vector<float> divisors = factors ? quant::dequantize(*factors) : std::vector<float>();
  m_rope = {config.headSize, m_builder.addRopeTable({config.ropeFrequencies(divisors), config.ropeMagnitude}),
            config.ropePairing};
  m_windowRope = m_queryRope = m_rope;
  if (config.attentionGrowth != 0.0F)
    m_queryRope.table = m_builder.addRopeTable(
        {config.ropeFrequencies(divisors), config.ropeMagnitude, config.attentionGrowth, config.ropeOriginalContext});
  if (config.windowHeadSize != 0) m_windowRope.headSize = config.windowHeadSize;
  if (config.ropeWindowBase != 0.0F) m_windowRope.table = m_builder.addRopeTable({config.ropeWindowFrequencies()});
}

ValueId DecoderParts::scaled(std::string name, ValueId x, float scale) {
  return scale == 1.0F ? x : m_builder.map(std::move(name), x, {Map::Function::Scale, scale});
}

ValueId DecoderParts::embed() {
  const WeightSet& shared = m_weights.shared;
  ValueId x = scaled("token_embd_scaled", m_builder.embed("token_embd", shared[WeightKind::Embedding]),
                     m_config.embeddingScale);
  if (const auto& types = shared[WeightKind::TokenTypes])  // a text of one part: the first type
    x = m_builder.add("token_embd_typed", x, m_builder.embedPositions("token_types", {types, 0, 0}));
  if (const auto& positions = shared[WeightKind::Positions])
    x = m_builder.add("embedded", x, m_builder.embedPositions("position_embd", {positions, m_config.firstPosition}));
  return shared[WeightKind::EmbeddingNorm] ? normed("token_embd_norm", x, shared, WeightKind::EmbeddingNorm) : x;
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

ValueId DecoderParts::project(const char* name, std::uint32_t layer, ValueId x, WeightKind weight,
                              std::optional<WeightKind> bias) {
  return m_builder.matMul(of(layer, name), x, block(layer)[weight], bias ? block(layer)[*bias] : nullptr);
}

DecoderParts::Heads DecoderParts::heads(std::uint32_t layer, ValueId x) {
  const std::uint32_t headSize = m_config.headSizeOf(layer), queries = m_config.heads * headSize,
                      keys = m_config.kvHeadsOf(layer) * headSize,
                      values = m_config.kvHeadsOf(layer) * m_config.valueHeadSizeOf(layer);
  Heads heads;
  if (block(layer)[WeightKind::QueryKeyValue]) {
    const ValueId all = project("attn_qkv", layer, x, WeightKind::QueryKeyValue, WeightKind::QueryKeyValueBias);
    heads.query = m_builder.slice(of(layer, "attn_q"), all, {0}, queries);
    heads.key = m_builder.slice(of(layer, "attn_k"), all, {queries}, keys);
    heads.value = m_builder.slice(of(layer, "attn_v"), all, {queries + keys}, values);
    return heads;
  }
  if (block(layer)[WeightKind::Query]->rows() == 2 * std::uint64_t{queries}) {  // each head's gate behind its query
    const ValueId both = project("attn_q_gate", layer, x, WeightKind::Query, WeightKind::QueryBias);
    heads.query = m_builder.slice(of(layer, "attn_q"), both, {0, 2 * headSize, headSize}, queries);
    heads.gate = m_builder.slice(of(layer, "attn_gate"), both, {headSize, 2 * headSize, headSize}, queries);
  } else {
    heads.query = project("attn_q", layer, x, WeightKind::Query, WeightKind::QueryBias);
  }
  if (!m_config.keepsKeysAt(layer)) return heads;
  heads.key = project("attn_k", layer, x, WeightKind::Key, WeightKind::KeyBias);
  // Without a matrix of their own, values are made of the keys as they are before their norm.
  heads.value = block(layer)[WeightKind::Value] ? project("attn_v", layer, x, WeightKind::Value, WeightKind::ValueBias)
                                                : heads.key;
  return heads;
}

std::uint32_t DecoderParts::prepare(std::uint32_t layer, Heads& heads) {
  const bool isOwn = m_config.keepsKeysAt(layer);
  const std::uint32_t window = m_config.windowOf(layer), valueSize = m_config.valueHeadSizeOf(layer);
  if (isOwn && m_config.architecture->normsValues)
    heads.value = m_builder.plainNorm(of(layer, "attn_v_norm"), heads.value, valueSize, m_config.normEpsilon);
  if (block(layer)[WeightKind::QueryNorm]) {
    heads.query = norm("attn_q_norm", layer, WeightKind::QueryNorm, heads.query);
    if (isOwn) heads.key = norm("attn_k_norm", layer, WeightKind::KeyNorm, heads.key);
  }
  if (m_config.isRotated.empty() || m_config.isRotated[layer] != 0) {
    heads.query = m_builder.rope(of(layer, "attn_q_rope"), heads.query, window != 0 ? m_windowRope : m_queryRope);
    if (isOwn) heads.key = m_builder.rope(of(layer, "attn_k_rope"), heads.key, window != 0 ? m_windowRope : m_rope);
  }
  if (!isOwn) {  // those of the last layer that has its own and sees as much
    std::uint32_t from = m_config.layers - m_config.sharedKvLayers - 1;
    while (from > 0 && m_config.windowOf(from) != window) --from;
    return m_kept[layer] = m_kept[from];
  }
  m_kept[layer] = m_builder.addLayer({m_config.kvHeadsOf(layer), m_config.headSizeOf(layer), valueSize});
  m_builder.storeKv(heads.key, heads.value, m_kept[layer]);
  return m_kept[layer];
}

ValueId DecoderParts::attention(std::uint32_t layer, ValueId x) {
  Heads heads = this->heads(layer, x);
  const std::uint32_t kept = prepare(layer, heads);
  const float usual = 1.0F / std::sqrt(static_cast<float>(m_config.headSizeOf(layer)));
  const float scale = m_config.attentionScale != 0.0F ? m_config.attentionScale : usual;
  ValueId attended =
      m_builder.attention(of(layer, "attn_heads"), heads.query,
                          {kept, m_config.heads, scale, m_config.windowOf(layer), m_config.attentionSoftCap,
                           block(layer)[WeightKind::Sinks], !m_config.architecture->isEncoder});
  if (heads.gate != kNoValue)
    attended = m_builder.glu(of(layer, "attn_gated"), heads.gate, attended, Activation::Sigmoid);
  return project("attn_output", layer, attended, WeightKind::AttentionOutput, WeightKind::AttentionOutputBias);
}

ValueId DecoderParts::mixer(std::uint32_t layer, ValueId x) {
  const Architecture& architecture = *m_config.architecture;
  if (m_config.isRecurrentAt(layer)) return architecture.recurrentPart(*this, layer, x);
  return architecture.attentionPart != nullptr ? architecture.attentionPart(*this, layer, x) : attention(layer, x);
}

ValueId DecoderParts::gatedUnit(std::uint32_t layer, ValueId x, const UnitKinds& kinds) {
  const WeightSet& block = m_weights.blocks[layer];
  const auto name = [&](const char* part) { return fmt::format("blk.{}.ffn_{}{}", layer, part, kinds.ending); };
  ValueId gate = kNoValue, up = kNoValue;
  if (const auto& both = block[kinds.both]) {
    const ValueId all = m_builder.matMul(name("gate_up"), x, both);
    gate = m_builder.slice(name("gate"), all, {0}, kinds.width);
    up = m_builder.slice(name("up"), all, {kinds.width}, kinds.width);
  } else {
    gate = m_builder.matMul(name("gate"), x, block[kinds.gate]);
    up = m_builder.matMul(name("up"), x, block[kinds.up]);
  }
  return m_builder.glu(name("hidden"), gate, up, m_config.architecture->activation);
}

ValueId DecoderParts::denseFeedForward(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  ValueId hidden = kNoValue;
  if (block[WeightKind::Gate] || block[WeightKind::GateUp]) {
    hidden =
        gatedUnit(layer, x, {"", WeightKind::Gate, WeightKind::Up, WeightKind::GateUp, m_config.feedForwardOf(layer)});
  } else {
    const ValueId up = project("ffn_up", layer, x, WeightKind::Up, WeightKind::UpBias);
    hidden = m_builder.map(of(layer, "ffn_hidden"), up, {Map::Function::GeluTanh});
  }
  return project("ffn_down", layer, hidden, WeightKind::Down, WeightKind::DownBias);
}

ValueId DecoderParts::feedForward(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  if (!block[WeightKind::Router]) return denseFeedForward(layer, x);
  const ValueId routed = expertFeedForward(layer, x, x);
  if (!block[WeightKind::SharedDown]) return routed;
  return m_builder.add(of(layer, "ffn_all"), sharedFeedForward(layer, x), routed);
}

ValueId DecoderParts::sharedFeedForward(std::uint32_t layer, ValueId x) {
  const ValueId hidden = gatedUnit(
      layer, x,
      {"_shexp", WeightKind::SharedGate, WeightKind::SharedUp, WeightKind::SharedGateUp, m_config.sharedFeedForward});
  const ValueId down = project("ffn_down_shexp", layer, hidden, WeightKind::SharedDown);
  if (!block(layer)[WeightKind::SharedRouter]) return down;
  const ValueId gate = project("ffn_gate_inp_shexp", layer, x, WeightKind::SharedRouter);
  constexpr Slice kToAllColumns{0, 0};
  return m_builder.glu(of(layer, "ffn_gated_shexp"),
                       m_builder.slice(of(layer, "ffn_gate_all_shexp"), gate, kToAllColumns, m_config.width), down,
                       Activation::Sigmoid);
}

ValueId DecoderParts::denseBesideExperts(std::uint32_t layer, ValueId x) {
  const ValueId dense = denseFeedForward(layer, norm("ffn_norm", layer, WeightKind::FeedForwardNorm, x));
  const ValueId mixed = expertFeedForward(layer, norm("ffn_norm_exps", layer, WeightKind::ExpertNorm, x), x);
  return m_builder.add(of(layer, "ffn_all"), norm("ffn_post_norm_dense", layer, WeightKind::SharedPostNorm, dense),
                       norm("ffn_post_norm_exps", layer, WeightKind::ExpertPostNorm, mixed));
}

ValueId DecoderParts::expertProduct(const char* name, std::uint32_t layer, ValueId x, ValueId routes, WeightKind weight,
                                    WeightKind bias) {
  const WeightSet& block = m_weights.blocks[layer];
  return m_builder.expertMatMul(of(layer, name), x, routes, {block[weight], block[bias], m_config.usedExperts});
}

ValueId DecoderParts::routes(std::uint32_t layer, ValueId x) {
  const WeightSet& block = m_weights.blocks[layer];
  if (const auto& scale = block[WeightKind::RouterScale]) {
    const Map spread{Map::Function::Scale, 1.0F / std::sqrt(static_cast<float>(m_config.width))};
    x = m_builder.plainNorm(of(layer, "ffn_router_norm"), x, m_config.width, m_config.normEpsilon);
    x = m_builder.mapColumns(of(layer, "ffn_router_scaled"), x, {scale, nullptr, spread});
  }
  const ValueId logits = project("ffn_router", layer, x, WeightKind::Router, WeightKind::RouterBias);
  Route route;
  route.used = m_config.usedExperts;
  route.isNormed = m_config.areExpertWeightsNormed;
  route.isSigmoid = route.areGroupsOfTwo = m_config.areExpertsSigmoid;
  route.groups = m_config.expertGroups;
  route.usedGroups = m_config.usedExpertGroups;
  route.sumEpsilon = m_config.expertSumEpsilon;
  route.scale = m_config.expertScale;
  route.weight = block[WeightKind::ExpertScale];
  route.bias = block[WeightKind::ChoiceBias];
  if (route.bias && !allFinite(quant::dequantize(*route.bias)))
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} should have finite numbers only: experts are chosen by them.", route.bias->name),
                route.bias->name);
  return m_builder.route(of(layer, "ffn_routes"), logits, route);
}

ValueId DecoderParts::expertFeedForward(std::uint32_t layer, ValueId x, ValueId routed) {
  const WeightSet& block = m_weights.blocks[layer];
  const std::uint32_t used = m_config.usedExperts, inner = m_config.expertFeedForward, room = slotStride(inner);
  const ValueId routes = this->routes(layer, routed);
  ValueId gate = kNoValue, up = kNoValue;
  if (block[WeightKind::GateUpExperts]) {
    const ValueId both =
        expertProduct("ffn_gate_up_exps", layer, x, routes, WeightKind::GateUpExperts, WeightKind::GateUpExpertsBias);
    gate = m_builder.slice(of(layer, "ffn_gate_exps"), both, {0, 2}, used * room);
    up = m_builder.slice(of(layer, "ffn_up_exps"), both, {1, 2}, used * room);
  } else if (block[WeightKind::GateUpStack]) {
    const ValueId both =
        expertProduct("ffn_gate_up_exps", layer, x, routes, WeightKind::GateUpStack, WeightKind::GateUpExpertsBias);
    const std::uint32_t step = slotStride(2 * std::uint64_t{inner});
    gate = m_builder.slice(of(layer, "ffn_gate_exps"), both, {0, step, inner, room}, used * room);
    up = m_builder.slice(of(layer, "ffn_up_exps"), both, {inner, step, inner, room}, used * room);
  } else {
    gate = expertProduct("ffn_gate_exps", layer, x, routes, WeightKind::GateExperts, WeightKind::GateExpertsBias);
    up = expertProduct("ffn_up_exps", layer, x, routes, WeightKind::UpExperts, WeightKind::UpExpertsBias);
  }
  const ValueId hidden = m_builder.glu(of(layer, "ffn_hidden_exps"), gate, up, m_config.architecture->activation);
  const ValueId down =
      expertProduct("ffn_down_exps", layer, hidden, routes, WeightKind::DownExperts, WeightKind::DownExpertsBias);
  return m_builder.mixExperts(of(layer, "ffn_mixed"), down, routes, used, m_config.width);
}

ValueId DecoderParts::add(const char* name, std::uint32_t layer, ValueId x, ValueId y) {
  return m_builder.add(of(layer, name), x, scaled(of(layer, name) + "_scaled", y, m_config.residualScale));
}

ValueId DecoderParts::blockNormedOnBothSides(std::uint32_t layer, ValueId x) {
  const ValueId attended = mixer(layer, norm("attn_norm", layer, WeightKind::AttentionNorm, x));
  x = add("attn_residual", layer, x, norm("attn_post_norm", layer, WeightKind::AttentionPostNorm, attended));
  const ValueId fed = block(layer)[WeightKind::ExpertNorm]
                          ? denseBesideExperts(layer, x)
                          : feedForward(layer, norm("ffn_norm", layer, WeightKind::FeedForwardNorm, x));
  return add("ffn_residual", layer, x, norm("ffn_post_norm", layer, WeightKind::FeedForwardPostNorm, fed));
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
    const ValueId attended = parts.mixer(layer, parts.norm("attn_norm", layer, WeightKind::AttentionNorm, x));
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
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) x = parts.blockNormedOnBothSides(layer, x);
  parts.logits(x);
  return parts.take();
}

}  // namespace core::model
