#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/base/job_context.h"

namespace app::remote {

/// A file that is not complete yet, under a name that no model has, kept for the next try however this one ends.
/// One user at a time: locked (flock, as huggingface_hub's filelock does) until it is closed.
class PartialFile {
 public:
  /// Opens or makes it. Waits while somebody else has it, until the job is cancelled.
  /// @throws core::Error (Io), core::Cancelled
  PartialFile(std::filesystem::path path, const core::JobContext& job);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  int descriptor() const { return m_descriptor; }
  std::uint64_t size() const;
  void write(std::uint64_t at, std::string_view bytes);
  void resize(std::uint64_t bytes);
  void remove();
  /// Makes it durable and gives it its final name.
  void commit(const std::filesystem::path& name);

 private:
  std::filesystem::path m_path;
  int m_descriptor = -1;
};

/// A lock of its own file, held while this lives: what huggingface_hub keeps in .locks.
class FileLock {
 public:
  FileLock(const std::filesystem::path& path, const core::JobContext& job);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int m_descriptor = -1;
};

}  // namespace app::remote
