#pragma once
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>
#include <variant>

#include "core/io/atomic_file.h"
#include "core/io/buffered_descriptor.h"
#include "core/io/input_files.h"

namespace core::io {

/// Where a result goes that a person asked for: the one door through which the command line, the report and the window
/// write files.
///   an input            is refused, through whatever link it is named
///   a new name, a file  appears or is replaced whole, with the mode it had (AtomicFile); a link keeps pointing at it
///   a read-only file    is refused, and so are folders, disks and sockets
///   a pipe, a device    is written through: never replaced, never truncated
///   "-"                 is standard output, as /dev/stdout and /dev/fd/N are what they name; a terminal is refused
class OutputFile {
 public:
  /// @param inputs what the job reads
  /// @throws Error (Io, NotFound, InvalidArgument) with one sentence; nothing has been changed then
  OutputFile(const std::filesystem::path& target, const InputFiles& inputs);
  /// For a job that reads no file: any path is an output then.
  template <std::convertible_to<std::filesystem::path> Path>
  requires(!std::same_as<Path, OutputFile>) OutputFile(const Path& target)
      : OutputFile(std::filesystem::path(target), InputFiles()) {}

  /// A file of an OutputFolder, which gives it its name. @param target what sentences call it
  OutputFile(std::filesystem::path target, BufferedDescriptor file)
      : m_target(std::move(target)), m_sink(std::move(file)) {}

  /// As the person wrote it.
  const std::filesystem::path& target() const { return m_target; }
  /// Appends. @throws Error (Io)
  void write(std::span<const std::byte> bytes);
  /// Hands what was written to the operating system. @throws Error (Io)
  void flush();
  /// Makes the file complete. Without it a file does not appear (a pipe has got what was written).
  /// @throws Error (Io); nothing may be written after it
  void commit();
  /// The same for files that belong together: they appear all or none.
  static void commitAll(std::span<OutputFile> files);

  /// Whether the person means standard output.
  static bool isStandardOutput(const std::filesystem::path& target);

 private:
  std::filesystem::path m_target;
  std::variant<AtomicFile, BufferedDescriptor> m_sink;
};

/// Writes all of it at once.
void writeFile(const std::filesystem::path& target, const InputFiles& inputs, std::span<const std::byte> bytes);

}  // namespace core::io
