#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace core::io {

/// An open file descriptor to write to, through a buffer of 1 MiB. Closes it.
class BufferedDescriptor {
 public:
  /// @param name what sentences call it
  BufferedDescriptor(int descriptor, std::filesystem::path name);
  ~BufferedDescriptor();
  BufferedDescriptor(BufferedDescriptor&& other) noexcept;
  BufferedDescriptor& operator=(BufferedDescriptor&&) = delete;

  int get() const { return m_descriptor; }
  /// Appends. @throws Error (Io)
  void write(std::span<const std::byte> bytes);
  /// Hands everything to the operating system and gives the buffer's memory back. @throws Error (Io)
  void flush();
  /// flush() and close: the last moment at which some file systems say that the disk is full. @throws Error (Io)
  void close();

 private:
  void writeBuffer();
  void writeThrough(std::span<const std::byte> bytes);

  int m_descriptor;
  std::filesystem::path m_name;
  std::vector<std::byte> m_buffer;
};

}  // namespace core::io
