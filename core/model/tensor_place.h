#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core::model {

/// A tensor's name taken apart.
struct TensorPlace {
  std::string stack;  ///< what stands before the block's number: "blk", "model.layers"; empty outside the blocks
  std::string path;   ///< what follows it, without further numbers and ".weight"; outside: the name without ".weight"
  std::optional<std::uint32_t> layer;
  std::optional<std::uint32_t> expert;  ///< "experts.5.down_proj", "ffn_down.5"
};
TensorPlace placeOf(std::string_view name);

/// What a graph calls the stack of a folder's experts, of one of which this is the name: "….experts.5.down_proj.weight"
/// → "….experts.*.down_proj.weight". Nothing for the name of no expert.
std::optional<std::string> stackOfExperts(std::string_view name);

}  // namespace core::model
