#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "core/io/buffered_descriptor.h"

namespace core::io {

/// How a file exists until it is complete.
enum class Unfinished {
  Nameless,  ///< where the system can hold such files, otherwise as Named
  Named
};

/// A file that appears under its name complete or not at all: written without a name where the system can (Linux), so
/// that even a killed process leaves nothing, elsewhere under a temporary name beside it; then renamed. An existing
/// file is replaced only by commit() and hands on its mode and, where that is permitted, its owner; whoever has the old
/// one mapped keeps seeing the old one. Without commit() the destructor removes what was written. Callers go through
/// OutputFile, which decides whether a path may be written at all.
class AtomicFile {
 public:
  /// @param target no link, folder or device: the regular file to make or to replace
  /// @throws Error (Io, NotFound) naming the path and the operating system's reason
  explicit AtomicFile(std::filesystem::path target, Unfinished unfinished = Unfinished::Nameless);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  /// Appends. @throws Error (Io)
  void write(std::span<const std::byte> bytes) { m_file->write(bytes); }
  /// Hands everything to the operating system. @throws Error (Io)
  void flush() { m_file->flush(); }
  /// Makes the file durable and gives it its name. @throws Error (Io); nothing may be written after it
  void commit();
  /// The same for files that belong together: none gets its name before all are durable, and when one cannot get its
  /// own, the others lose theirs again. What had those names is back then, where the file system has hard links.
  static void commitAll(std::span<AtomicFile* const> files);

 private:
  void openNamed(unsigned mode);
  void nameIt();
  void complete();

  std::filesystem::path m_target, m_temporary;  ///< the latter is empty while the file has no name
  std::optional<BufferedDescriptor> m_file;
};

}  // namespace core::io
