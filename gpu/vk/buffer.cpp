#include "gpu/vk/buffer.h"

#include <fmt/format.h>

namespace gpu::vk {

Buffer::Buffer(std::shared_ptr<Memory> memory, std::uint64_t bytes, MemoryKind kind, const std::string& purpose)
    : m_memory(std::move(memory)), m_bytes(bytes) {
  Device& device = *m_memory->device();
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = bytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
               VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
  device.check(vkCreateBuffer(device.handle(), &info, nullptr, &m_buffer), "vkCreateBuffer",
               fmt::format("allocating {}", purpose));
  try {
    VkMemoryRequirements needs{};
    vkGetBufferMemoryRequirements(device.handle(), m_buffer, &needs);
    std::string subject = purpose;
    if (!subject.empty() && subject[0] >= 'a' && subject[0] <= 'z') subject[0] = static_cast<char>(subject[0] - 32);
    m_allocation = m_memory->allocate(needs, kind, subject);
    device.check(vkBindBufferMemory(device.handle(), m_buffer, m_allocation.memory, 0), "vkBindBufferMemory",
                 fmt::format("allocating {}", purpose));
  } catch (...) {
    vkDestroyBuffer(device.handle(), m_buffer, nullptr);
    m_memory->free(m_allocation);
    throw;
  }
}

Buffer::~Buffer() {
  vkDestroyBuffer(m_memory->device()->handle(), m_buffer, nullptr);
  m_memory->free(m_allocation);
}

BufferView::BufferView(std::shared_ptr<Device> device, const Buffer& buffer, VkFormat format, std::uint64_t offset,
                       std::uint64_t bytes)
    : m_device(std::move(device)) {
  VkBufferViewCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO;
  info.buffer = buffer.handle();
  info.format = format;
  info.offset = offset;
  info.range = bytes;
  m_device->check(vkCreateBufferView(m_device->handle(), &info, nullptr, &m_view), "vkCreateBufferView",
                  "preparing a texel buffer");
}

BufferView::~BufferView() { vkDestroyBufferView(m_device->handle(), m_view, nullptr); }

}  // namespace gpu::vk
