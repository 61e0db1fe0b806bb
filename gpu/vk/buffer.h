#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "gpu/vk/memory.h"

namespace gpu::vk {

/// A buffer with its own memory, usable as storage buffer, texel buffer and source or target of copies.
class Buffer {
 public:
  /// @param purpose "the KV cache", for error sentences  @throws core::Error (OutOfMemory, Device)
  Buffer(std::shared_ptr<Memory> memory, std::uint64_t bytes, MemoryKind kind, const std::string& purpose);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  VkBuffer handle() const { return m_buffer; }
  std::uint64_t bytes() const { return m_bytes; }
  /// Null when the host cannot see the memory.
  std::byte* mapped() const { return static_cast<std::byte*>(m_allocation.mapped); }
  const std::shared_ptr<Memory>& memory() const { return m_memory; }

 private:
  std::shared_ptr<Memory> m_memory;
  VkBuffer m_buffer = VK_NULL_HANDLE;
  std::uint64_t m_bytes;
  Memory::Allocation m_allocation;
};

/// A typed window into a buffer for texelFetch.
class BufferView {
 public:
  BufferView(std::shared_ptr<Device> device, const Buffer& buffer, VkFormat format, std::uint64_t offset,
             std::uint64_t bytes);
  ~BufferView();
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  VkBufferView handle() const { return m_view; }

 private:
  std::shared_ptr<Device> m_device;
  VkBufferView m_view = VK_NULL_HANDLE;
};

}  // namespace gpu::vk
