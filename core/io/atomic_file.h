#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace core::io {

/// A file that appears under its name complete or not at all: written beside it under a temporary name, then renamed.
/// An existing file is replaced only by commit(); whoever has the old one mapped keeps seeing the old one.
/// Without commit() the destructor removes what was written.
class AtomicFile {
 public:
  /// @throws Error (Io, NotFound) naming the path and the operating system's reason
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& target() const { return m_target; }
  /// Appends. @throws Error (Io)
  void write(std::span<const std::byte> bytes);
  /// Makes the file durable and gives it its name. @throws Error (Io); nothing may be written after it
  void commit();

 private:
  void flush();
  void writeThrough(std::span<const std::byte> bytes);

  std::filesystem::path m_target, m_temporary;
  int m_descriptor = -1;
  std::vector<std::byte> m_buffer;
};

}  // namespace core::io
