#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::io {

/// The files a job reads, which its output must not be. Known by device and inode: a hard link, a link or another
/// mount of the same file is the same file.
class InputFiles {
 public:
  InputFiles() = default;
  /// Everything a model was read from, with the files beside it that belong to it (config.json, tokenizer.json, …).
  explicit InputFiles(const Checkpoint& checkpoint) { add(checkpoint); }

  void add(const Checkpoint& checkpoint);
  /// @param what completes "it is …": "the model itself". A path that does not exist protects nothing.
  void add(const std::filesystem::path& path, std::string what);
  /// What add() was told about this file.
  std::optional<std::string> find(dev_t device, ino_t inode) const;

 private:
  struct Entry {
    dev_t device;
    ino_t inode;
    std::string what;
  };
  std::vector<Entry> m_entries;
};

}  // namespace core::io
