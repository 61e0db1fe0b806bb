#include "app/remote/remote_model.h"

#include <fmt/format.h>

#include <string_view>

#include "app/remote/remote_error.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace {

constexpr std::size_t kLongestPlainPath = 1024, kLongestName = 255;

bool isPlainPart(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.size() <= kLongestName &&
         part.find('\\') == std::string_view::npos;
}

bool isPlainPath(std::string_view path) {
  if (path.size() > kLongestPlainPath || path.find('\0') != std::string_view::npos || core::io::printable(path) != path)
    return false;
  while (true) {
    const std::size_t slash = path.find('/');
    if (!isPlainPart(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

void requirePlainPath(const std::string& path, const std::string& url) {
  if (!isPlainPath(path))
    throw RemoteError(RemoteFault::Answer, fmt::format("The server {} names a file {}, which is no plain path.",
                                                       hostOf(url), core::io::inQuotes(path)));
}

}  // namespace app::remote
