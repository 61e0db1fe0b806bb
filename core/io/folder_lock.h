#pragma once
#include <filesystem>

namespace core::io {

/// Keeps a folder to one user at a time, in this program and others of its kind, for as long as the object lives: a
/// lock that the system drops when a program ends, however it ends, and that leaves no file behind. Where the file
/// system has no locks, nobody is kept out.
class FolderLock {
 public:
  /// @throws Error (Io) with one sentence when somebody has it, or the folder cannot be opened
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int m_descriptor = -1;
};

}  // namespace core::io
