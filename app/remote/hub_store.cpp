#include "app/remote/hub_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "app/remote/content_digest.h"
#include "app/remote/download_progress.h"
#include "app/remote/model_fit.h"
#include "core/base/error.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace fs = std::filesystem;
using core::io::inQuotes;

namespace {

std::uint64_t sizeOf(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

bool isThere(const fs::path& path, std::uint64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == bytes && !error;
}

void makeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw core::Error(core::ErrorCode::Io,
                      fmt::format("Could not make the folder {}: {}.", inQuotes(folder.string()), error.message()));
}

/// The content of a blob, from where an earlier try ended, under its final name once its digest is right.
void fetchBlob(Hub& hub, const HttpRequest& content, const RemoteFile& file, const std::string& tag,
               const fs::path& blob, DownloadProgress& progress, const core::JobContext& job) {
  PartialFile partial(blob.string() + ".incomplete", job);
  if (partial.size() > file.bytes) partial.resize(0);
  ByteRange range{partial.size(), file.bytes};
  downloadRange(
      hub.client(), content, file.bytes, range, partial, hub.patience(),
      [&](std::uint64_t bytes) { progress.arrived(bytes); }, job);
  const std::string digest =
      digestOf(partial.descriptor(), file.bytes, tag, [&](std::uint64_t) { progress.checking(file.path); });
  if (digest != tag) {
    partial.remove();
    throw core::Error(core::ErrorCode::InvalidFile,
                      fmt::format("{} did not arrive as it is on {}: its {} is {} and should be {}; what arrived was "
                                  "removed, get it again.",
                                  inQuotes(file.path), hostOf(content.url), digestName(tag), digest, tag));
  }
  partial.commit(blob);
}

}  // namespace

HubStore::HubStore(fs::path cache, const std::string& repository)
    : m_cache(std::move(cache)), m_folder(hubRepositoryFolder(m_cache, repository)) {}

std::uint64_t HubStore::missingBytes(std::span<const RemoteFile> files) const {
  std::uint64_t missing = 0;
  for (const RemoteFile& file : files) {
    const fs::path path = blob(file.digest);
    if (isThere(path, file.bytes)) continue;
    missing += file.bytes - std::min(file.bytes, sizeOf(path.string() + ".incomplete"));
  }
  return missing;
}

GotModel HubStore::get(Hub& hub, const HubName& name, const std::string& commit, const RemoteVariant& variant,
                       const core::JobContext& job) const {
  const std::uint64_t missing = missingBytes(variant.files);
  requireRoom(m_cache, missing);
  const fs::path locks = m_cache / ".locks" / m_folder.filename();
  makeFolder(m_folder / "blobs");
  makeFolder(locks);
  DownloadProgress progress(variant.bytes, variant.bytes - missing, job);
  std::vector<std::string> tags;
  for (const RemoteFile& file : variant.files) {
    const auto known = hub.metadata(name.repository, commit, file.path, job);
    if ((!isSha256(known.tag) && !isGitSha1(known.tag)) || known.bytes != file.bytes)
      throw RemoteError(RemoteFault::Answer,
                        fmt::format("The server {} says one thing of {} in its list and another when asked for it.",
                                    hostOf(hub.endpoint()), inQuotes(file.path)));
    tags.push_back(known.tag);
    if (isThere(blob(known.tag), file.bytes)) continue;
    const FileLock lock(locks / (known.tag + ".lock"), job);
    if (isThere(blob(known.tag), file.bytes)) continue;  // another program was faster
    fetchBlob(hub, hub.content(name.repository, commit, file.path), file, known.tag, blob(known.tag), progress, job);
  }
  GotModel got{.path = {},
               .source = variant.source,
               .files = {},
               .bytes = variant.bytes,
               .downloadedBytes = progress.arrivedBytes()};
  for (std::size_t i = 0; i < tags.size(); ++i) {
    link(commit, variant.files[i].path, tags[i]);
    got.files.push_back(snapshot(commit) / variant.files[i].path);
  }
  if (name.revision != commit) writeRef(name.revision, commit);
  const bool isFolder = variant.name == "safetensors";
  got.path = isFolder ? snapshot(commit) : got.files.front();
  return got;
}

void HubStore::link(const std::string& commit, const std::string& path, const std::string& tag) const {
  const fs::path place = snapshot(commit) / path;
  makeFolder(place.parent_path());
  const fs::path target = blob(tag).lexically_relative(place.parent_path());
  std::error_code error;
  if (fs::is_symlink(place, error) && fs::read_symlink(place, error) == target) return;
  fs::remove(place, error);
  fs::create_symlink(target, place, error);
  if (error)
    throw core::Error(core::ErrorCode::Io,
                      fmt::format("Could not make the link {}: {}.", inQuotes(place.string()), error.message()));
}

void HubStore::writeRef(const std::string& revision, const std::string& commit) const {
  const fs::path ref = m_folder / "refs" / revision;
  makeFolder(ref.parent_path());
  core::io::writeFile(ref, {}, std::as_bytes(std::span(commit)));
}

}  // namespace app::remote
