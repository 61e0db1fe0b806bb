#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::io {

/// What was found in the tables of a checkpoint.
struct PackedFindings {
  /// Codes that become weights under another name: index → that name.
  std::vector<std::pair<std::size_t, std::string>> names;
  std::vector<std::string> warnings;  ///< sentences
};

/// Whether a tensor is called like the scale of keys or values that a program caches in 8 bits.
bool isCacheScale(std::string_view name);

/// Bytes of each tensor of a checkpoint: of a packed weight with its scales and whatever else it is assembled from;
/// these pieces themselves have none.
std::vector<std::uint64_t> weightBytes(const Checkpoint& checkpoint);

/// Finds the tensors of a checkpoint that was quantized by another program (or by this one). Codes whose pieces are all
/// there and fit each other become the logical weight (TensorInfo::assembly), with what people call them ("GPTQ INT4 ·
/// 128") and the shape of the weights; other codes get the reason why they cannot be read. Scales, zero-points and the
/// like belong to the weight (pieceOf) and count no parameters: those that are floats can be looked at, others get a
/// reason. Goes by names, types and shapes first; a quantization_config settles what these leave open.
/// @param index tensor name → index  @param bytesOf of a tensor of the table
PackedFindings markPackedWeights(std::span<TensorInfo> tensors,
                                 const std::unordered_map<std::string_view, std::size_t>& index,
                                 const Metadata& metadata,
                                 const std::function<std::span<const std::byte>(const TensorInfo&)>& bytesOf);

}  // namespace core::io
