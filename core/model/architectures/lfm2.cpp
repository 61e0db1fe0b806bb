#include <fmt/format.h>

#include <cmath>

#include "core/base/error.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/recurrent_parts.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kLfm2Taps = 3;
constexpr std::uint32_t kMostLfm2FeedForward = 1U << 20U;

constexpr auto kLfm2Rows = withAttentionInSomeLayers(std::array{
    WeightRow{WeightKind::Embedding, "token_embd.weight", "model.embed_tokens.weight", Side::Vocabulary, Side::Width},
    // In spite of the name of GGUF files it is the last norm.
    WeightRow{WeightKind::OutputNorm, "token_embd_norm.weight", "model.embedding_norm.weight", Side::Width},
    WeightRow{WeightKind::Output, "output.weight", "lm_head.weight", Side::Vocabulary, Side::Width},
    WeightRow{WeightKind::AttentionNorm, "attn_norm.weight", "operator_norm.weight", Side::Width},
    WeightRow{WeightKind::Query, "attn_q.weight", "self_attn.q_proj.weight", Side::Queries, Side::Width},
    WeightRow{WeightKind::Key, "attn_k.weight", "self_attn.k_proj.weight", Side::Keys, Side::Width},
    WeightRow{WeightKind::Value, "attn_v.weight", "self_attn.v_proj.weight", Side::Values, Side::Width},
    WeightRow{WeightKind::QueryNorm, "attn_q_norm.weight", "self_attn.q_layernorm.weight", Side::HeadSize},
    WeightRow{WeightKind::KeyNorm, "attn_k_norm.weight", "self_attn.k_layernorm.weight", Side::HeadSize},
    WeightRow{WeightKind::AttentionOutput, "attn_output.weight", "self_attn.out_proj.weight", Side::Width,
              Side::Attended},
    inLayers(LayerKind::Recurrent, {WeightKind::RecurrentInput, "shortconv.in_proj.weight", "conv.in_proj.weight",
                                    Side::ThreeWidths, Side::Width}),
    inLayers(LayerKind::Recurrent, withMiddle({WeightKind::Convolution, "shortconv.conv.weight", "conv.conv.weight",
                                               Side::Width, Side::Taps})),
    inLayers(LayerKind::Recurrent, {WeightKind::RecurrentOutput, "shortconv.out_proj.weight", "conv.out_proj.weight",
                                    Side::Width, Side::Width}),
    WeightRow{WeightKind::FeedForwardNorm, "ffn_norm.weight", "ffn_norm.weight", Side::Width},
    WeightRow{WeightKind::Gate, "ffn_gate.weight", "feed_forward.w1.weight", Side::FeedForward, Side::Width},
    WeightRow{WeightKind::Up, "ffn_up.weight", "feed_forward.w3.weight", Side::FeedForward, Side::Width},
    WeightRow{WeightKind::Down, "ffn_down.weight", "feed_forward.w2.weight", Side::Width, Side::FeedForward}});

constexpr auto kLfm2MoeRows = [] {
  auto rows =
      joined(joined(kLfm2Rows, expertRows("feed_forward.gate.weight", "feed_forward.experts.*.w1.weight",
                                          "feed_forward.experts.*.w3.weight", "feed_forward.experts.*.w2.weight")),
             std::array{choiceBiasRow("feed_forward.expert_bias")});
  for (WeightRow& row : rows)
    if (row.kind == WeightKind::Gate || row.kind == WeightKind::Up || row.kind == WeightKind::Down)
      row.layers = LayerKind::Dense;
  return rows;
}();

constexpr std::array<std::string_view, 1> kLfm2Names{"lfm2"}, kLfm2MoeNames{"lfm2moe"}, kLfm2MoeTypes{"lfm2_moe"};
constexpr std::array<std::string_view, 1> kLfm2MoeClasses{"Lfm2MoeForCausalLM"};
constexpr std::array<std::string_view, 1> kLfm2Classes{"Lfm2ForCausalLM"};
constexpr std::array<std::string_view, 1> kLfm2Keys{"shortconv.l_cache"};
constexpr std::array<std::string_view, 1> kLfm2FolderKeys{"layer_types"};

constexpr auto kLfm2MoeKeys =
    joined(kLfm2Keys, std::array<std::string_view, 5>{"expert_count", "expert_used_count", "expert_feed_forward_length",
                                                      "leading_dense_block_count", "expert_gating_func"});
constexpr auto kLfm2MoeFolderKeys = joined(
    kLfm2FolderKeys, std::array<std::string_view, 3>{"num_experts", "num_experts_per_tok", "moe_intermediate_size"});
constexpr float kLfm2Epsilon = 1e-6F;      // of the sum of sigmoids
constexpr std::uint32_t kLfm2Sigmoid = 2;  // of llama.cpp's expert_gating_func

void readLfm2File(const ConfigKeys& keys, ModelConfig& config) {
  config.recurrent.taps = keys.integer("shortconv.l_cache", std::nullopt, 2, kMostTaps);
  config.isRecurrent = layersOfNone(keys, "attention.head_count_kv", config);
}

/// Wide as transformers makes it: two thirds of what the config says, times a factor, as whole multiples.
/// @throws Error (InvalidFile) naming the key when that is nothing or more than a model may have
std::uint32_t adjustedFeedForward(const ConfigKeys& keys, std::uint32_t said) {
  if (!keys.flag("block_auto_adjust_ff_dim", true)) return said;
  const double factor = keys.real("block_ffn_dim_multiplier", 1.0F, 1e-3F, 1e3F);
  const std::uint32_t multiple = keys.integer("block_multiple_of", 256, 1, kMostLfm2FeedForward);
  const double wished = std::floor(factor * std::floor(2.0 * said / 3.0));
  const double width = std::ceil(wished / multiple) * multiple;
  if (width < 1.0 || width > kMostLfm2FeedForward)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("The width of its feed-forward part ({} adjusted: {}) should be between 1 and {}.", said,
                            width, kMostLfm2FeedForward),
                keys("block_ffn_dim_multiplier"));
  return static_cast<std::uint32_t>(width);
}

void readLfm2Layers(const ConfigKeys& keys, ModelConfig& config) {
  config.recurrent.taps = keys.integer("conv_L_cache", kLfm2Taps, 2, kMostTaps);
  config.ropeBase = keys.real("theta", config.ropeBase, 1.0F, 1e12F);
  if (keys.flag("conv_bias", false))
    throw Error(ErrorCode::Unsupported,
                fmt::format("Its convolutions have biases ({}), which cannot be computed yet.", keys("conv_bias")),
                keys("conv_bias"));
  config.isRecurrent.assign(config.layers, 0);
  if (readLayerKinds(keys, "conv", "full_attention", config)) return;
  if (const auto* const list = std::get_if<io::MetadataArray>(keys.metadata().find(keys("full_attn_idxs")))) {
    config.isRecurrent.assign(config.layers, 1);
    for (const std::int64_t layer : list->integers())
      if (layer >= 0 && layer < config.layers) config.isRecurrent[static_cast<std::size_t>(layer)] = 0;
  }
}

void readLfm2Folder(const ConfigKeys& keys, ModelConfig& config) {
  config.feedForward =
      adjustedFeedForward(keys, keys.integer("block_ff_dim", config.feedForward, 1, kMostLfm2FeedForward));
  readLfm2Layers(keys, config);
}

void readLfm2MoeFile(const ConfigKeys& keys, ModelConfig& config) {
  readLfm2File(keys, config);
  readExperts(keys, kGgufExperts, config);
  config.denseLayers = keys.integer("leading_dense_block_count", 0, 0, config.layers);
  if (keys.integer("expert_gating_func", kLfm2Sigmoid, 0, 1U << 16U) != kLfm2Sigmoid)
    throw Error(ErrorCode::Unsupported,
                fmt::format("Its experts are not chosen by sigmoids ({}), which cannot be computed yet.",
                            keys("expert_gating_func")),
                keys("expert_gating_func"));
  config.areExpertsSigmoid = config.hasExpertBias = true;
  config.expertSumEpsilon = kLfm2Epsilon;
}

constexpr ExpertNames kLfm2Experts{"num_experts", "num_experts_per_tok", "moe_intermediate_size"};

void readLfm2MoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readLfm2Layers(keys, config);
  readExperts(keys, kLfm2Experts, config);
  config.denseLayers = keys.integer("num_dense_layers", 2, 0, config.layers);
  config.areExpertsSigmoid = true;
  config.hasExpertBias = keys.flag("use_expert_bias", true);
  config.areExpertWeightsNormed = keys.flag("norm_topk_prob", true);
  config.expertScale = keys.real("routed_scaling_factor", 1.0F, 1e-4F, 1e4F);
  config.expertSumEpsilon = kLfm2Epsilon;
}

void writeLfm2File(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("shortconv.l_cache", config.recurrent.taps);
  writeKeyHeads(config, "attention.head_count_kv", writer);
}

void writeLfm2Folder(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("conv_L_cache", config.recurrent.taps);
  writer.flag("conv_bias", false);
  writer.flag("block_auto_adjust_ff_dim", false);
  writeLayerKinds("conv", "full_attention", config, writer);
}

void writeLfm2MoeFile(const ModelConfig& config, ConfigWriter& writer) {
  writeLfm2File(config, writer);
  writer.integer("leading_dense_block_count", config.denseLayers);
  writer.integer("expert_gating_func", kLfm2Sigmoid);
}

void writeLfm2MoeFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeLfm2Folder(config, writer);
  writeExperts(config, kLfm2Experts, writer);
  writer.integer("num_dense_layers", config.denseLayers);
  writer.flag("use_expert_bias", config.hasExpertBias);
  writer.flag("norm_topk_prob", config.areExpertWeightsNormed);
  writer.real("routed_scaling_factor", asDecimal(config.expertScale));
}

constexpr SizeNames lfm2Sizes() {
  SizeNames names = kFolderSizes;
  names.normEpsilon = "norm_eps";
  return names;
}

}  // namespace

// Short convolutions, and attention with norms of every head in some layers.
// Source: Lfm2Config of transformers; llama.cpp's lfm2.
const Architecture kLfm2{.gguf = kLfm2Names,
                         .huggingFace = kLfm2Names,
                         .weights = kLfm2Rows,
                         .build = buildPreNormDecoder,
                         .ggufPairing = RopePairing::Halves,
                         .folderClasses = kLfm2Classes,
                         .folderPresence = {},
                         .folderDefaults = {128000, 32, 8, {}, 1e-5F, 1e6F},
                         .ggufKeys = kLfm2Keys,
                         .folderKeys = kLfm2FolderKeys,
                         .readGguf = readLfm2File,
                         .readFolder = readLfm2Folder,
                         .writeGguf = writeLfm2File,
                         .writeFolder = writeLfm2Folder,
                         .folderSizes = lfm2Sizes(),
                         .recurrentPart = shortConvolution,
                         .hasDifferentLayers = true};

// The same with experts, chosen by sigmoids and a bias, in all but the first layers.
// Source: Lfm2MoeConfig of transformers; llama.cpp's lfm2moe.
const Architecture kLfm2Moe{.gguf = kLfm2MoeNames,
                            .huggingFace = kLfm2MoeTypes,
                            .weights = kLfm2MoeRows,
                            .build = buildPreNormDecoder,
                            .ggufPairing = RopePairing::Halves,
                            .folderClasses = kLfm2MoeClasses,
                            .folderPresence = {},
                            .folderDefaults = {128000, 32, 8, {}, 1e-5F, 1e6F},
                            .ggufKeys = kLfm2MoeKeys,
                            .folderKeys = kLfm2MoeFolderKeys,
                            .readGguf = readLfm2MoeFile,
                            .readFolder = readLfm2MoeFolder,
                            .writeGguf = writeLfm2MoeFile,
                            .writeFolder = writeLfm2MoeFolder,
                            .folderSizes = lfm2Sizes(),
                            .recurrentPart = shortConvolution,
                            .hasDifferentLayers = true,
                            .hasExperts = true};

}  // namespace core::model
