#include "app/remote/ollama_blobs.h"

#include <fmt/format.h>

#include <utility>

#include "app/remote/content_digest.h"
#include "app/remote/download_progress.h"
#include "app/remote/model_fit.h"
#include "app/remote/ollama_parts.h"
#include "core/base/error.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"

namespace app::remote {

namespace fs = std::filesystem;
using core::io::inQuotes;

namespace {

constexpr std::uint64_t kBytesBetweenNotes = std::uint64_t{32} << 20;

bool isWhole(const fs::path& path, std::uint64_t bytes) {
  std::error_code error;
  return fs::file_size(path, error) == bytes && !error;
}

void makeFolders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw core::Error(core::ErrorCode::Io,
                      fmt::format("Could not make the folder {}: {}; OLLAMA_MODELS can name another store.",
                                  inQuotes(folder.string()), error.message()));
}

fs::path partialOf(const fs::path& blob) { return blob.string() + "-partial"; }

/// Every part that is not whole, and a note of how far it is, also when the connection or the person ends it.
void fetchParts(HttpClient& client, const HttpRequest& request, std::uint64_t total, PartialFile& partial,
                OllamaParts& parts, const Patience& patience, DownloadProgress& progress, const core::JobContext& job) {
  for (std::size_t i = 0; i < parts.count(); ++i) {
    ByteRange range = parts[i].range();
    std::uint64_t noted = range.begin;
    const auto onBytes = [&](std::uint64_t bytes) {
      if (range.begin - noted >= kBytesBetweenNotes) parts.arrivedUpTo(i, noted = range.begin);
      progress.arrived(bytes);
    };
    try {
      downloadRange(client, request, total, range, partial, patience, onBytes, job);
    } catch (...) {
      parts.arrivedUpTo(i, range.begin);
      throw;
    }
    parts.arrivedUpTo(i, range.begin);
  }
}

void fetchLayer(HttpClient& client, const RemoteFile& layer, const std::string& url, const fs::path& blob,
                const Patience& patience, DownloadProgress& progress, const core::JobContext& job) {
  PartialFile partial(partialOf(blob), job);
  OllamaParts parts(partialOf(blob), layer.bytes);
  if (parts.completed() == 0) parts.remove();
  partial.resize(layer.bytes);
  HttpRequest request;
  request.url = url;
  fetchParts(client, request, layer.bytes, partial, parts, patience, progress, job);
  const std::string digest =
      digestOf(partial.descriptor(), layer.bytes, layer.digest, [&](std::uint64_t) { progress.checking("the layer"); });
  parts.remove();
  if (digest != layer.digest) {
    partial.remove();
    throw core::Error(core::ErrorCode::InvalidFile,
                      fmt::format("A layer did not arrive as it is on {}: its SHA-256 is {} and should be {}; what "
                                  "arrived was removed, get it again.",
                                  hostOf(url), digest, layer.digest));
  }
  partial.commit(blob);
}

}  // namespace

std::uint64_t OllamaBlobs::missingBytes(std::span<const RemoteFile> layers) const {
  std::uint64_t missing = 0;
  for (const RemoteFile& layer : layers) {
    if (!isWhole(blob(layer), layer.bytes))
      missing += layer.bytes - OllamaParts(partialOf(blob(layer)), layer.bytes).completed();
  }
  return missing;
}

std::uint64_t OllamaBlobs::get(std::span<const RemoteFile> layers,
                               const std::function<std::string(const RemoteFile&)>& urlOf, const Patience& patience,
                               const core::JobContext& job) const {
  const std::uint64_t missing = missingBytes(layers);
  requireRoom(m_store, missing);
  makeFolders(m_store / "blobs");
  makeFolders(m_store / "manifests");
  std::uint64_t total = 0;
  for (const RemoteFile& layer : layers) total += layer.bytes;
  DownloadProgress progress(total, total - missing, job);
  HttpClient client;
  for (const RemoteFile& layer : layers) {
    if (!isWhole(blob(layer), layer.bytes))
      fetchLayer(client, layer, urlOf(layer), blob(layer), patience, progress, job);
  }
  return progress.arrivedBytes();
}

fs::path OllamaBlobs::writeManifest(std::span<const std::string> parts, const std::string& manifest) const {
  fs::path path = m_store / "manifests";
  for (const std::string& part : parts) path /= part;
  makeFolders(path.parent_path());
  core::io::writeFile(path, {}, std::as_bytes(std::span(manifest)));
  return path;
}

}  // namespace app::remote
