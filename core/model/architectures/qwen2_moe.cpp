#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_writer.h"

namespace core::model {

namespace {

constexpr auto kQwen2MoeRows =
    joined(joined(kDecoderRowsWithoutFeedForward,
                  expertRows("mlp.gate.weight", "mlp.experts.*.gate_proj.weight", "mlp.experts.*.up_proj.weight",
                             "mlp.experts.*.down_proj.weight")),
           kGatedSharedExpertRows);
constexpr std::array<std::string_view, 1> kQwen2MoeNames{"qwen2moe"}, kQwen2MoeTypes{"qwen2_moe"};
constexpr std::array<std::string_view, 1> kQwen2MoeClasses{"Qwen2MoeForCausalLM"};
constexpr std::array<std::string_view, 4> kQwen2MoeKeys{
    "expert_count", "expert_used_count", "expert_feed_forward_length", "expert_shared_feed_forward_length"};
constexpr std::array<std::string_view, 5> kQwen2MoeFolderKeys{
    "num_experts", "num_experts_per_tok", "moe_intermediate_size", "shared_expert_intermediate_size", "norm_topk_prob"};

void readQwen2MoeFile(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kGgufExperts, config);
  readSharedExpert(keys, "expert_shared_feed_forward_length", config.feedForward, config);
  config.areExpertWeightsNormed = false;
}

constexpr std::array kQwen2MoeBiases{WeightKind::QueryBias, WeightKind::KeyBias, WeightKind::ValueBias};
constexpr std::array<PresenceWord, 1> kQwen2MoePresence{PresenceWord{"qkv_bias", kQwen2MoeBiases}};
constexpr ExpertNames kQwen2Experts{"num_experts", "num_experts_per_tok", "moe_intermediate_size"};

void readQwen2MoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, kQwen2Experts, config);
  readSharedExpert(keys, "shared_expert_intermediate_size", 5632, config);
  config.areExpertWeightsNormed = keys.flag("norm_topk_prob", false);
  refuseLayersWithoutExperts(keys);
}

void writeQwen2MoeFile(const ModelConfig& config, ConfigWriter& writer) {
  writer.integer("expert_shared_feed_forward_length", config.sharedFeedForward);
}

void writeQwen2MoeFolder(const ModelConfig& config, ConfigWriter& writer) {
  writeExperts(config, kQwen2Experts, writer);
  writer.integer("shared_expert_intermediate_size", config.sharedFeedForward);
  writer.flag("norm_topk_prob", config.areExpertWeightsNormed);
}

}  // namespace

// As Qwen 2, with experts, and a part for all tokens that counts as much as a gate says.
// Source: Qwen2MoeConfig of transformers; llama.cpp's qwen2moe.
const Architecture kQwen2Moe{.gguf = kQwen2MoeNames,
                             .huggingFace = kQwen2MoeTypes,
                             .weights = kQwen2MoeRows,
                             .build = buildPreNormDecoder,
                             .ggufPairing = RopePairing::Halves,
                             .folderClasses = kQwen2MoeClasses,
                             .folderPresence = kQwen2MoePresence,
                             .folderDefaults = {32768, 16, 16, {}, 1e-6F, 10000.0F},
                             .ggufKeys = kQwen2MoeKeys,
                             .folderKeys = kQwen2MoeFolderKeys,
                             .readGguf = readQwen2MoeFile,
                             .readFolder = readQwen2MoeFolder,
                             .writeGguf = writeQwen2MoeFile,
                             .writeFolder = writeQwen2MoeFolder,
                             .hasExperts = true};

}  // namespace core::model
