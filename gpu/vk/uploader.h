#pragma once
#include <algorithm>
#include <memory>
#include <span>

#include "gpu/vk/buffer.h"

namespace gpu::vk {

/// Writes host bytes into buffers: straight where the memory is mapped, else through a staging buffer.
class Uploader {
 public:
  explicit Uploader(std::shared_ptr<Memory> memory) : Uploader(memory, memory->stagingBytes()) {}
  /// @param stagingBytes of the buffer it goes through where the host cannot see the target, a multiple of 4
  Uploader(std::shared_ptr<Memory> memory, std::uint64_t stagingBytes)
      : m_memory(std::move(memory)), m_stagingBytes(std::min(stagingBytes, m_memory->stagingBytes())) {}
  /// Done when it returns. @pre offset and size are multiples of 4; no running work uses this range
  void upload(const Buffer& target, std::uint64_t offset, std::span<const std::byte> bytes);

 private:
  std::shared_ptr<Memory> m_memory;
  std::uint64_t m_stagingBytes;
  std::unique_ptr<Buffer> m_staging;
};

}  // namespace gpu::vk
