#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace core::io {

/// Zeroed bytes to work in that lie in a file without a name: where memory is short the system writes them to disk
/// instead of ending the program. The file vanishes with the object.
class PagedMemory {
 public:
  /// @param folder on a disk with so much room @throws Error (Io) with one sentence
  PagedMemory(const std::filesystem::path& folder, std::uint64_t bytes);
  ~PagedMemory();
  PagedMemory(const PagedMemory&) = delete;
  PagedMemory& operator=(const PagedMemory&) = delete;

  std::span<std::byte> bytes() { return m_bytes; }

 private:
  std::span<std::byte> m_bytes;
};

}  // namespace core::io
