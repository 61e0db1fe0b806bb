#pragma once
#include <filesystem>

namespace app {

/// Where this user's programs keep what can be made again: $XDG_CACHE_HOME/quantscope, else ~/.cache/quantscope; empty
/// where there is neither.
std::filesystem::path userCacheFolder();

}  // namespace app
