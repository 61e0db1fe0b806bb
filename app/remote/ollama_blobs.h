#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "app/remote/range_download.h"
#include "app/remote/remote_model.h"

namespace app::remote {

/// Ollama's store, laid out as its server/download.go and manifest/paths.go do:
///   blobs/sha256-DIGEST                 one file per layer
///   blobs/sha256-DIGEST-partial         a layer that is not whole, as long as it will be
///   blobs/sha256-DIGEST-partial-N       JSON, what of it arrived: {"N": …, "Offset": …, "Size": …, "Completed": …}
///   manifests/HOST/NAMESPACE/MODEL/TAG  written last
/// A download that Ollama began is gone on with, and the other way round.
class OllamaBlobs {
 public:
  explicit OllamaBlobs(std::filesystem::path store) : m_store(std::move(store)) {}

  const std::filesystem::path& store() const { return m_store; }
  std::filesystem::path blob(const RemoteFile& layer) const { return m_store / "blobs" / ("sha256-" + layer.digest); }
  /// Bytes of these layers that are not here yet.
  std::uint64_t missingBytes(std::span<const RemoteFile> layers) const;
  /// Downloads what is missing. @return bytes that arrived
  /// @throws RemoteError, core::Error (Io, InvalidFile: another digest), core::Cancelled
  std::uint64_t get(std::span<const RemoteFile> layers, const std::function<std::string(const RemoteFile&)>& urlOf,
                    const Patience& patience, const core::JobContext& job) const;
  /// @param parts host, namespace, model, tag: names without slashes  @return the manifest's path
  std::filesystem::path writeManifest(std::span<const std::string> parts, const std::string& manifest) const;
  std::filesystem::path writeManifest(std::initializer_list<std::string> parts, const std::string& manifest) const {
    return writeManifest(std::span(parts.begin(), parts.size()), manifest);
  }

 private:
  std::filesystem::path m_store;
};

}  // namespace app::remote
