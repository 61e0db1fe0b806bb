#pragma once
#include <algorithm>
#include <memory>
#include <span>

#include "gpu/vk/buffer.h"

namespace gpu::vk {

/// Reads buffers into host bytes: straight where the memory is mapped, else through a staging buffer.
class Downloader {
 public:
  /// @param stagingBytes of the buffer it goes through where the host cannot see the source, a multiple of 4
  Downloader(std::shared_ptr<Memory> memory, std::uint64_t stagingBytes)
      : m_memory(std::move(memory)), m_stagingBytes(std::min(stagingBytes, m_memory->stagingBytes())) {}
  /// Done when it returns. @pre offset and size are multiples of 4; no running work writes to this range
  /// @throws core::Error (Device, DeviceLost, OutOfMemory)
  void download(const Buffer& source, std::uint64_t offset, std::span<std::byte> bytes);

 private:
  std::shared_ptr<Memory> m_memory;
  std::uint64_t m_stagingBytes;
  std::unique_ptr<Buffer> m_staging;
};

}  // namespace gpu::vk
