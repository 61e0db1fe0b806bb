#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/architectures/granite_rows.h"
#include "core/model/architectures/state_space_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

/// A folder has gate and up as one matrix, a GGUF file one of each.
constexpr auto kGraniteHybridDecoderRows = [] {
  auto rows = withAttentionInSomeLayers(withHeadsInPairs(kDecoderRows));
  for (WeightRow& row : rows) {
    if (row.kind == WeightKind::Gate || row.kind == WeightKind::Up) row.huggingFace = "";
    if (row.kind == WeightKind::Down) row.huggingFace = "shared_mlp.output_linear.weight";
  }
  return rows;
}();
constexpr auto kGraniteStateRows =
    stateSpaceRows({"mamba.in_proj.weight", "mamba.conv1d.weight", "mamba.conv1d.bias", "mamba.dt_bias", "mamba.A_log",
                    "mamba.D", "mamba.norm.weight", "mamba.out_proj.weight"});
constexpr auto kGraniteHybridRows = joined(
    joined(kGraniteHybridDecoderRows,
           std::array{WeightRow{WeightKind::GateUp, "", "shared_mlp.input_linear.weight", Side::GateUp, Side::Width}}),
    kGraniteStateRows);
constexpr auto kGraniteHybridMoeRows =
    joined(joined(withAttentionInSomeLayers(withHeadsInPairs(kDecoderRowsWithoutFeedForward)), kGraniteExpertRows),
           kGraniteStateRows);
constexpr std::array<std::string_view, 1> kGraniteHybridNames{"granitehybrid"}, kGraniteHybridTypes{"granitemoehybrid"};
constexpr std::array<std::string_view, 1> kGraniteHybridClasses{"GraniteMoeHybridForCausalLM"};
constexpr auto kGraniteHybridKeys =
    joined(kStateSpaceKeys,
           std::array<std::string_view, 2>{"expert_shared_feed_forward_length",  // that of its feed-forward part
                                           "expert_used_count"});                // of none
constexpr auto kGraniteHybridMoeKeys = joined(kStateSpaceKeys, kGraniteExpertKeys);
constexpr std::array<std::string_view, 3> kGraniteHybridFolderKeys{"layer_types", "num_local_experts",
                                                                   "num_experts_per_tok"};

constexpr RecurrentNames kGraniteHybridSizes{"mamba_d_conv", "mamba_n_heads", "mamba_n_groups", "mamba_d_state"};
constexpr StateSpaceBiases kGraniteHybridBiases{"mamba_proj_bias", "mamba_conv_bias"};
constexpr std::array kGraniteHybridPresence{PresenceWord{"attention_bias", kAttentionBiases},
                                            PresenceWord{"mamba_conv_bias", kConvolutionBias}};

void readGraniteHybridFile(const ConfigKeys& keys, ModelConfig& config) {
  readStateSpaceFile(keys, config);
  config.isRecurrent = layersOfNone(keys, "attention.head_count_kv", config);
  if (!keys.flag("rope.scaling.finetuned", true)) config.isRotated.assign(config.layers, 0);
}

void readGraniteHybridMoeFile(const ConfigKeys& keys, ModelConfig& config) {
  readGraniteHybridFile(keys, config);
  readExperts(keys, kGgufExperts, config);
  config.feedForward = config.expertFeedForward;  // it has no other part
  readSharedExpert(keys, kGraniteSharedFile, 0, config);
}

void readGraniteHybridLayers(const ConfigKeys& keys, ModelConfig& config) {
  readStateSpaceFolder(keys, kGraniteHybridSizes, "mamba_d_head", "mamba_expand", kGraniteHybridBiases,
                       {4, 128, 1, 256, 0}, config);
  refuseTimeLimits(keys);
  config.isRecurrent.assign(config.layers, 1);
  readLayerKinds(keys, "mamba", "attention", config);
  if (keys.metadata().string(keys("position_embedding_type")).value_or("") != "rope")
    config.isRotated.assign(config.layers, 0);
}

void readGraniteHybridFolder(const ConfigKeys& keys, ModelConfig& config) {
  if (keys.integer("num_local_experts", std::nullopt, 0, 1U << 16U) != 0)
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{} should be a whole number of experts.", keys("num_local_experts")),
                keys("num_local_experts"));
  config.feedForward = keys.integer(kGraniteShared, 1024, 1, 1U << 20U);
  readGraniteHybridLayers(keys, config);
}

void readGraniteHybridMoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kGraniteExperts, config);
  readSharedExpert(keys, kGraniteShared, 1024, config);
  readGraniteHybridLayers(keys, config);
}

void writeGraniteHybridFile(const ModelConfig& config, ConfigWriter& writer) {
  writeKeyHeads(config, "attention.head_count_kv", writer);
  writer.flag("rope.scaling.finetuned", config.isRotated.empty());
}

void writeGraniteHybridMoeFile(const ModelConfig& config, ConfigWriter& writer) {
  writeGraniteHybridFile(config, writer);
  writer.integer(kGraniteSharedFile, config.sharedFeedForward);
}

void writeGraniteHybridLayers(const ModelConfig& config, ConfigWriter& writer) {
  writeStateSpaceFolder(config, kGraniteHybridSizes, "mamba_d_head", "mamba_expand", kGraniteHybridBiases, writer);
  writeLayerKinds("mamba", "attention", config, writer);
  writer.text("position_embedding_type", config.isRotated.empty() ? "rope" : "nope");
}

void writeGraniteHybridFolder(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer(kGraniteShared, config.feedForward);
  writer.integer("num_local_experts", 0);
  writer.integer("num_experts_per_tok", 0);
  writeGraniteHybridLayers(config, writer);
}

void writeGraniteHybridMoeFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeExperts(config, kGraniteExperts, writer);
  writer.integer(kGraniteShared, config.sharedFeedForward);
  writeGraniteHybridLayers(config, writer);
}

}  // namespace

// State spaces in most layers and attention in some, with Granite's factors. Those without experts.
// Source: GraniteMoeHybridConfig of transformers; llama.cpp's granitehybrid.
const Architecture kGraniteHybrid{.gguf = kGraniteHybridNames,
                                  .huggingFace = kGraniteHybridTypes,
                                  .weights = kGraniteHybridRows,
                                  .build = buildPreNormDecoder,
                                  .ggufPairing = RopePairing::Adjacent,
                                  .folderClasses = kGraniteHybridClasses,
                                  .folderPresence = kGraniteHybridPresence,
                                  .folderDefaults = {2048, 32, {}, {}, 1e-6F, 10000.0F},
                                  .config = kGraniteConfig,
                                  .ggufKeys = kGraniteHybridKeys,
                                  .folderKeys = kGraniteHybridFolderKeys,
                                  .readGguf = readGraniteHybridFile,
                                  .readFolder = readGraniteHybridFolder,
                                  .writeGguf = writeGraniteHybridFile,
                                  .writeFolder = writeGraniteHybridFolder,
                                  .recurrentPart = stateSpace,
                                  .hasDifferentLayers = true};

// The same with experts beside the part for all tokens.
const Architecture kGraniteHybridMoe{.gguf = kGraniteHybridNames,
                                     .huggingFace = kGraniteHybridTypes,
                                     .weights = kGraniteHybridMoeRows,
                                     .build = buildPreNormDecoder,
                                     .ggufPairing = RopePairing::Adjacent,
                                     .folderClasses = kGraniteHybridClasses,
                                     .folderPresence = kGraniteHybridPresence,
                                     .folderDefaults = {2048, 32, {}, {}, 1e-6F, 10000.0F},
                                     .config = kGraniteConfig,
                                     .ggufKeys = kGraniteHybridMoeKeys,
                                     .folderKeys = kGraniteHybridFolderKeys,
                                     .readGguf = readGraniteHybridMoeFile,
                                     .readFolder = readGraniteHybridMoeFolder,
                                     .writeGguf = writeGraniteHybridMoeFile,
                                     .writeFolder = writeGraniteHybridMoeFolder,
                                     .recurrentPart = stateSpace,
                                     .hasDifferentLayers = true,
                                     .hasExperts = true};

}  // namespace core::model
