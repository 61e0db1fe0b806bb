#pragma once
#include <array>

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

}  // namespace core::model
