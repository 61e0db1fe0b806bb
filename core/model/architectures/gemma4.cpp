#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"
#include "core/model/tensor_place.h"

namespace core::model {

namespace {

constexpr std::uint32_t kGemma4Pattern = 6;  // of so many layers, the last one sees everything
constexpr float kGemma4Cap = 30.0F, kMostGemma4Cap = 1e6F;

constexpr WeightRow perLayer(WeightRow row) { return inLayers(LayerKind::PerLayerFed, row); }

/// Norms are stored as they are; layers that take the keys and values of others have none, and some that see everything
/// make their values of the keys.
constexpr auto kGemma4DenseRows = joined(
    joined(withoutAll(kNormedOnBothSidesRows, std::array{WeightKind::QueryBias, WeightKind::KeyBias,
                                                         WeightKind::ValueBias, WeightKind::AttentionOutputBias}),
           kHeadNormRows),
    std::array{
        WeightRow{WeightKind::RopeFactors, "rope_freqs.weight", "", Side::RopePairs, Side::None, false},
        perLayer({WeightKind::PerLayerEmbedding, "per_layer_token_embd.weight", "model.embed_tokens_per_layer.weight",
                  Side::Vocabulary, Side::PerLayers}),
        perLayer({WeightKind::PerLayerProjection, "per_layer_model_proj.weight",
                  "model.per_layer_model_projection.weight", Side::PerLayers, Side::Width}),
        perLayer({WeightKind::PerLayerNorm, "per_layer_proj_norm.weight", "model.per_layer_projection_norm.weight",
                  Side::PerLayer}),
        perLayer(
            {WeightKind::PerLayerGate, "inp_gate.weight", "per_layer_input_gate.weight", Side::PerLayer, Side::Width}),
        perLayer(
            {WeightKind::PerLayerOutput, "proj.weight", "per_layer_projection.weight", Side::Width, Side::PerLayer}),
        perLayer({WeightKind::PerLayerPostNorm, "post_norm.weight", "post_per_layer_input_norm.weight", Side::Width}),
        optional({WeightKind::LayerScale, "layer_output_scale.weight", "layer_scalar", Side::One})});
/// The feed-forward part is there, too, each of the two between norms of its own.
constexpr auto kGemma4ExpertRows = joined(
    stackedExpertRows("router.proj.weight", "experts.gate_up_proj", "experts.down_proj"),
    std::array{
        inLayers(LayerKind::Sparse, {WeightKind::RouterScale, "ffn_gate_inp.scale", "router.scale", Side::Width}),
        inLayers(LayerKind::Sparse,
                 {WeightKind::ExpertScale, "ffn_down_exps.scale", "router.per_expert_scale", Side::Experts}),
        inLayers(LayerKind::Sparse, {WeightKind::SharedPostNorm, "post_ffw_norm_1.weight",
                                     "post_feedforward_layernorm_1.weight", Side::Width}),
        inLayers(LayerKind::Sparse,
                 {WeightKind::ExpertNorm, "pre_ffw_norm_2.weight", "pre_feedforward_layernorm_2.weight", Side::Width}),
        inLayers(LayerKind::Sparse, {WeightKind::ExpertPostNorm, "post_ffw_norm_2.weight",
                                     "post_feedforward_layernorm_2.weight", Side::Width})});
constexpr auto kGemma4Rows = [] {
  auto rows = joined(kGemma4DenseRows, kGemma4ExpertRows);
  for (WeightRow& row : rows) {
    const bool isOfKeys =
        row.kind == WeightKind::Key || row.kind == WeightKind::KeyNorm || row.kind == WeightKind::Value;
    if (isOfKeys) row.layers = LayerKind::OwnKeys;
    if (row.kind == WeightKind::Value) row.isRequired = false;
  }
  return rows;
}();
constexpr std::array<std::string_view, 1> kGemma4Names{"gemma4"}, kGemma4Types{"gemma4_text"};
constexpr std::array<std::string_view, 1> kGemma4Classes{"Gemma4ForCausalLM"};
constexpr std::array<std::string_view, 9> kGemma4Keys{"attention.key_length_swa",
                                                      "attention.value_length_swa",
                                                      "attention.sliding_window_pattern",
                                                      "attention.shared_kv_layers",
                                                      "rope.dimension_count_swa",
                                                      "embedding_length_per_layer_input",
                                                      "expert_count",
                                                      "expert_feed_forward_length",
                                                      "expert_used_count"};
constexpr std::array<std::string_view, 5> kGemma4FolderKeys{"layer_types", kWholeLayersRope, kWindowedLayersRope,
                                                            "num_experts", "moe_intermediate_size"};
constexpr std::array kGemma4Config{
    ConfigRow{"", "sliding_window", &ModelConfig::slidingWindow, 0, ModelConfig::kMaxContext, 0, 512},
    ConfigRow{"rope.freq_base_swa", "", &ModelConfig::ropeWindowBase, 1, 1e12F, 10000, 10000},
    ConfigRow{"final_logit_softcapping", "final_logit_softcapping", &ModelConfig::logitSoftCap, 0, kMostGemma4Cap,
              kGemma4Cap, 0}};

constexpr ExpertNames kGemma4Experts{"num_experts", "top_k_experts", "moe_intermediate_size"};

void readGemma4(ModelConfig& config) {
  config.embeddingScale = std::sqrt(static_cast<float>(config.width));
  config.attentionScale = 1.0F;
}

/// What the list says of windowed layers and of the others; each kind has one number.
void readKeyHeads(const ConfigKeys& keys, const std::vector<std::uint32_t>& heads, ModelConfig& config) {
  for (std::uint32_t layer = 0; layer < heads.size(); ++layer) {
    std::uint32_t& kind = config.windowOf(layer) != 0 ? config.windowKvHeads : config.kvHeads;
    kind = heads[layer];
  }
  for (std::uint32_t layer = 0; layer < heads.size(); ++layer)
    if (heads[layer] == 0 || heads[layer] != config.kvHeadsOf(layer) || config.heads % heads[layer] != 0)
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{} should have a number for each kind of layer that divides {}, but has {} in layer {}.",
                              keys("attention.head_count_kv"), config.heads, heads[layer], layer),
                  keys("attention.head_count_kv"));
}

void checkShared(const ConfigKeys& keys, const char* name, ModelConfig& config) {
  config.sharedKvLayers = keys.integer(name, 0, 0, config.layers - 1);
  for (std::uint32_t layer = config.layers - config.sharedKvLayers; layer < config.layers; ++layer) {
    bool isThere = false;
    for (std::uint32_t own = 0; own < config.layers - config.sharedKvLayers; ++own)
      isThere = isThere || config.windowOf(own) == config.windowOf(layer);
    if (!isThere)
      throw Error(
          ErrorCode::InvalidFile,
          fmt::format("Layer {} should see the keys of an earlier layer of its kind, but there is none.", layer),
          keys(name));
  }
}

void readGemma4File(const ConfigKeys& keys, ModelConfig& config) {
  readGemma4(config);
  config.windowHeadSize = keys.integer("attention.key_length_swa", std::nullopt, 1, 1024);
  if (keys.integer("attention.value_length_swa", config.windowHeadSize, 1, 1024) != config.windowHeadSize ||
      config.valueHeadSize != config.headSize)
    throw Error(ErrorCode::Unsupported, "Its keys and values differ in size, which cannot be computed yet.",
                keys("attention.value_length_swa"));
  config.isWindowed = keys.perLayer("attention.sliding_window_pattern", config.layers);
  if (config.isWindowed.empty()) config.isWindowed = windowPattern(kGemma4Pattern, config.layers);
  if (const auto heads = keys.perLayer("attention.head_count_kv", config.layers); !heads.empty())
    readKeyHeads(keys, heads, config);
  checkShared(keys, "attention.shared_kv_layers", config);
  config.perLayerWidth = keys.integer("embedding_length_per_layer_input", 0, 0, 1U << 14U);
  if (keys.integer(kGgufExperts.experts, 0, 0, 1U << 16U) != 0) readExperts(keys, kGgufExperts, config);
}

/// Newer configs say for some layers what they have (per_layer_config); each kind has one size here.
void readSizesOfLayers(const ConfigKeys& keys, ModelConfig& config) {
  const auto name = [](std::uint32_t layer, const char* size) {
    return fmt::format("per_layer_config.{}.{}", layer, size);
  };
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const bool seesAll = config.windowOf(layer) == 0;
    std::uint32_t &size = seesAll ? config.headSize : config.windowHeadSize,
                  &heads = seesAll ? config.kvHeads : config.windowKvHeads;
    size = keys.integer(name(layer, "head_dim"), size, 1, 1024);
    heads = keys.integer(name(layer, "num_key_value_heads"), heads, 1, config.heads);
  }
  config.valueHeadSize = config.headSize;
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    if (keys.integer(name(layer, "head_dim"), config.headSizeOf(layer), 1, 1024) != config.headSizeOf(layer) ||
        keys.integer(name(layer, "num_key_value_heads"), config.kvHeadsOf(layer), 1, config.heads) !=
            config.kvHeadsOf(layer))
      throw Error(ErrorCode::Unsupported,
                  fmt::format("Layers of one kind differ in their heads ({}), which cannot be computed yet.",
                              keys("per_layer_config")),
                  keys("per_layer_config"));
}

void readGemma4Folder(const ConfigKeys& keys, ModelConfig& config) {
  readGemma4(config);
  config.isWindowed = windowPattern(kGemma4Pattern, config.layers);
  readLayerTypes(keys, config);
  config.isWindowed.back() = 0;
  if (keys.flag("enable_moe_block", false)) readExperts(keys, kGemma4Experts, config);
  // What the sizes say is of windowed layers, but for what is global.
  config.windowHeadSize = config.headSize;
  config.windowKvHeads = config.kvHeads;
  config.headSize = config.valueHeadSize = keys.integer("global_head_dim", 512, 1, 1024);
  if (keys.flag("attention_k_eq_v", false))
    config.kvHeads = keys.integer("num_global_key_value_heads", config.kvHeads, 1, config.heads);
  readSizesOfLayers(keys, config);
  for (const std::uint32_t heads : {config.kvHeads, config.windowKvHeads})
    if (config.heads % heads != 0)
      throw Error(
          ErrorCode::InvalidFile,
          fmt::format("The number of heads ({}) should be a multiple of that of keys ({}).", config.heads, heads),
          keys("num_global_key_value_heads"));
  checkShared(keys, "num_kv_shared_layers", config);
  config.perLayerWidth = keys.integer("hidden_size_per_layer_input", 256, 0, 1U << 14U);
  if (keys.flag("use_double_wide_mlp", false) && config.sharedKvLayers != 0) {
    config.feedForwards.assign(config.layers, config.feedForward);
    for (std::uint32_t layer = config.layers - config.sharedKvLayers; layer < config.layers; ++layer)
      config.feedForwards[layer] = 2 * config.feedForward;
    config.feedForward *= 2;
  }
  const std::string whole(kWholeLayersRope), windowed(kWindowedLayersRope);
  config.ropeBase = keys.real(whole + ".rope_theta", 1e6F, 1.0F, 1e12F);
  config.ropeWindowBase = keys.real(windowed + ".rope_theta", 10000.0F, 1.0F, 1e12F);
  config.ropeDimensions = config.headSize;
  const float share = keys.real(whole + ".partial_rotary_factor", 0.25F, 1e-3F, 1.0F);
  config.ropeTurnedPairs =
      std::max(static_cast<std::uint32_t>(share * static_cast<float>(config.headSize) / 2 + 1e-3F), 1U);
}

bool hasKeysOfAll(const ModelConfig& config, std::uint32_t layer) {
  return config.windowOf(layer) == 0 && config.keepsKeysAt(layer);
}
constexpr std::array<WeightKind, 1> kGemma4Values{WeightKind::Value};
constexpr std::array<PresenceWord, 1> kGemma4Presence{
    PresenceWord{"attention_k_eq_v", kGemma4Values, true, hasKeysOfAll}};

void writeGemma4File(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("attention.key_length_swa", config.windowHeadSize);
  writer.integer("attention.value_length_swa", config.windowHeadSize);
  writer.integer("rope.dimension_count_swa", config.windowHeadSize);
  writer.flags("attention.sliding_window_pattern", config.isWindowed);
  writer.integer("attention.shared_kv_layers", config.sharedKvLayers);
  writer.integer("embedding_length_per_layer_input", config.perLayerWidth);
  if (config.windowKvHeads != 0 && config.windowKvHeads != config.kvHeads)
    writeKeyHeads(config, "attention.head_count_kv", writer);
}

/// Layers without keys of their own may be twice as wide as all others; whether these are is what is left to say.
bool areLastWide(const ModelConfig& config) {
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const bool isShared = layer >= config.layers - config.sharedKvLayers;
    if (config.feedForwardOf(layer) * (isShared ? 1 : 2) != config.feedForward) return false;
  }
  return config.sharedKvLayers != 0;
}

void writeGemma4Folder(const ModelConfig& config, ConfigWriter& writer) {
  const bool isWide = areLastWide(config);
  const std::string whole(kWholeLayersRope), windowed(kWindowedLayersRope);
  writer.integer("intermediate_size", isWide ? config.feedForward / 2 : config.feedForward);
  writer.flag("use_double_wide_mlp", isWide);
  writer.integer("head_dim", config.windowHeadSize);
  writer.integer("global_head_dim", config.headSize);
  const std::uint32_t windowHeads = config.windowKvHeads != 0 ? config.windowKvHeads : config.kvHeads;
  writer.integer("num_key_value_heads", windowHeads);
  writer.flag("attention_k_eq_v", config.kvHeads != windowHeads);
  writer.integer("num_global_key_value_heads", config.kvHeads);
  writer.integer("num_kv_shared_layers", config.sharedKvLayers);
  writer.integer("hidden_size_per_layer_input", config.perLayerWidth);
  writer.integer("vocab_size_per_layer_input", config.vocabulary);
  writer.flag("enable_moe_block", config.experts != 0);
  if (config.experts != 0) writeExperts(config, kGemma4Experts, writer);
  writeLayerTypes(config, writer);
  const std::uint32_t pairs = config.headSize / 2;
  const std::uint32_t turned = config.ropeTurnedPairs != 0 ? config.ropeTurnedPairs : pairs;
  writer.text(whole + ".rope_type", "proportional");
  writer.real(whole + ".partial_rotary_factor", static_cast<double>(turned) / pairs);
  writer.real(whole + ".rope_theta", asDecimal(config.ropeBase));
  writer.text(windowed + ".rope_type", "default");
  writer.real(windowed + ".rope_theta", asDecimal(config.ropeWindowBase));
}

/// Keys and values of layers that see those of others, which some files have all the same.
bool isOfUnusedKeys(const ModelConfig& config, io::FileFormat format, std::string_view name) {
  const TensorPlace place = placeOf(name);
  const bool isGguf = format == io::FileFormat::Gguf;
  const std::string_view keys = isGguf ? "attn_k" : "self_attn.k_", values = isGguf ? "attn_v" : "self_attn.v_";
  return place.layer && *place.layer >= config.layers - config.sharedKvLayers &&
         (place.path.starts_with(keys) || place.path.starts_with(values));
}

/// What each layer is to add for a token: of a table of its own and made of the embedding, both normed to one size.
/// [layers · perLayerWidth]
ValueId perLayerInputs(DecoderParts& parts, ValueId x) {
  const ModelConfig& config = parts.config();
  GraphBuilder& builder = parts.builder();
  const auto root = [](std::uint32_t width) { return std::sqrt(static_cast<float>(width)); };
  const ValueId table = builder.map("per_layer_embd_scaled",
                                    builder.embed("per_layer_embd", parts.shared()[WeightKind::PerLayerEmbedding]),
                                    {Map::Function::Scale, root(config.perLayerWidth)});
  const ValueId projected = builder.map(
      "per_layer_proj_scaled", builder.matMul("per_layer_proj", x, parts.shared()[WeightKind::PerLayerProjection]),
      {Map::Function::Scale, 1.0F / root(config.width)});
  const ValueId normed =
      builder.rmsNorm("per_layer_proj_norm", projected, parts.shared()[WeightKind::PerLayerNorm], config.normEpsilon);
  return builder.map("per_layer_inputs", builder.add("per_layer_sum", normed, table),
                     {Map::Function::Scale, 1.0F / root(2)});
}

/// x + norm(Wout · (gelu(Wgate x) ∘ what this layer is to add))
ValueId withPerLayer(DecoderParts& parts, std::uint32_t layer, ValueId x, ValueId inputs) {
  const std::uint32_t width = parts.config().perLayerWidth;
  const auto name = [&](const char* of) { return fmt::format("blk.{}.{}", layer, of); };
  const ValueId own = parts.builder().slice(name("per_layer_input"), inputs, {layer * width}, width);
  const ValueId gate = parts.project("per_layer_gate", layer, x, WeightKind::PerLayerGate);
  const ValueId gated = parts.builder().glu(name("per_layer_gated"), gate, own, Activation::GeluTanh);
  const ValueId made = parts.project("per_layer_out", layer, gated, WeightKind::PerLayerOutput);
  return parts.add("per_layer_residual", layer, x,
                   parts.norm("per_layer_post_norm", layer, WeightKind::PerLayerPostNorm, made));
}

Graph buildGemma4(const ModelConfig& config, const ModelWeights& weights) {
  DecoderParts parts(config, weights);
  ValueId x = parts.embed();
  const bool hasInputs = config.perLayerWidth != 0;
  const ValueId inputs = hasInputs ? perLayerInputs(parts, x) : kNoValue;
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    x = parts.blockNormedOnBothSides(layer, x);
    if (hasInputs) x = withPerLayer(parts, layer, x, inputs);
    if (const auto& scale = parts.block(layer)[WeightKind::LayerScale])
      x = parts.builder().mapColumns(fmt::format("blk.{}.scaled", layer), x, {scale, nullptr, {}});
  }
  parts.logits(x);
  return parts.take();
}

}  // namespace

// As Gemma 3 with norms of values, products that are not scaled, heads of two sizes, layers that see the keys of
// earlier ones, an embedding for each layer, a factor of all that runs through, and in some experts beside the
// feed-forward part. Source: Gemma4TextConfig of transformers; llama.cpp's gemma4.
const Architecture kGemma4{.gguf = kGemma4Names,
                           .huggingFace = kGemma4Types,
                           .weights = kGemma4Rows,
                           .build = buildGemma4,
                           .ggufPairing = RopePairing::Halves,
                           .activation = Activation::GeluTanh,
                           .folderClasses = kGemma4Classes,
                           .folderPresence = kGemma4Presence,
                           .folderDefaults = {131072, 8, 4, 256, 1e-6F, 1e6F},
                           .config = kGemma4Config,
                           .ggufKeys = kGemma4Keys,
                           .folderKeys = kGemma4FolderKeys,
                           .readGguf = readGemma4File,
                           .readFolder = readGemma4Folder,
                           .writeGguf = writeGemma4File,
                           .writeFolder = writeGemma4Folder,
                           .folderRope = "",
                           .normsValues = true,
                           .ignores = isOfUnusedKeys,
                           .hasDifferentLayers = true,
                           .hasExperts = true,
                           .ggufStacksGateUp = true};

}  // namespace core::model
