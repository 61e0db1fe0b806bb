#pragma once
#include <span>
#include <string_view>
#include <unordered_map>

#include "core/io/checkpoint.h"

namespace core::io {

/// Marks the matrices that a safetensors checkpoint stores input × output, so that they are listed as they multiply,
/// [out, in], like those of every other model: rows, groups and blocks run along the inputs (Assembly::Turned; what the
/// file says is TensorInfo::storedShape). Known are
///   - the Conv1D layers of GPT-2 and its kin (OpenAI GPT, ImageGPT, Decision Transformer, CLVP, Jais): c_attn, q_attn,
///     c_fc, c_proj. Linear layers of other families share these names; the shapes of a block tell them apart.
///   - stacks of experts [expert, in, out] (gpt-oss, Llama 4, Qwen3-VL, Aria): a block's pair of first and second
///     matrix fits together in one order only.
/// Packed codes are what their program says they are.
/// Source: the modules of Hugging Face transformers that read these checkpoints.
/// @param index tensor name → index  @param architecture model_type of config.json, or empty
void markTurnedMatrices(std::span<TensorInfo> tensors, const std::unordered_map<std::string_view, std::size_t>& index,
                        std::string_view architecture);

}  // namespace core::io
