#include "core/model/architectures/all.h"
#include "core/model/architectures/decoder_parts.h"
#include "core/model/architectures/decoder_rows.h"

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

void readQwen2MoeFolder(const ConfigKeys& keys, ModelConfig& config) {
  readExperts(keys, {"num_experts", "num_experts_per_tok", "moe_intermediate_size"}, config);
  readSharedExpert(keys, "shared_expert_intermediate_size", 5632, config);
  config.areExpertWeightsNormed = keys.flag("norm_topk_prob", false);
  refuseLayersWithoutExperts(keys);
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
                             .folderPresence = {},
                             .folderDefaults = {32768, 16, 16, {}, 1e-6F, 10000.0F},
                             .ggufKeys = kQwen2MoeKeys,
                             .folderKeys = kQwen2MoeFolderKeys,
                             .readGguf = readQwen2MoeFile,
                             .readFolder = readQwen2MoeFolder,
                             .hasExperts = true};

}  // namespace core::model
