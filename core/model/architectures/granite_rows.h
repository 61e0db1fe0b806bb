#pragma once
#include <array>

#include "core/model/architectures/decoder_rows.h"
#include "core/model/config_row.h"

namespace core::model {

inline constexpr float kMostGraniteScale = 1e4F;
/// Factors of the embedding, of what blocks add, of products of queries and keys, and a divisor of logits.
inline constexpr std::array kGraniteConfig{
    ConfigRow{"attention.scale", "attention_multiplier", &ModelConfig::attentionScale, 0, kMostGraniteScale, 0, 1},
    ConfigRow{"embedding_scale", "embedding_multiplier", &ModelConfig::embeddingScale, 0, kMostGraniteScale, 1, 1,
              ConfigForm::Factor},
    ConfigRow{"residual_scale", "residual_multiplier", &ModelConfig::residualScale, 0, kMostGraniteScale, 1, 1,
              ConfigForm::Factor},
    ConfigRow{"logit_scale", "logits_scaling", &ModelConfig::logitScale, 0, kMostGraniteScale, 1, 1,
              ConfigForm::Divisor}};

/// Experts as a folder of Granite has them, and beside them a part for all tokens. Names of others are in use:
/// "shared_mlp" of a model without experts is its feed-forward part.
inline constexpr auto kGraniteExpertRows =
    joined(joined(stackedExpertRows("block_sparse_moe.router.layer.weight", "block_sparse_moe.input_linear.weight",
                                    "block_sparse_moe.output_linear.weight"),
                  sharedExpertRows("", "", "shared_mlp.output_linear.weight")),
           std::array{inLayers(LayerKind::SparseShared, {WeightKind::SharedGateUp, "", "shared_mlp.input_linear.weight",
                                                         Side::SharedGateUp, Side::Width})});
inline constexpr std::array<std::string_view, 4> kGraniteExpertKeys{
    "expert_count", "expert_used_count", "expert_feed_forward_length", "expert_shared_feed_forward_length"};
inline constexpr std::array<std::string_view, 2> kGraniteExpertFolderKeys{"num_local_experts", "num_experts_per_tok"};
inline constexpr ExpertNames kGraniteExperts{"num_local_experts", "num_experts_per_tok", "intermediate_size"};
inline constexpr const char *kGraniteShared = "shared_intermediate_size",
                            *kGraniteSharedFile = "expert_shared_feed_forward_length";

}  // namespace core::model
