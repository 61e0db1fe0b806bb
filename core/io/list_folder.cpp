#include "core/io/list_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostNamed = 5;

template <typename Wanted>
std::vector<fs::path> entriesOf(const fs::path& folder, const Wanted& wanted) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (wanted(*entry)) found.push_back(entry->path());
  }
  if (error) {
    throw Error(ErrorCode::Io,
                fmt::format("Could not list the folder {}: {}.", inQuotes(folder.string()), error.message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<fs::path> filesEndingIn(const fs::path& folder, std::string_view ending) {
  return entriesOf(folder, [ending](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    return name.size() > ending.size() && name.ends_with(ending);
  });
}

std::vector<fs::path> subfoldersOf(const fs::path& folder) {
  return entriesOf(folder, [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_directory(ignored);
  });
}

std::string quotedNames(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) {
    text += (i == 0 ? "" : ", ") + inQuotes(names[i]);
  }
  return names.size() > kMostNamed ? text + ", …" : text;
}

std::string quotedNames(std::span<const fs::path> paths) {
  std::vector<std::string> names;
  for (const fs::path& path : paths) names.push_back(path.filename().string());
  return quotedNames(names);
}

}  // namespace core::io
