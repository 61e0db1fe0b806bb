#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "core/base/error.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/recurrent_parts.h"
#include "core/model/config_writer.h"
#include "core/model/tensor_place.h"

namespace core::model {

namespace {

constexpr std::uint32_t kInterval = 4;  // every so many layers, one attends
constexpr float kQwen35RotatedShare = 0.25F;

/// Queries have as many rows of gates beside them; a norm before the feed-forward part has the other one's name.
constexpr auto kQwen35DecoderRows = [] {
  auto rows = withAttentionInSomeLayers(
      joined(withoutAll(kDecoderRows, std::array{WeightKind::QueryBias, WeightKind::KeyBias, WeightKind::ValueBias,
                                                 WeightKind::AttentionOutputBias}),
             kHeadNormRows));
  for (WeightRow& row : rows) {
    if (row.kind == WeightKind::Query) row.rows = Side::QueriesGates;
    if (row.kind == WeightKind::FeedForwardNorm) row.gguf = "post_attention_norm.weight";
  }
  return withNormsFromOne(rows);
}();

constexpr auto kDeltaRows = ofRecurrentLayers(std::array{
    WeightRow{WeightKind::RecurrentInput, "attn_qkv.weight", "linear_attn.in_proj_qkv.weight", Side::RecurrentMixed,
              Side::Width},
    WeightRow{WeightKind::RecurrentGate, "attn_gate.weight", "linear_attn.in_proj_z.weight", Side::RecurrentValues,
              Side::Width},
    WeightRow{WeightKind::Strength, "ssm_beta.weight", "linear_attn.in_proj_b.weight", Side::RecurrentHeads,
              Side::Width},
    WeightRow{WeightKind::Decay, "ssm_alpha.weight", "linear_attn.in_proj_a.weight", Side::RecurrentHeads, Side::Width},
    WeightRow{WeightKind::DecayBias, "ssm_dt.bias", "linear_attn.dt_bias", Side::RecurrentHeads},
    logarithm({WeightKind::DecayFactor, "ssm_a", "linear_attn.A_log", Side::RecurrentHeads}),
    withMiddle(
        {WeightKind::Convolution, "ssm_conv1d.weight", "linear_attn.conv1d.weight", Side::RecurrentMixed, Side::Taps}),
    WeightRow{WeightKind::RecurrentNorm, "ssm_norm.weight", "linear_attn.norm.weight", Side::RecurrentValueSize},
    WeightRow{WeightKind::RecurrentOutput, "ssm_out.weight", "linear_attn.out_proj.weight", Side::Width,
              Side::RecurrentValues}});
constexpr auto kQwen35Rows = joined(kQwen35DecoderRows, [] {
  auto rows = kDeltaRows;
  for (WeightRow& row : rows)
    if (row.kind != WeightKind::RecurrentNorm) row.order = RowOrder::ValueHeads;
  return rows;
}());

// Folders have a stack for all experts, or, quantized, a matrix for each.
constexpr auto kQwen35MoeRows = [] {
  constexpr std::array kFeedForward{WeightKind::Gate, WeightKind::Up, WeightKind::Down};
  auto each = expertRows("", "mlp.experts.*.gate_proj.weight", "mlp.experts.*.up_proj.weight",
                         "mlp.experts.*.down_proj.weight");
  auto stacks = stackedExpertRows("mlp.gate.weight", "mlp.experts.gate_up_proj", "mlp.experts.down_proj");
  for (WeightRow& row : each)
    if (row.kind == WeightKind::DownExperts) row.layers = LayerKind::SparseApart;
  for (WeightRow& row : stacks)
    if (row.kind == WeightKind::DownExperts) row.layers = LayerKind::SparseStacked;
  constexpr std::array kOfStacks{WeightKind::GateExperts, WeightKind::UpExperts};
  constexpr std::array kOfEach{WeightKind::Router, WeightKind::GateUpStack};
  return joined(
      joined(withoutAll(kQwen35Rows, kFeedForward), joined(withoutAll(stacks, kOfStacks), withoutAll(each, kOfEach))),
      kGatedSharedExpertRows);
}();

constexpr std::array<std::string_view, 1> kQwen35Names{"qwen35"};
constexpr std::array<std::string_view, 1> kQwen35Types{"qwen3_5_text"};
constexpr std::array<std::string_view, 1> kQwen35Classes{"Qwen3_5ForCausalLM"};
constexpr std::array<std::string_view, 1> kQwen35MoeNames{"qwen35moe"}, kQwen35MoeTypes{"qwen3_5_moe_text"};
constexpr std::array<std::string_view, 1> kQwen35MoeClasses{"Qwen3_5MoeForCausalLM"};
constexpr std::array<std::string_view, 9> kQwen35Keys{"ssm.conv_kernel",
                                                      "ssm.state_size",
                                                      "ssm.group_count",
                                                      "ssm.time_step_rank",
                                                      "ssm.inner_size",
                                                      "full_attention_interval",
                                                      "attention.recurrent_layers",
                                                      "nextn_predict_layers",
                                                      "rope.dimension_sections"};
constexpr std::array<std::string_view, 3> kQwen35FolderKeys{"layer_types", "rope_parameters.partial_rotary_factor",
                                                            "partial_rotary_factor"};

constexpr auto kQwen35MoeKeys = joined(
    kQwen35Keys, std::array<std::string_view, 4>{"expert_count", "expert_used_count", "expert_feed_forward_length",
                                                 "expert_shared_feed_forward_length"});
constexpr auto kQwen35MoeFolderKeys = joined(
    kQwen35FolderKeys, std::array<std::string_view, 4>{"num_experts", "num_experts_per_tok", "moe_intermediate_size",
                                                       "shared_expert_intermediate_size"});
/// How many pairs turn by each of a picture's positions, where all of them turn by one.
void takeSections(std::span<const std::int64_t> sections, ModelConfig& config) {
  constexpr std::size_t kPositions = 3;
  std::int64_t covered = 0;
  for (const std::int64_t section : sections.first(std::min(sections.size(), kPositions)))
    covered += section < 0 ? INT32_MIN : std::min<std::int64_t>(section, config.headSize);
  if (sections.size() < kPositions || covered != config.ropeDimensions / 2) return;
  for (std::size_t i = 0; i < kPositions; ++i) config.ropeSections[i] = static_cast<std::uint32_t>(sections[i]);
}

/// Text has one position where pictures have three; pairs that no section covers would stand still in llama.cpp.
void readSections(const ConfigKeys& keys, ModelConfig& config) {
  const std::string key = keys("rope.dimension_sections");
  const auto* const list = std::get_if<io::MetadataArray>(keys.metadata().find(key));
  if (list == nullptr) return;
  std::int64_t covered = 0;
  const std::vector<std::int64_t> sections = list->integers();
  for (const std::int64_t section : sections) covered += section;
  if (covered != config.ropeDimensions / 2)
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("{} covers {} of {} pairs, which cannot be computed yet.", key, covered, config.ropeDimensions / 2),
        key);
  takeSections(sections, config);
}

void readQwen35File(const ConfigKeys& keys, ModelConfig& config) {
  readRecurrent(keys, kGgufRecurrent, {}, config);
  RecurrentSizes& sizes = config.recurrent;
  sizes.valueSize = sizes.keySize;
  sizes.order = HeadOrder::Repeated;
  if (const std::uint32_t inner = keys.integer("ssm.inner_size", sizes.valueWidth(), 0, 1U << 20U);
      inner != sizes.valueWidth())
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} should be {} heads of {}, but is {}.", keys("ssm.inner_size"), sizes.heads,
                            sizes.valueSize, inner),
                keys("ssm.inner_size"));
  config.isRecurrent = keys.perLayer("attention.recurrent_layers", config.layers);
  if (config.isRecurrent.empty())
    config.isRecurrent = windowPattern(keys.integer("full_attention_interval", kInterval, 1, 1U << 16U), config.layers);
  // The last blocks guess further tokens.
  config.layers -= keys.integer("nextn_predict_layers", 0, 0, config.layers - 1);
  config.isRecurrent.resize(config.layers);
  readSections(keys, config);
}

void readQwen35Folder(const ConfigKeys& keys, ModelConfig& config) {
  RecurrentSizes usual;
  usual.taps = 4;
  usual.heads = 32;
  usual.keyHeads = 16;
  usual.keySize = 128;
  readRecurrent(keys,
                {"linear_conv_kernel_dim", "linear_num_value_heads", "linear_num_key_heads", "linear_key_head_dim"},
                usual, config);
  config.recurrent.valueSize = keys.integer("linear_value_head_dim", usual.keySize, 1, 1U << 12U);
  const float share = keys.real("partial_rotary_factor", kQwen35RotatedShare, 1e-3F, 1.0F);
  config.ropeDimensions = static_cast<std::uint32_t>(static_cast<float>(config.headSize) * share + 1e-3F) / 2 * 2;
  readRotatedShare(keys, config);
  const auto* const sections =
      std::get_if<io::MetadataArray>(keys.metadata().find(keys("rope_parameters.mrope_section")));
  if (sections != nullptr && sections->elementType() != io::MetadataType::String)
    takeSections(sections->integers(), config);
  config.isRecurrent = windowPattern(keys.integer("full_attention_interval", kInterval, 1, 1U << 16U), config.layers);
  readLayerKinds(keys, "linear_attention", "full_attention", config);
}

void readQwen35MoeFile(const ConfigKeys& keys, ModelConfig& config) {
  readQwen35File(keys, config);
  readExperts(keys, kGgufExperts, config);
  readSharedExpert(keys, "expert_shared_feed_forward_length", config.feedForward, config);
  config.feedForward = config.expertFeedForward;  // it has no other part
}

constexpr ExpertNames kQwen35Experts{"num_experts", "num_experts_per_tok", "moe_intermediate_size"};

void readQwen35MoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readQwen35Folder(keys, config);
  readExperts(keys, kQwen35Experts, config);
  readSharedExpert(keys, "shared_expert_intermediate_size", 512, config);
}

constexpr SizeNames qwen35MoeSizes() {
  SizeNames names = kFolderSizes;
  names.feedForward = "moe_intermediate_size";  // it has no other part
  return names;
}

/// What a file says, or a third of the pairs for each.
std::array<std::uint32_t, 3> sectionsOf(const ModelConfig& config) {
  if (config.ropeSections[0] != 0) return config.ropeSections;
  const std::uint32_t pairs = config.ropeDimensions / 2;
  return {(pairs + 2) / 3, (pairs + 1) / 3, pairs / 3};
}

void writeQwen35File(const ModelConfig& config, ConfigWriter& writer) {
  const auto sections = sectionsOf(config);
  writer.integers("rope.dimension_sections", std::array{sections[0], sections[1], sections[2], std::uint32_t{0}});
  writer.integer("full_attention_interval", kInterval);
  writer.flags("attention.recurrent_layers", config.isRecurrent);
}

void writeQwen35Folder(const ModelConfig& config, ConfigWriter& writer) {
  const RecurrentSizes& sizes = config.recurrent;
  writeLayerKinds("linear_attention", "full_attention", config, writer);
  writer.integer("full_attention_interval", kInterval);
  writer.flag("attn_output_gate", true);
  writer.integer("linear_conv_kernel_dim", sizes.taps);
  writer.integer("linear_key_head_dim", sizes.keySize);
  writer.integer("linear_value_head_dim", sizes.valueSize);
  writer.integer("linear_num_key_heads", sizes.keyHeads);
  writer.integer("linear_num_value_heads", sizes.heads);
  writer.real("rope_parameters.partial_rotary_factor", static_cast<double>(config.ropeDimensions) / config.headSize);
  writer.integers("rope_parameters.mrope_section", sectionsOf(config));
  writer.flag("rope_parameters.mrope_interleaved", true);
}

void writeQwen35MoeFile(const ModelConfig& config, ConfigWriter& writer) {
  writeQwen35File(config, writer);
  writer.integer("expert_shared_feed_forward_length", config.sharedFeedForward);
}

void writeQwen35MoeFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeQwen35Folder(config, writer);
  writeExperts(config, kQwen35Experts, writer);
  writer.integer("shared_expert_intermediate_size", config.sharedFeedForward);
}

bool isOfFurtherTokens(const ModelConfig& config, io::FileFormat format, std::string_view name) {
  if (format != io::FileFormat::Gguf) return name.starts_with("mtp.");
  const TensorPlace place = placeOf(name);
  return place.stack == "blk" && place.layer && *place.layer >= config.layers;
}

}  // namespace

// Of four layers three keep a state by the gated delta rule, and one attends, with a gate behind.
// Source: Qwen3_5TextConfig of transformers; llama.cpp's qwen35.
const Architecture kQwen35{.gguf = kQwen35Names,
                           .huggingFace = kQwen35Types,
                           .weights = kQwen35Rows,
                           .build = buildPreNormDecoder,
                           .ggufPairing = RopePairing::Halves,
                           .folderClasses = kQwen35Classes,
                           .folderPresence = {},
                           .folderDefaults = {32768, 16, 4, 256, 1e-6F, 10000.0F},
                           .ggufKeys = kQwen35Keys,
                           .folderKeys = kQwen35FolderKeys,
                           .readGguf = readQwen35File,
                           .readFolder = readQwen35Folder,
                           .writeGguf = writeQwen35File,
                           .writeFolder = writeQwen35Folder,
                           .folderRope = "rope_parameters",
                           .recurrentPart = gatedDeltaNet,
                           .ignores = isOfFurtherTokens,
                           .hasDifferentLayers = true};

// The same with experts, and a part for all tokens that counts as much as a gate says.
// Source: Qwen3_5MoeTextConfig of transformers; llama.cpp's qwen35moe.
const Architecture kQwen35Moe{.gguf = kQwen35MoeNames,
                              .huggingFace = kQwen35MoeTypes,
                              .weights = kQwen35MoeRows,
                              .build = buildPreNormDecoder,
                              .ggufPairing = RopePairing::Halves,
                              .folderClasses = kQwen35MoeClasses,
                              .folderPresence = {},
                              .folderDefaults = {32768, 16, 2, 256, 1e-6F, 10000.0F},
                              .ggufKeys = kQwen35MoeKeys,
                              .folderKeys = kQwen35MoeFolderKeys,
                              .readGguf = readQwen35MoeFile,
                              .readFolder = readQwen35MoeFolder,
                              .writeGguf = writeQwen35MoeFile,
                              .writeFolder = writeQwen35MoeFolder,
                              .folderSizes = qwen35MoeSizes(),
                              .folderRope = "rope_parameters",
                              .recurrentPart = gatedDeltaNet,
                              .ignores = isOfFurtherTokens,
                              .hasDifferentLayers = true,
                              .hasExperts = true};

}  // namespace core::model
