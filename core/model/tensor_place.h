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

}  // namespace core::model
