#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "app/remote/hub.h"
#include "app/remote/remote_model.h"

namespace app::remote {

/// A repository in the cache of huggingface_hub, laid out as its file_download.py does:
///   blobs/TAG                  the content, by its digest
///   blobs/TAG.incomplete       what of it arrived so far (its older releases resume from it, too)
///   snapshots/COMMIT/PATH      a relative link to the blob
///   refs/REVISION              the commit a branch or tag stands for
///   ../.locks/FOLDER/TAG.lock  held while a blob is written
class HubStore {
 public:
  /// @param repository "OWNER/NAME"
  HubStore(std::filesystem::path cache, const std::string& repository);

  const std::filesystem::path& cache() const { return m_cache; }
  std::filesystem::path snapshot(const std::string& commit) const { return m_folder / "snapshots" / commit; }
  /// Bytes of these files that are not here yet, what an interrupted download left taken off.
  std::uint64_t missingBytes(std::span<const RemoteFile> files) const;

  /// Downloads every file and then, when all are whole, links them into the snapshot and writes the ref: an unfinished
  /// download is no snapshot. What arrived stays for the next try.
  /// @throws RemoteError, core::Error (Io, InvalidFile: another digest), core::Cancelled
  GotModel get(Hub& hub, const HubName& name, const std::string& commit, const RemoteVariant& variant,
               const core::JobContext& job) const;

 private:
  std::filesystem::path blob(const std::string& tag) const { return m_folder / "blobs" / tag; }
  void link(const std::string& commit, const std::string& path, const std::string& tag) const;
  void writeRef(const std::string& revision, const std::string& commit) const;

  std::filesystem::path m_cache, m_folder;
};

}  // namespace app::remote
