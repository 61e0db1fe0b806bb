#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::io {

/// The name of one part of a model in several files: PREFIX-00002-of-00003.gguf.
struct SplitName {
  std::string prefix;
  std::string extension;  ///< with its dot
  std::uint32_t number;   ///< from 1
  std::uint32_t count;

  /// The file name of another part. @param other from 1
  std::string part(std::uint32_t other) const;
  /// Whether both are parts of one model.
  bool isSameModel(const SplitName& other) const;
};

/// Nothing when the file is not called like a part.
std::optional<SplitName> parseSplitName(const std::filesystem::path& path);

/// Paths of all parts in the folder of one of them.
/// @throws Error (NotFound) naming the parts that are not there
std::vector<std::filesystem::path> findParts(const std::filesystem::path& path, const SplitName& name);

}  // namespace core::io
