#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "core/io/buffered_descriptor.h"

namespace core::io {

/// A file that appears under its name complete or not at all: written beside it under a temporary name, then renamed.
/// An existing file is replaced only by commit() and hands on its mode and, where that is permitted, its owner; whoever
/// has the old one mapped keeps seeing the old one. Without commit() the destructor removes what was written.
/// Callers go through OutputFile, which decides whether a path may be written at all.
class AtomicFile {
 public:
  /// @param target no link, folder or device: the regular file to make or to replace
  /// @throws Error (Io, NotFound) naming the path and the operating system's reason
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  /// Appends. @throws Error (Io)
  void write(std::span<const std::byte> bytes) { m_file->write(bytes); }
  /// Makes the file durable and gives it its name. @throws Error (Io); nothing may be written after it
  void commit();

 private:
  std::filesystem::path m_target, m_temporary;
  std::optional<BufferedDescriptor> m_file;
};

}  // namespace core::io
