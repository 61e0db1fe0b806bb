#pragma once
#include <optional>
#include <span>
#include <string>

#include "core/model/tensor_roles.h"

namespace core::model {

/// Sets the axes of the matrices that a safetensors checkpoint stores input × output in a shape that cannot be turned
/// by itself: the second matrix of DBRX's experts, which has the shape of the first and all experts in one; query, key
/// and value of XLNet, whose outputs are two axes. Others are listed turned (io/turned_matrices.h).
/// Source: the modules of Hugging Face transformers that read these checkpoints.
/// @param choices one per tensor of the checkpoint
void markInputFirst(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices);

/// Sentences about the matrices stored input × output; nothing when there is none.
/// @param choices one per tensor of the checkpoint
std::optional<std::string> describeInputFirst(const io::Checkpoint& checkpoint, std::span<const TensorChoice> choices);

}  // namespace core::model
