#include "app/session/cache_folder.h"

#include <fmt/format.h>

#include <cstdlib>

#include "core/base/content_hash.h"

namespace app {

std::filesystem::path userCacheFolder() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody sets them
  if (const char* const chosen = std::getenv("XDG_CACHE_HOME"); chosen != nullptr && *chosen != '\0')
    return std::filesystem::path(chosen) / "quantscope";
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache" / "quantscope";
  // NOLINTEND(concurrency-mt-unsafe)
  return {};
}

std::filesystem::path cacheFile(const std::filesystem::path& folder, std::string_view identity,
                                std::string_view suffix) {
  if (folder.empty()) return {};
  return folder / fmt::format("{:016x}{}", core::contentHash(identity), suffix);
}

}  // namespace app
