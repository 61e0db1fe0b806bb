#pragma once
#include "core/io/checkpoint.h"
#include "core/model/config.h"

namespace core::model {

/// The first key of the architecture that changes what a model computes in a way no graph here follows; null when there
/// is none. A key that only says what holds anyway (attention.causal = true, logit_scale = 1) does not count.
const io::MetadataEntry* findUnfollowedKey(const io::Checkpoint& checkpoint, const ModelConfig& config);

}  // namespace core::model
