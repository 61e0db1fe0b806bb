#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace core::io {

/// A regular file mapped read-only into memory for as long as the object lives. Safe to read from any thread.
/// An empty file has empty contents. Nothing is read until a byte is touched.
///
/// The mapping shows the file as it is: if another program shortens it, touching the lost pages would be fatal.
/// throwIfShortened() is the guard to call before handing out a range; replacing a file by rename is always safe.
class MappedFile {
 public:
  /// @throws Error (NotFound, Io) naming the path and the operating system's reason; a folder, pipe or device is
  /// refused.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const { return m_path; }
  std::span<const std::byte> contents() const { return m_contents; }
  /// @throws Error (Io) naming expected and found size when the file has become shorter since it was opened.
  void throwIfShortened() const;

 private:
  void map(std::uint64_t size);

  std::filesystem::path m_path;
  int m_descriptor = -1;
  std::span<const std::byte> m_contents;
};

}  // namespace core::io
