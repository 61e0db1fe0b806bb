#pragma once
#include <memory>

#include "gpu/vk/caps.h"
#include "gpu/vk/instance.h"

namespace gpu::vk {

/// A logical device with one compute queue. Remembers when it is lost: from then on everything throws DeviceLost.
class Device {
 public:
  /// @throws core::Error (Unsupported, Device, OutOfMemory)
  Device(std::shared_ptr<Instance> instance, VkPhysicalDevice physical);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkDevice handle() const { return m_device; }
  VkQueue queue() const { return m_queue; }
  VkPhysicalDevice physical() const { return m_physical; }
  const Caps& caps() const { return m_caps; }
  HeapState heaps() const { return readHeaps(m_physical, m_caps); }

  /// As vk::check, but a lost device stays lost.
  void check(VkResult result, const char* call, const std::string& doing);
  /// @throws core::Error (DeviceLost) when it is lost
  void throwIfLost() const;
  bool isLost() const { return m_isLost; }
  void waitIdle() noexcept;

 private:
  std::shared_ptr<Instance> m_instance;
  VkPhysicalDevice m_physical;
  Caps m_caps;
  VkDevice m_device = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  bool m_isLost = false;
};

}  // namespace gpu::vk
