#pragma once
#include <memory>
#include <span>

#include "gpu/vk/buffer.h"

namespace gpu::vk {

/// Writes host bytes into buffers: straight where the memory is mapped, else through a staging buffer.
class Uploader {
 public:
  explicit Uploader(std::shared_ptr<Memory> memory) : m_memory(std::move(memory)) {}
  /// Done when it returns. @pre offset and size are multiples of 4; no running work uses this range
  void upload(const Buffer& target, std::uint64_t offset, std::span<const std::byte> bytes);

 private:
  std::shared_ptr<Memory> m_memory;
  std::unique_ptr<Buffer> m_staging;
};

}  // namespace gpu::vk
