#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"
#include "core/model/tensor_place.h"

namespace core::model {

namespace {

constexpr std::uint32_t kMostRank = 1U << 14U;

constexpr WeightRow stackOfHeads(WeightKind kind, std::string_view gguf, Side rows, Side columns) {
  WeightRow row{kind, gguf, "", rows, columns};
  row.stack = Side::Heads;
  return inLayers(LayerKind::SplitLatent, row);
}

constexpr std::array kLatentRows{
    inLayers(LayerKind::DirectQueries,
             {WeightKind::Query, "attn_q.weight", "self_attn.q_proj.weight", Side::Queries, Side::Width}),
    inLayers(LayerKind::LatentQueries,
             {WeightKind::QueryDown, "attn_q_a.weight", "self_attn.q_a_proj.weight", Side::QueryRank, Side::Width}),
    inLayers(LayerKind::LatentQueries,
             {WeightKind::QueryDownNorm, "attn_q_a_norm.weight", "self_attn.q_a_layernorm.weight", Side::QueryRank}),
    inLayers(LayerKind::LatentQueries,
             {WeightKind::Query, "attn_q_b.weight", "self_attn.q_b_proj.weight", Side::Queries, Side::QueryRank}),
    WeightRow{WeightKind::LatentDown, "attn_kv_a_mqa.weight", "self_attn.kv_a_proj_with_mqa.weight", Side::LatentTurned,
              Side::Width},
    WeightRow{WeightKind::LatentNorm, "attn_kv_a_norm.weight", "self_attn.kv_a_layernorm.weight", Side::LatentRank},
    inLayers(LayerKind::WholeLatent, {WeightKind::KeyValueUp, "attn_kv_b.weight", "self_attn.kv_b_proj.weight",
                                      Side::StillKeysValues, Side::LatentRank}),
    // Newer files have what makes keys and values apart, a matrix for each head; that of keys makes queries.
    stackOfHeads(WeightKind::KeyUp, "attn_k_b.weight", Side::LatentRank, Side::StillKeySize),
    stackOfHeads(WeightKind::ValueUp, "attn_v_b.weight", Side::ValueHeadSize, Side::LatentRank),
    WeightRow{WeightKind::AttentionOutput, "attn_output.weight", "self_attn.o_proj.weight", Side::Width,
              Side::Attended}};

constexpr auto kSparseRows =
    joined(joined(expertRows("mlp.gate.weight", "mlp.experts.*.gate_proj.weight", "mlp.experts.*.up_proj.weight",
                             "mlp.experts.*.down_proj.weight"),
                  sharedExpertRows("mlp.shared_experts.gate_proj.weight", "mlp.shared_experts.up_proj.weight",
                                   "mlp.shared_experts.down_proj.weight")),
           std::array{choiceBiasRow("mlp.gate.e_score_correction_bias")});

constexpr auto kDeepSeek2Rows = [] {
  auto rows =
      joined(joined(withoutAll(kDecoderRows, std::array{WeightKind::Query, WeightKind::QueryBias, WeightKind::Key,
                                                        WeightKind::KeyBias, WeightKind::Value, WeightKind::ValueBias,
                                                        WeightKind::AttentionOutput, WeightKind::AttentionOutputBias}),
                    kLatentRows),
             kSparseRows);
  for (WeightRow& row : rows)
    if (row.kind == WeightKind::Gate || row.kind == WeightKind::Up || row.kind == WeightKind::Down)
      row.layers = LayerKind::Dense;
  return rows;
}();
constexpr std::array<std::string_view, 1> kDeepSeek2Names{"deepseek2"}, kDeepSeek2Types{"deepseek_v2"};
constexpr std::array<std::string_view, 1> kDeepSeek2Classes{"DeepseekV2ForCausalLM"};
constexpr std::array<std::string_view, 2> kDeepSeek3Types{"deepseek_v3", "kimi_k2"};
constexpr std::array<std::string_view, 2> kDeepSeek3Classes{"DeepseekV3ForCausalLM", "DeepseekV3ForCausalLM"};
constexpr std::array<std::string_view, 15> kDeepSeek2Keys{
    "attention.key_length_mla", "attention.value_length_mla", "attention.kv_lora_rank",
    "attention.q_lora_rank",    "leading_dense_block_count",  "expert_count",
    "expert_used_count",        "expert_shared_count",        "expert_feed_forward_length",
    "expert_weights_scale",     "expert_weights_norm",        "expert_gating_func",
    "expert_group_count",       "expert_group_used_count",    "rope.scaling.yarn_log_multiplier"};
constexpr std::array<std::string_view, 3> kDeepSeek2FolderKeys{"n_routed_experts", "num_experts_per_tok",
                                                               "moe_intermediate_size"};

constexpr float kDeepSeek3Epsilon = 1e-20F;  // of the sum of sigmoids

[[noreturn]] void refuse(const ConfigKeys& keys, const char* name, const char* what) {
  throw Error(ErrorCode::Unsupported, fmt::format("{} ({}), which cannot be computed yet.", what, keys(name)),
              keys(name));
}

/// Products of queries and keys are scaled by the size of a whole head, and by the square of what Yarn would have
/// multiplied them with.
void scaleAttention(float ofAll, ModelConfig& config) {
  config.yarnOfAll = ofAll;
  const bool isScaled = config.ropeScaling == RopeScaling::Yarn;
  const float by = isScaled ? 1.0F + (yarnMagnitude(config.ropeFactor) - 1.0F) * ofAll : 1.0F;
  config.attentionScale = by * by / std::sqrt(static_cast<float>(config.headSize));
}

constexpr std::uint32_t kSoftmax = 1, kSigmoid = 2;  // of llama.cpp's expert_gating_func; 0: not said

/// As DeepSeek-V3, whose files have a bias of the choice.
void chooseBySigmoids(ModelConfig& config) {
  config.areExpertsSigmoid = config.hasExpertBias = true;
  config.expertSumEpsilon = kDeepSeek3Epsilon;
}

void readGating(const ConfigKeys& keys, ModelConfig& config) {
  const std::uint32_t function = keys.integer("expert_gating_func", 0, 0, 1U << 16U);
  if (function > kSigmoid)
    refuse(keys, "expert_gating_func", "Its experts are chosen by neither a softmax nor sigmoids");
  if (function > kSoftmax) chooseBySigmoids(config);
}

void readDeepSeek2File(const ConfigKeys& keys, ModelConfig& config) {
  config.latentRank = keys.integer("attention.kv_lora_rank", std::nullopt, 1, kMostRank);
  config.queryRank = keys.integer("attention.q_lora_rank", 0, 0, kMostRank);
  // Sizes are of whole heads here; newer files say with others how the latent numbers lie in a cache of them.
  const std::uint32_t keySize = keys.integer("attention.key_length_mla", 0, 0, 1024),
                      valueSize = keys.integer("attention.value_length_mla", 0, 0, 1024);
  config.isLatentSplit = keySize != 0 && valueSize != 0;
  if (config.isLatentSplit) {
    config.headSize = keySize;
    config.valueHeadSize = valueSize;
  }
  config.kvHeads = config.heads;
  if (config.ropeDimensions >= config.headSize)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("Of a head of {}, {} elements should turn.", config.headSize, config.ropeDimensions),
                keys("rope.dimension_count"));
  // Yarn's bounds are fixed for it, and its magnitude stands in the scale of attention alone.
  config.ropeFastTurns = 32.0F;
  config.ropeSlowTurns = 1.0F;
  const float log = keys.real("rope.scaling.yarn_log_multiplier", 0.0F, 0.0F, 1e3F);
  if (config.ropeScaling == RopeScaling::Yarn && log == 0.0F)
    refuse(keys, "rope.scaling.yarn_log_multiplier", "Its rotary scaling does not say how attention is scaled");
  config.ropeMagnitude = keys.real("rope.scaling.attn_factor", 1.0F, 1e-3F, 1e3F);
  scaleAttention(log / 0.1F, config);
  readExperts(keys, kGgufExperts, config);
  config.denseLayers = keys.integer("leading_dense_block_count", 0, 0, config.layers);
  config.sharedFeedForward = keys.integer("expert_shared_count", std::nullopt, 1, 64) * config.expertFeedForward;
  config.areExpertWeightsNormed = keys.flag("expert_weights_norm", false);
  const float scale = keys.real("expert_weights_scale", 0.0F, 0.0F, 1e4F);
  config.expertScale = scale == 0.0F ? 1.0F : scale;
  readGating(keys, config);
  readExpertGroups(keys, kGgufExpertGroups, config);
}

constexpr ExpertNames kDeepSeek2Experts{"n_routed_experts", "num_experts_per_tok", "moe_intermediate_size"};

/// What a folder says where the class of a version knows it otherwise.
struct FolderDefaults {
  std::uint32_t denseLayers, sharedExperts;
  bool isNormed;
  float scale;
};

void readDeepSeekFolder(const ConfigKeys& keys, const FolderDefaults& usual, ModelConfig& config) {
  config.latentRank = keys.integer("kv_lora_rank", 512, 1, kMostRank);
  config.queryRank = keys.integer("q_lora_rank", 0, 0, kMostRank);  // null: none
  const std::uint32_t still = keys.integer("qk_nope_head_dim", 128, 1, 1024);
  config.ropeDimensions = keys.integer("qk_rope_head_dim", 64, 2, 1024);
  config.headSize = still + config.ropeDimensions;
  config.valueHeadSize = keys.integer("v_head_dim", 128, 1, 1024);
  config.kvHeads = config.heads;
  config.ropePairing = RopePairing::Adjacent;  // its folders, too
  const char* const object = keys.has("rope_parameters.mscale_all_dim") ? "rope_parameters" : "rope_scaling";
  const float ofAll = keys.real(fmt::format("{}.mscale_all_dim", object), 0.0F, 0.0F, 1e3F);
  scaleAttention(ofAll, config);
  readExperts(keys, kDeepSeek2Experts, config);
  config.denseLayers = keys.integer("first_k_dense_replace", usual.denseLayers, 0, config.layers);
  config.sharedFeedForward = keys.integer("n_shared_experts", usual.sharedExperts, 1, 64) * config.expertFeedForward;
  config.areExpertWeightsNormed = keys.flag("norm_topk_prob", usual.isNormed);
  config.expertScale = keys.real("routed_scaling_factor", usual.scale, 1e-4F, 1e4F);
  if (keys.integer("moe_layer_freq", 1, 0, 1U << 16U) != 1)
    refuse(keys, "moe_layer_freq", "Layers with and without experts take turns");
}

/// @param scores what its class computes
void refuseOtherScores(const ConfigKeys& keys, const char* scores, const char* what) {
  if (keys.metadata().string(keys("scoring_func")).value_or(scores) != scores) refuse(keys, "scoring_func", what);
}

void readDeepSeek2Folder(const ConfigKeys& keys, ModelConfig& config) {
  readDeepSeekFolder(keys, {0, 2, false, 1.0F}, config);
  refuseOtherScores(keys, "softmax", "Its experts are chosen by something else than a softmax");
  const std::string method = keys.metadata().string(keys("topk_method")).value_or("greedy");
  if (method == "group_limited_greedy")
    readExpertGroups(keys, {"n_group", "topk_group"}, config);
  else if (method != "greedy")
    refuse(keys, "topk_method", "Its experts are chosen in another way than DeepSeek-V2's");
}

void readDeepSeek3Folder(const ConfigKeys& keys, ModelConfig& config) {
  readDeepSeekFolder(keys, {3, 1, true, 2.5F}, config);
  refuseOtherScores(keys, "sigmoid", "Its experts are chosen by something else than sigmoids");
  chooseBySigmoids(config);
  readExpertGroups(keys, {"n_group", "topk_group", 8, 4}, config);
  if (!keys.flag("rope_interleave", true)) config.ropePairing = RopePairing::Halves;
}

/// Further layers of a folder guess further tokens.
bool isOfFurtherDeepSeekTokens(const ModelConfig& config, io::FileFormat format, std::string_view name) {
  if (format == io::FileFormat::Gguf) return false;
  const TensorPlace place = placeOf(name);
  return place.stack.ends_with("layers") && place.layer && *place.layer >= config.layers;
}

/// As newer files have it: what makes keys apart from what makes values, sizes of what is kept of a position.
void writeDeepSeek2File(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("attention.kv_lora_rank", config.latentRank);
  writer.integer("attention.q_lora_rank", config.queryRank);
  writer.integer("attention.key_length", config.latentRank + config.ropeDimensions);
  writer.integer("attention.value_length", config.latentRank);
  writer.integer("attention.key_length_mla", config.headSize);
  writer.integer("attention.value_length_mla", config.valueHeadSize);
  writer.integer("attention.head_count_kv", 1);
  writer.integer("leading_dense_block_count", config.denseLayers);
  writer.integer("expert_shared_count", config.sharedFeedForward / config.expertFeedForward);
  writer.real("expert_weights_scale", asDecimal(config.expertScale));
  writer.flag("expert_weights_norm", config.areExpertWeightsNormed);
  writer.integer("expert_gating_func", config.areExpertsSigmoid ? kSigmoid : kSoftmax);
  if (config.expertGroups > 1) {
    writer.integer("expert_group_count", config.expertGroups);
    writer.integer("expert_group_used_count", config.usedExpertGroups);
  }
  if (config.ropeScaling != RopeScaling::Yarn) return;
  writer.real("rope.scaling.yarn_log_multiplier", 0.1 * asDecimal(config.yarnOfAll));
  writer.real("rope.scaling.attn_factor", asDecimal(config.ropeMagnitude));
}

void writeDeepSeekFolder(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("kv_lora_rank", config.latentRank);
  config.queryRank != 0 ? writer.integer("q_lora_rank", config.queryRank) : writer.none("q_lora_rank");
  writer.integer("qk_nope_head_dim", config.headSize - config.ropeDimensions);
  writer.integer("qk_rope_head_dim", config.ropeDimensions);
  writer.integer("v_head_dim", config.valueHeadSize);
  writeExperts(config, kDeepSeek2Experts, writer);
  writer.integer("first_k_dense_replace", config.denseLayers);
  writer.integer("n_shared_experts", config.sharedFeedForward / config.expertFeedForward);
  writer.flag("norm_topk_prob", config.areExpertWeightsNormed);
  writer.real("routed_scaling_factor", asDecimal(config.expertScale));
  writer.integer("n_group", config.expertGroups);
  writer.integer("topk_group", config.usedExpertGroups);
  writer.integer("moe_layer_freq", 1);
  if (config.ropeScaling != RopeScaling::Yarn) return;
  writer.text("rope_scaling.type", "yarn");
  writer.real("rope_scaling.mscale", asDecimal(config.yarnOfAll));
  writer.real("rope_scaling.mscale_all_dim", asDecimal(config.yarnOfAll));
}

void writeDeepSeek2Folder(const ModelConfig& config, ConfigWriter& writer) {
  writeDeepSeekFolder(config, writer);
  writer.text("scoring_func", "softmax");
  writer.text("topk_method", config.expertGroups > 1 ? "group_limited_greedy" : "greedy");
}

void writeDeepSeek3Folder(const ModelConfig& config, ConfigWriter& writer) {
  writeDeepSeekFolder(config, writer);
  writer.text("scoring_func", "sigmoid");
  writer.text("topk_method", "noaux_tc");
  writer.flag("rope_interleave", config.ropePairing == RopePairing::Adjacent);
}

constexpr SizeNames kDeepSeek2Sizes = [] {
  SizeNames names = kFolderSizes;
  names.headSize = nullptr;  // several
  return names;
}();

/// Writes the attention of one layer. A part of each head turns, and of keys that part is the same for all heads.
class LatentAttention {
 public:
  LatentAttention(DecoderParts& parts, std::uint32_t layer)
      : m_parts(parts),
        m_layer(layer),
        m_config(parts.config()),
        m_builder(parts.builder()),
        m_block(parts.block(layer)),
        m_rope{m_config.ropeDimensions, parts.rope().table, m_config.ropePairing} {}

  ValueId write(ValueId x) {
    const ValueId down = m_parts.project("attn_kv_a", m_layer, x, WeightKind::LatentDown);
    const ValueId latent =
        m_builder.rmsNorm(name("attn_kv_a_norm"), m_builder.slice(name("attn_latent"), down, {0}, m_config.latentRank),
                          m_block[WeightKind::LatentNorm], m_config.normEpsilon);
    const ValueId turned = m_builder.rope(
        name("attn_k_turned_rope"),
        m_builder.slice(name("attn_k_turned"), down, {m_config.latentRank}, m_config.ropeDimensions), m_rope);
    const ValueId attended =
        m_config.isLatentSplit ? ofLatents(queries(x), latent, turned) : ofHeads(queries(x), latent, turned);
    return m_parts.project("attn_output", m_layer, attended, WeightKind::AttentionOutput);
  }

 private:
  std::string name(const char* of) const { return fmt::format("blk.{}.{}", m_layer, of); }
  std::uint32_t still() const { return m_config.headSize - m_config.ropeDimensions; }

  ValueId queries(ValueId x) {
    if (m_block[WeightKind::QueryDown])
      x = m_builder.rmsNorm(name("attn_q_a_norm"), m_parts.project("attn_q_a", m_layer, x, WeightKind::QueryDown),
                            m_block[WeightKind::QueryDownNorm], m_config.normEpsilon);
    return m_parts.project("attn_q", m_layer, x, WeightKind::Query);
  }
  ValueId turnedQuery(ValueId queries) {
    const std::uint32_t turned = m_config.ropeDimensions;
    return m_builder.rope(
        name("attn_q_turned_rope"),
        m_builder.slice(name("attn_q_turned"), queries, {still(), m_config.headSize, turned}, m_config.heads * turned),
        m_rope);
  }
  ValueId attend(ValueId query, ValueId key, ValueId value) {
    const auto kept = m_config.keptOf(m_layer);
    Attention attention;
    attention.layer = m_builder.addLayer({kept.heads, kept.keySize, kept.valueSize});
    attention.heads = m_config.heads;
    attention.scale = m_config.attentionScale;
    m_builder.storeKv(key, value, attention.layer);
    return m_builder.attention(name("attn_heads"), query, attention);
  }

  /// Keys and values of every head are made, and kept.
  ValueId ofHeads(ValueId queries, ValueId latent, ValueId turnedKey) {
    const std::uint32_t heads = m_config.heads, values = m_config.valueHeadSize, both = still() + values;
    const ValueId made = m_parts.project("attn_kv_b", m_layer, latent, WeightKind::KeyValueUp);
    const ValueId query = m_builder.joinHeads(
        name("attn_q_rope"),
        m_builder.slice(name("attn_q_still"), queries, {0, m_config.headSize, still()}, heads * still()),
        turnedQuery(queries), {heads, heads});
    const ValueId key = m_builder.joinHeads(
        name("attn_k_rope"), m_builder.slice(name("attn_k_still"), made, {0, both, still()}, heads * still()),
        turnedKey, {heads, 1});
    return attend(query, key, m_builder.slice(name("attn_v"), made, {still(), both, values}, heads * values));
  }

  /// The latent numbers are kept: queries are brought to them, and what is attended is brought back, by a matrix of
  /// each head. The same sums in another order (DeepSeek-V2, "absorbed").
  ValueId ofLatents(ValueId queries, ValueId latent, ValueId turnedKey) {
    const std::uint32_t heads = m_config.heads, values = m_config.valueHeadSize;
    const std::uint32_t stillRoom = slotStride(still()), latentRoom = slotStride(m_config.latentRank);
    const ValueId all = m_builder.route(name("attn_all_heads"), latent, {heads, true, true});
    const ValueId stillQuery =
        m_builder.slice(name("attn_q_still"), queries, {0, m_config.headSize, still(), stillRoom}, heads * stillRoom);
    const ValueId brought =
        m_builder.expertMatMul(name("attn_q_latent"), stillQuery, all, {m_block[WeightKind::KeyUp], nullptr, heads});
    const ValueId query = m_builder.joinHeads(name("attn_q_rope"), brought, turnedQuery(queries), {heads, heads});
    const ValueId value = m_builder.slice(name("attn_latent_room"), latent,
                                          {0, m_config.latentRank, m_config.latentRank, latentRoom}, latentRoom);
    const ValueId key = m_builder.joinHeads(name("attn_k_rope"), value, turnedKey, {1, 1});
    const ValueId made = m_builder.expertMatMul(name("attn_v_heads"), attend(query, key, value), all,
                                                {m_block[WeightKind::ValueUp], nullptr, heads});
    return m_builder.slice(name("attn_v"), made, {0, slotStride(values), values}, heads * values);
  }

  DecoderParts& m_parts;
  std::uint32_t m_layer;
  const ModelConfig& m_config;
  GraphBuilder& m_builder;
  const WeightSet& m_block;
  Rope m_rope;
};

ValueId latentAttention(DecoderParts& parts, std::uint32_t layer, ValueId x) {
  return LatentAttention(parts, layer).write(x);
}

}  // namespace

// Keys and values made of a few numbers, of which a part of each head turns; a feed-forward part for all tokens beside
// experts, and none of these in the first layers. Of newer GGUF files the numbers are kept, else keys and values.
// Source: DeepseekV2Config of transformers and DeepSeek's own code, which scales attention by Yarn's magnitude;
// llama.cpp's deepseek2.
const Architecture kDeepSeek2{.gguf = kDeepSeek2Names,
                              .huggingFace = kDeepSeek2Types,
                              .weights = kDeepSeek2Rows,
                              .build = buildPreNormDecoder,
                              .ggufPairing = RopePairing::Adjacent,
                              .folderClasses = kDeepSeek2Classes,
                              .folderDefaults = {2048, 32, {}, 64, 1e-6F, 10000.0F},
                              .ggufKeys = kDeepSeek2Keys,
                              .folderKeys = kDeepSeek2FolderKeys,
                              .readGguf = readDeepSeek2File,
                              .readFolder = readDeepSeek2Folder,
                              .writeGguf = writeDeepSeek2File,
                              .writeFolder = writeDeepSeek2Folder,
                              .folderSizes = kDeepSeek2Sizes,
                              .attentionPart = latentAttention,
                              .hasExperts = true};

// The same with experts that are chosen by sigmoids and a bias, in groups. Its GGUF files are those of DeepSeek-V2.
// Source: DeepseekV3Config of transformers; Kimi K2 and Moonlight say the same class.
const Architecture kDeepSeek3{.gguf = kDeepSeek2Names,
                              .huggingFace = kDeepSeek3Types,
                              .weights = kDeepSeek2Rows,
                              .build = buildPreNormDecoder,
                              .ggufPairing = RopePairing::Adjacent,
                              .folderClasses = kDeepSeek3Classes,
                              .folderDefaults = {4096, 128, {}, 64, 1e-6F, 10000.0F},
                              .ggufKeys = kDeepSeek2Keys,
                              .folderKeys = kDeepSeek2FolderKeys,
                              .readGguf = readDeepSeek2File,
                              .readFolder = readDeepSeek3Folder,
                              .writeGguf = writeDeepSeek2File,
                              .writeFolder = writeDeepSeek3Folder,
                              .folderSizes = kDeepSeek2Sizes,
                              .attentionPart = latentAttention,
                              .ignores = isOfFurtherDeepSeekTokens,
                              .hasExperts = true,
                              .ggufMark = Architecture::Mark{"expert_gating_func", kSigmoid}};

}  // namespace core::model
