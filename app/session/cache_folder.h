#pragma once
#include <filesystem>
#include <string_view>

namespace app {

/// Where this user's programs keep what can be made again: $XDG_CACHE_HOME/quantscope, else ~/.cache/quantscope; empty
/// where there is neither.
std::filesystem::path userCacheFolder();

/// The file of a cache folder that keeps what belongs to this identity; empty where there is no folder.
/// @param suffix tells kinds of files apart, ".blocks"
std::filesystem::path cacheFile(const std::filesystem::path& folder, std::string_view identity,
                                std::string_view suffix);

}  // namespace app
