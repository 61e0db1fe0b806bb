#pragma once
#include "core/io/checkpoint.h"
#include "core/model/config.h"

namespace core::model {

/// What GGUF files divide the frequency of a pair by that is to stand still (Gemma 4's converter).
inline constexpr float kStandingPair = 1e30F;

/// The config of a model with what a GGUF file says in tensors of factors and a folder in its config: Llama 3's rule,
/// with the constants that all of its models have but for the context they were first trained with, a power of two;
/// which pairs stand still; LongRope's lists. A folder's is returned as it is.
/// @throws Error (Unsupported) for factors that no rule of a folder makes
ModelConfig withFactorTensors(const io::Checkpoint& source, ModelConfig config);

}  // namespace core::model
