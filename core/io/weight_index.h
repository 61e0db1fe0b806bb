#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core::io {

/// A *.safetensors.index.json: which shard holds which tensor, in the order of the file.
struct WeightIndex {
  struct Placement {
    std::string tensor;
    std::uint32_t shard;  ///< index into shards
  };
  std::vector<std::string> shards;  ///< plain file names
  std::vector<Placement> placements;
};

/// {"weight_map": {"TENSOR": "SHARD.safetensors", …}, …}
/// @throws Error (InvalidFile) "SOURCE: …"; also when a shard is not the plain name of a file: an index must not make
/// the program open files elsewhere
/// An index that is no JSON, or no index at all, is told from one that says something wrong: its Error::where() is
/// kUnreadableIndex.
inline constexpr std::string_view kUnreadableIndex = "index";
WeightIndex readWeightIndex(std::span<const std::byte> bytes, std::string_view source);

}  // namespace core::io
