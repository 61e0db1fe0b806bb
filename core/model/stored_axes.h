#pragma once
#include <optional>
#include <span>
#include <string>

#include "core/model/tensor_roles.h"

namespace core::model {

/// Sets the axes of the matrices that a safetensors checkpoint stores input × output. Known are
///   - the Conv1D layers of GPT-2 and its kin (OpenAI GPT, ImageGPT, Decision Transformer, CLVP, Jais): c_attn, q_attn,
///     c_fc, c_proj. Linear layers of other families share these names; the shapes of a block tell them apart.
///   - stacks of experts [expert, input, output] (gpt-oss, Llama 4, Qwen3-VL, Aria): a block's pair of first and second
///     matrix fits together in one order only.
///   - the second matrix of DBRX's experts, which has the shape of the first; query, key and value of XLNet.
/// Source: the modules of Hugging Face transformers that read these checkpoints.
/// @param choices one per tensor of the checkpoint
void markInputFirst(const io::Checkpoint& checkpoint, std::span<TensorChoice> choices);

/// One sentence about the matrices stored input × output; nothing when there is none.
/// @param choices one per tensor of the checkpoint
std::optional<std::string> describeInputFirst(const io::Checkpoint& checkpoint, std::span<const TensorChoice> choices);

}  // namespace core::model
