#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr auto kQwen3MoeRows = joined(joined(kDecoderRowsWithoutFeedForward, kHeadNormRows),
                                      expertRows("mlp.gate.weight", "mlp.experts.*.gate_proj.weight",
                                                 "mlp.experts.*.up_proj.weight", "mlp.experts.*.down_proj.weight"));
constexpr std::array<std::string_view, 1> kQwen3MoeNames{"qwen3moe"}, kQwen3MoeTypes{"qwen3_moe"};
constexpr std::array<std::string_view, 1> kQwen3MoeClasses{"Qwen3MoeForCausalLM"};
constexpr std::array<std::string_view, 3> kQwen3MoeKeys{"expert_count", "expert_used_count",
                                                        "expert_feed_forward_length"};
constexpr std::array<std::string_view, 4> kQwen3MoeFolderKeys{"num_experts", "num_experts_per_tok",
                                                              "moe_intermediate_size", "norm_topk_prob"};

constexpr ExpertNames kQwen3MoeExperts{"num_experts", "num_experts_per_tok", "moe_intermediate_size"};

void readQwen3MoeFile(const ConfigKeys& keys, ModelConfig& config) { readExperts(keys, kGgufExperts, config); }

void readQwen3MoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kQwen3MoeExperts, config);
  config.areExpertWeightsNormed = keys.flag("norm_topk_prob", false);
  refuseLayersWithoutExperts(keys);
}

void writeQwen3MoeFile(const ModelConfig& /*config*/, ConfigWriter& /*writer*/) {}  // as all with experts

void writeQwen3MoeFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeExperts(config, kQwen3MoeExperts, writer);
  writer.flag("norm_topk_prob", config.areExpertWeightsNormed);
}

}  // namespace

// As Qwen 3, with experts.
// Source: Qwen3MoeConfig of transformers; llama.cpp's qwen3moe.
const Architecture kQwen3Moe{.gguf = kQwen3MoeNames,
                             .huggingFace = kQwen3MoeTypes,
                             .weights = kQwen3MoeRows,
                             .build = buildPreNormDecoder,
                             .ggufPairing = RopePairing::Halves,
                             .folderClasses = kQwen3MoeClasses,
                             .folderDefaults = {32768, 32, 4, {}, 1e-6F, 10000.0F},
                             .ggufKeys = kQwen3MoeKeys,
                             .folderKeys = kQwen3MoeFolderKeys,
                             .readGguf = readQwen3MoeFile,
                             .readFolder = readQwen3MoeFolder,
                             .writeGguf = writeQwen3MoeFile,
                             .writeFolder = writeQwen3MoeFolder,
                             .hasExperts = true};

}  // namespace core::model
