#pragma once
#include <optional>
#include <string_view>

#include "core/model/tensor_roles.h"

namespace core::model {

/// The role that a name inside a block is known for. @param path what follows the block's number, without further
/// numbers and without ".weight": "attn_q", "self_attn.q_proj", "mlp.experts.down_proj"
std::optional<TensorRole> knownRoleInBlock(std::string_view path);

/// The role that a name outside the blocks is known for. @param name without ".weight": "token_embd", "lm_head"
std::optional<TensorRole> knownRoleOutside(std::string_view name);

/// The role that a word in an unknown name gives away: "…_norm", "…bias", "conv…". @param path as above
std::optional<TensorRole> roleByWord(std::string_view path);

}  // namespace core::model
