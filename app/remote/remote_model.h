#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace app::remote {

/// A file that a server offers.
struct RemoteFile {
  std::string path;  ///< in its repository; checked: it leads out of no folder
  std::uint64_t bytes = 0;
  /// How its content is known: 64 hexadecimal digits of SHA-256, or 40 of git's SHA-1 of a blob.
  std::string digest;
};

/// Whether something fits this computer.
struct Fit {
  double neededBytes = 0;          ///< of memory: weights, keys and values of 4096 tokens, buffers; an estimate
  std::uint64_t memoryBytes = 0;   ///< available now; 0: not known
  std::uint64_t missingBytes = 0;  ///< still to be downloaded
  std::uint64_t diskBytes = 0;     ///< free where it would lie; 0: not known

  bool inMemory() const { return memoryBytes == 0 || neededBytes <= static_cast<double>(memoryBytes); }
  bool onDisk() const { return diskBytes == 0 || missingBytes <= diskBytes; }
};

/// One of the forms that a model is offered in: a quantization (all its parts), or a folder of safetensors with the
/// files that belong to it.
struct RemoteVariant {
  std::string name;    ///< what stands behind the colon: "Q4_K_M", "safetensors", a file's path; a tag of Ollama
  std::string title;   ///< for people: "Q4_K_M · GGUF"
  std::string source;  ///< the whole name: "hf:OWNER/NAME:Q4_K_M"
  std::vector<RemoteFile> files;
  std::uint64_t bytes = 0, weightBytes = 0;
  Fit fit;

  bool isHere() const { return fit.missingBytes == 0; }
};

/// What a name stands for on a server.
struct RemoteModel {
  std::string name;                     ///< as it was asked for, without a variant
  std::string server;                   ///< its host, for people
  std::string commit;                   ///< of the hub: what exactly is listed; empty elsewhere
  double parameters = 0;                ///< 0: not said
  std::vector<RemoteVariant> variants;  ///< smallest first
  std::string manifest;                 ///< of Ollama, byte for byte
};

/// Where a download ended.
struct GotModel {
  std::filesystem::path path;                ///< what opens it: a file or a folder
  std::string source;                        ///< what names it from now on
  std::vector<std::filesystem::path> files;  ///< weights and what belongs to them
  std::uint64_t bytes = 0;                   ///< of all files
  std::uint64_t downloadedBytes = 0;         ///< of those, in this run
};

/// A path from a server, before it becomes one here. @throws RemoteError (Answer) for one that leads out of a folder,
/// is hidden from sight or would mean something to a shell's terminal: "..", "/x", "a//b", control characters
void requirePlainPath(const std::string& path, const std::string& url);

}  // namespace app::remote
