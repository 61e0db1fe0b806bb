#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "app/remote/range_download.h"

namespace app::remote {

/// What Ollama remembers beside an unfinished blob: in which parts it is downloaded, and how much of each is there.
class OllamaParts {
 public:
  struct Part {
    std::uint64_t offset = 0, size = 0, completed = 0;
    ByteRange range() const { return {offset + completed, offset + size}; }
  };

  /// What is remembered of this blob; one part, nothing of it here, where nothing is or it makes no sense.
  /// @param partial blobs/sha256-DIGEST-partial
  OllamaParts(std::filesystem::path partial, std::uint64_t bytes);

  std::size_t count() const { return m_parts.size(); }
  const Part& operator[](std::size_t index) const { return m_parts[index]; }
  std::uint64_t completed() const;
  /// Remembers that the bytes of a part up to here arrived.
  void arrivedUpTo(std::size_t index, std::uint64_t position);
  void remove() const;

 private:
  std::filesystem::path fileOf(std::size_t index) const;
  bool isSound() const;

  std::filesystem::path m_partial;
  std::uint64_t m_bytes;
  std::vector<Part> m_parts;
};

}  // namespace app::remote
