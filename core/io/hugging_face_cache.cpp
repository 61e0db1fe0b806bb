#include "core/io/hugging_face_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/io/list_folder.h"
#include "core/io/mapped_file.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "models--";

/// The revision a ref file holds, when it is the plain name of a snapshot.
std::optional<fs::path> snapshotOfRef(const fs::path& ref, const fs::path& snapshots) {
  std::error_code error;
  if (!fs::is_regular_file(ref, error)) return std::nullopt;
  const MappedFile file(ref);
  std::string revision(reinterpret_cast<const char*>(file.contents().data()),
                       std::min<std::size_t>(file.contents().size(), 64));
  revision.erase(revision.find_last_not_of(" \r\n\t") + 1);
  const bool isPlain = !revision.empty() && std::all_of(revision.begin(), revision.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (!isPlain || !fs::is_directory(snapshots / revision, error)) return std::nullopt;
  return snapshots / revision;
}

}  // namespace

std::optional<std::string> repositoryName(const fs::path& folder) {
  std::error_code ignored;
  fs::path absolute = fs::absolute(folder, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  if (absolute.parent_path().filename() == "snapshots") absolute = absolute.parent_path().parent_path();
  std::string name = absolute.filename().string();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.erase(0, kPrefix.size());
  // Only the first "--" parts owner and name; a repository of no owner has none.
  const std::size_t separator = name.find("--");
  if (separator == std::string::npos) return name;
  return name.substr(0, separator) + "/" + name.substr(separator + 2);
}

std::optional<fs::path> cachedSnapshot(const fs::path& folder) {
  std::error_code error;
  if (folder.filename() == "snapshots" && repositoryName(folder / "any")) return cachedSnapshot(folder.parent_path());
  const fs::path snapshots = folder / "snapshots";
  const auto name = repositoryName(folder);
  const bool isSnapshot = fs::absolute(folder, error).lexically_normal().parent_path().filename() == "snapshots";
  if (!name || isSnapshot || !fs::is_directory(snapshots, error)) return std::nullopt;
  if (auto main = snapshotOfRef(folder / "refs" / "main", snapshots)) return main;
  const auto all = subfoldersOf(snapshots);
  if (all.size() == 1) return all.front();
  if (all.empty()) {
    throw Error(ErrorCode::NotFound,
                fmt::format("The cache of {} holds no snapshot; the model was not downloaded.", inQuotes(*name)));
  }
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The cache of {} holds {} snapshots and does not say which one is current; open one of them: "
                          "{}.",
                          inQuotes(*name), all.size(), quotedNames(all)));
}

}  // namespace core::io
