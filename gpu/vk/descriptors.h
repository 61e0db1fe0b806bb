#pragma once
#include <memory>
#include <span>
#include <vector>

#include "gpu/vk/buffer.h"

namespace gpu::vk {

enum class BindingKind : std::uint8_t { Storage, Texel, Uniform };

/// The layout of one descriptor set: binding i is of kind kinds[i], for compute shaders.
class DescriptorLayout {
 public:
  DescriptorLayout(std::shared_ptr<Device> device, std::span<const BindingKind> kinds);
  ~DescriptorLayout();
  DescriptorLayout(const DescriptorLayout&) = delete;
  DescriptorLayout& operator=(const DescriptorLayout&) = delete;
  VkDescriptorSetLayout handle() const { return m_layout; }
  std::span<const BindingKind> kinds() const { return m_kinds; }

 private:
  std::shared_ptr<Device> m_device;
  std::vector<BindingKind> m_kinds;
  VkDescriptorSetLayout m_layout = VK_NULL_HANDLE;
};

/// What one binding points to: a range of a buffer, or for Texel bindings a view.
struct Binding {
  const Buffer* buffer = nullptr;
  std::uint64_t offset = 0;
  std::uint64_t bytes = VK_WHOLE_SIZE;
  const BufferView* view = nullptr;
};

/// One descriptor set with its pool. It does not keep the buffers alive.
class DescriptorSet {
 public:
  /// A binding without buffer and view is left empty; no kernel that uses it may run with this set.
  /// @throws core::Error (Device, OutOfMemory), (Unsupported) for a range that no binding of the device spans
  DescriptorSet(std::shared_ptr<Device> device, const DescriptorLayout& layout, std::span<const Binding> bindings);
  ~DescriptorSet();
  DescriptorSet(const DescriptorSet&) = delete;
  DescriptorSet& operator=(const DescriptorSet&) = delete;
  VkDescriptorSet handle() const { return m_set; }

 private:
  std::shared_ptr<Device> m_device;
  VkDescriptorPool m_pool = VK_NULL_HANDLE;
  VkDescriptorSet m_set = VK_NULL_HANDLE;
};

}  // namespace gpu::vk
