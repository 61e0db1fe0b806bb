#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr std::uint32_t kGptOssPattern = 2;  // every second layer sees everything
constexpr std::uint32_t kGptOssWindow = 128;
constexpr float kGptOssLimit = 7.0F;

constexpr WeightRow experts(WeightKind kind, std::string_view gguf, std::string_view folder, Side rows,
                            Side columns = Side::None) {
  WeightRow row{kind, gguf, folder, rows, columns};
  row.stack = Side::Experts;
  if (columns != Side::None) row.form = FolderForm::TurnedUnlessPacked;
  return row;
}

// A folder has gate and up in turn in one stack, a GGUF file one of each.
constexpr auto kGptOssRows = joined(
    without(kDecoderRowsWithoutFeedForward, WeightKind::FeedForwardNorm),
    std::array{WeightRow{WeightKind::FeedForwardNorm, "post_attention_norm.weight", "post_attention_layernorm.weight",
                         Side::Width},
               WeightRow{WeightKind::Sinks, "attn_sinks.weight", "self_attn.sinks", Side::Heads},
               WeightRow{WeightKind::Router, "ffn_gate_inp.weight", "mlp.router.weight", Side::Experts, Side::Width},
               WeightRow{WeightKind::RouterBias, "ffn_gate_inp.bias", "mlp.router.bias", Side::Experts},
               experts(WeightKind::GateExperts, "ffn_gate_exps.weight", "", Side::ExpertFeedForward, Side::Width),
               experts(WeightKind::GateExpertsBias, "ffn_gate_exps.bias", "", Side::ExpertFeedForward),
               experts(WeightKind::UpExperts, "ffn_up_exps.weight", "", Side::ExpertFeedForward, Side::Width),
               experts(WeightKind::UpExpertsBias, "ffn_up_exps.bias", "", Side::ExpertFeedForward),
               experts(WeightKind::GateUpExperts, "", "mlp.experts.gate_up_proj", Side::ExpertGateUp, Side::Width),
               experts(WeightKind::GateUpExpertsBias, "", "mlp.experts.gate_up_proj_bias", Side::ExpertGateUp),
               experts(WeightKind::DownExperts, "ffn_down_exps.weight", "mlp.experts.down_proj", Side::Width,
                       Side::ExpertFeedForward),
               experts(WeightKind::DownExpertsBias, "ffn_down_exps.bias", "mlp.experts.down_proj_bias", Side::Width)});
constexpr std::array<std::string_view, 1> kGptOssNames{"gpt-oss"}, kGptOssTypes{"gpt_oss"};
constexpr std::array<std::string_view, 1> kGptOssClasses{"GptOssForCausalLM"};
constexpr std::array<std::string_view, 3> kGptOssKeys{"expert_count", "expert_used_count",
                                                      "expert_feed_forward_length"};
constexpr std::array<std::string_view, 3> kGptOssFolderKeys{"num_local_experts", "num_experts_per_tok", "layer_types"};

constexpr ExpertNames kGptOssExperts{"num_local_experts", "num_experts_per_tok", "intermediate_size"};

void readGptOssFile(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kGgufExperts, config);
  config.isWindowed = windowPattern(kGptOssPattern, config.layers);
}

/// What transformers' class says of rotary embedding where a folder says nothing.
void stretchAsUsual(const ConfigKeys& keys, ModelConfig& config) {
  const bool isSaid = std::ranges::any_of(keys.metadata().entries(), [&](const io::MetadataEntry& entry) {
    return entry.key.starts_with(keys("rope_scaling.")) || entry.key.starts_with(keys("rope_parameters."));
  });
  if (isSaid) return;
  config.ropeScaling = RopeScaling::Yarn;
  config.ropeFactor = 32.0F;
  config.ropeOriginalContext = 4096;
  config.hasWholeRopeBounds = false;
  config.ropeMagnitude = yarnMagnitude(config.ropeFactor);
}

void readGptOssFolder(const ConfigKeys& keys, ModelConfig& config) {
  stretchAsUsual(keys, config);
  readExperts(keys, kGptOssExperts, config);
  config.slidingWindow = keys.integer("sliding_window", kGptOssWindow, 0, ModelConfig::kMaxContext);
  config.isWindowed = windowPattern(kGptOssPattern, config.layers);
  readLayerTypes(keys, config);
  if (const float limit = keys.real("swiglu_limit", kGptOssLimit, 0.0F, 1e6F); limit != kGptOssLimit)
    throw Error(ErrorCode::Unsupported,
                fmt::format("Its units are held at {} ({}), but only those at {} can be computed yet.", limit,
                            keys("swiglu_limit"), kGptOssLimit),
                keys("swiglu_limit"));
}

void writeGptOssFile(const ModelConfig& /*config*/, ConfigWriter& /*writer*/) {}  // as all with experts

void writeGptOssFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeExperts(config, kGptOssExperts, writer);
  writer.integer("sliding_window", config.slidingWindow);
  writer.real("swiglu_limit", asDecimal(kGptOssLimit));
  writeLayerTypes(config, writer);
}

}  // namespace

// Sinks of attention, every second layer a window, experts with biases and a unit of their own.
// Source: GptOssConfig of transformers; llama.cpp's openai-moe.
const Architecture kGptOss{.gguf = kGptOssNames,
                           .huggingFace = kGptOssTypes,
                           .weights = kGptOssRows,
                           .build = buildPreNormDecoder,
                           .ggufPairing = RopePairing::Halves,
                           .activation = Activation::ClampedSwish,
                           .folderClasses = kGptOssClasses,
                           .folderDefaults = {131072, 64, 8, 64, 1e-5F, 150000.0F},
                           .ggufKeys = kGptOssKeys,
                           .folderKeys = kGptOssFolderKeys,
                           .readGguf = readGptOssFile,
                           .readFolder = readGptOssFolder,
                           .writeGguf = writeGptOssFile,
                           .writeFolder = writeGptOssFolder,
                           .hasExperts = true};

}  // namespace core::model
